"""B32: a cursor holds for the list, the filters and the server that gave it; limits are bounds and not wishes.

An attacker would change bytes of it, cut it, use it for another list or with other filters, take one from a server with
another token, and ask for a page of everything.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.acceptance.exam.conftest import Payloads, Server, Servers

Problems = Callable[["httpx.Response"], dict[str, Any]]
INCIDENTS, ALERTS = "/api/v1/incidents", "/api/v1/alerts"
NAMES = [f"Paged{number}" for number in range(5)]
FILTERS: list[dict[str, Any]] = [
    {"status": "closed"},
    {"status": "open", "severity": "critical"},
    {"state": "resolved"},
    {"q": "x"},
    {"component": "x"},
    {"since": "1h"},
    {"until": "1h"},
    {"flapping": "true"},
]


@pytest.fixture(scope="module")
def paged(server: Server, make: Payloads) -> Server:
    for name in NAMES:
        server.send(make.alert(name, labels={"container": name.lower()}, startsAt=make.recent())).raise_for_status()
    for name in NAMES:
        server.incident_titled(name)
    return server


def first_of(server: Server, path: str, **asked: Any) -> str:  # noqa: ANN401 - query parameters
    found = server.client.get(path, params={"limit": 2, **asked}).raise_for_status().json()
    assert found["next"]
    return str(found["next"])


def lists(server: Server) -> list[str]:
    whole = server.incident_titled(NAMES[0])["id"]
    for name in NAMES[1:3]:
        part = server.incident_titled(name)
        if part["state"] != "merged":
            server.client.post(f"{INCIDENTS}/{part['id']}/merge", json={"into": whole}).raise_for_status()
    return [INCIDENTS, ALERTS, f"{INCIDENTS}/{whole}/alerts"]


def walked(server: Server, path: str, key: str, limit: int) -> list[Any]:
    """Everything on all pages, in order."""
    found: list[Any] = []
    cursor = ""
    for _ in range(60):
        page = server.client.get(path, params={"limit": limit, "cursor": cursor}).raise_for_status().json()
        assert len(page[key]) <= limit
        found += page[key]
        cursor = page["next"] or ""
        if not cursor:
            return found
    pytest.fail("the pages do not end")


def test_all_pages_together_hold_everything_once(paged: Server) -> None:
    lists(paged)
    for path, key, name in ((INCIDENTS, "incidents", "id"), (ALERTS, "alerts", "seq")):
        one = [row[name] for row in walked(paged, path, key, 1)]
        assert one == [row[name] for row in walked(paged, path, key, 200)]
        assert len(one) == len(set(one)) >= len(NAMES)


def test_a_changed_cut_or_lengthened_cursor_is_refused(paged: Server, problem: Problems) -> None:
    dice = random.Random(7)  # noqa: S311 - which byte to break
    for path in (INCIDENTS, ALERTS):
        right = first_of(paged, path)
        broken = [right[:cut] for cut in (0, 1, 10, 39, 40, 41, len(right) // 2, len(right) - 1)][1:]
        broken += [right + more for more in ("A", "AAAA", "=", "==", "%00", " ", "\n", right)]
        for _ in range(30):
            place = dice.randrange(len(right) - 2)
            other = dice.choice([c for c in "ABCabc019-_" if c != right[place]])
            broken.append(right[:place] + other + right[place + 1 :])
        broken += [
            right[::-1],
            right.swapcase(),
            "A" * 60,
            "_" * 400,
            "A" * 401,
            "x" * 9_000,
            "ä" * 50,
            "\x00" * 50,
            "-1",
            "0",
        ]
        broken += [base64.urlsafe_b64encode(b"0" * 32 + b"1" * 16 + b"INC-1").decode().rstrip("=")]
        for one in broken:
            answer = paged.client.get(path, params={"cursor": one})
            assert answer.status_code in {400, 422}, (one, answer.text)
            problem(answer)
        assert paged.client.get(path, params={"cursor": right}).status_code == 200


def test_a_cursor_of_another_filter_is_refused(paged: Server, problem: Problems) -> None:
    right = first_of(paged, INCIDENTS)
    narrow = first_of(paged, INCIDENTS, q="Paged")
    for asked in FILTERS:
        for cursor in (right, narrow):
            answer = paged.client.get(INCIDENTS, params={**asked, "cursor": cursor})
            assert (answer.status_code, problem(answer)["code"]) == (400, "cursor-of-another-filter"), asked
    answer = paged.client.get(INCIDENTS, params={"cursor": narrow})
    assert problem(answer)["code"] == "cursor-of-another-filter"
    assert paged.client.get(INCIDENTS, params={"q": "Paged", "cursor": narrow, "limit": 1}).status_code == 200


def test_a_cursor_of_another_list_is_refused(paged: Server, problem: Problems) -> None:
    paths = lists(paged)
    cursors = {path: first_of(paged, path) for path in paths}
    other = paged.incident_titled(NAMES[4])["id"]
    for path in [*paths, f"{INCIDENTS}/{other}/alerts"]:
        for origin, cursor in cursors.items():
            answer = paged.client.get(path, params={"cursor": cursor})
            if origin == path:
                assert answer.status_code == 200
            else:
                assert answer.status_code == 400, (path, origin, answer.text)
                problem(answer)


def test_a_cursor_of_another_server_is_refused(
    paged: Server, module_servers: Servers, make: Payloads, problem: Problems
) -> None:
    other = module_servers.new().start()
    for name in NAMES:
        other.send(make.alert(name, labels={"container": name.lower()}, startsAt=make.recent())).raise_for_status()
    for name in NAMES:
        other.incident_titled(name)
    for here, there in ((paged, other), (other, paged)):
        for path in (INCIDENTS, ALERTS):
            answer = there.client.get(path, params={"cursor": first_of(here, path)})
            assert (answer.status_code, problem(answer)["code"]) == (400, "bad-cursor")
    kept = first_of(other, INCIDENTS)
    assert other.stop() == 0
    other.start()
    assert other.client.get(INCIDENTS, params={"cursor": kept}).status_code == 200


LIMITS = [
    "0",
    "-1",
    "201",
    "1000000",
    "9" * 400,
    "1e3",
    "1.5",
    "0x10",
    "true",
    "",
    " ",
    "null",
    "\u0661",
    "1;2",
    "inf",
    "NaN",
]


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_out_of_bounds_is_refused_everywhere(paged: Server, problem: Problems, limit: str) -> None:
    for path in [*lists(paged), "/api/v1/dead-letters", "/api/v1/approvals", "/incidents"]:
        answer = paged.client.get(path, params={"limit": limit})
        assert answer.status_code == 422, (path, answer.text[:200])
        problem(answer)
    if limit != "201":
        assert paged.client.get("/api/v1/silences", params={"limit": limit}).status_code == 422


def test_a_page_for_people_says_what_is_wrong_with_its_cursor(paged: Server) -> None:
    for cursor in ("x", "A" * 60, first_of(paged, ALERTS)):
        answer = paged.client.get("/incidents", params={"cursor": cursor}, headers={"accept": "text/html"})
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"].startswith("text/html")
        assert "Traceback" not in answer.text
