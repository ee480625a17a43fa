"""The list and the page of an incident: what they show, and that what alerts say stays text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.incident import State
from lamplighter.testing import firing
from lamplighter.web import pages

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "</title><script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}"


class Read(HTMLParser):
    """What a browser would find: tags, addresses, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.names: set[str] = set()
        self.actions: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.actions += [value or "" for name, value in attrs if name == "action"]

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_browsers_get_a_page_and_programs_get_json(bench: Bench) -> None:
    bench.incidents.open(1)
    async with bench.client(pages.router) as client:
        shown = await client.get("/incidents", headers=BROWSER)
        data = await client.get("/incidents", params={"status": "OPEN"})
        wrong = await client.get("/incidents?status=fine")
        front = await client.get("/", headers=BROWSER)
    assert shown.headers["content-type"].startswith("text/html; charset=utf-8")
    assert [one["id"] for one in data.json()["incidents"]] == ["INC-1"]
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert front.headers["location"] == "/incidents"


async def test_the_list_shows_what_is_open_with_its_signs(bench: Bench) -> None:
    bench.incidents.open(1, state=State.RESOLVED)
    bench.incidents.open(
        2, flapping=True, regression_of="INC-1", held="in maintenance until 04:00", acknowledged_by="al"
    )
    async with bench.client(pages.router) as client:
        text = Read((await client.get("/incidents", headers=BROWSER)).text).text
        closed = Read((await client.get("/incidents?status=closed", headers=BROWSER)).text).text
    assert "INC-2" in text
    assert "Rule1" not in text
    for sign in ("flapping", "regression of", "held: in maintenance until 04:00", "al has it", "1 open", "1 closed"):
        assert sign in text
    assert "Rule1" in closed
    assert "Rule2" not in closed


async def test_the_list_is_paged_and_keeps_its_filters(bench: Bench) -> None:
    for number in range(1, 60):
        bench.incidents.open(number)
    seen: list[str] = []
    address = "/incidents?q=Rule&status=all&severity="
    async with bench.client(pages.router) as client:
        for _ in range(3):
            read = Read((await client.get(address, headers=BROWSER)).text)
            seen += [one for one in read.addresses if one.startswith("/incidents/INC-")]
            following = [one for one in read.addresses if "cursor=" in one]
            if not following:
                break
            address = following[0]
            assert "q=Rule" in address
    assert len(set(seen)) == 59


@pytest.mark.parametrize("query", ["limit=x", "status=fine", "since=never", "cursor=forged", "cursor=" + "A" * 60])
async def test_a_wrong_filter_is_a_page_that_says_what_is_wrong(bench: Bench, query: str) -> None:
    async with bench.client(pages.router) as client:
        answer = await client.get(f"/incidents?{query}", headers=BROWSER)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"].startswith("text/html")
    assert "That did not work" in answer.text


async def test_an_incident_says_why_each_alert_is_in_it(bench: Bench) -> None:
    bench.incidents.open(1, firing("DiskFull", container="nas"), firing("Slow", container="jellyfin"))
    async with bench.client(pages.router) as client:
        read = Read((await client.get("/incidents/INC-1")).text)
    assert "Alerts in this incident: why" in read.text
    assert "why DiskFull" in read.text
    assert "depends" in read.text
    assert read.actions.count("/incidents/INC-1/split") == 2
    for verb in ("comment", "acknowledge", "resolve", "merge"):
        assert f"/incidents/INC-1/{verb}" in read.actions
    assert "/incidents/INC-1/reopen" not in read.actions


async def test_a_closed_incident_can_be_reopened_and_a_merged_one_leads_on(bench: Bench) -> None:
    bench.incidents.open(1, state=State.SELF_CLEARED)
    bench.incidents.open(2, state=State.MERGED, merged_into="INC-1")
    async with bench.client(pages.router) as client:
        closed = Read((await client.get("/incidents/INC-1")).text)
        merged = Read((await client.get("/incidents/INC-2")).text)
    assert "/incidents/INC-1/reopen" in closed.actions
    assert "/incidents/INC-1/resolve" not in closed.actions
    assert "/incidents/INC-2/reopen" not in merged.actions
    assert "/incidents/INC-1" in merged.addresses


async def test_what_an_alert_says_is_text(bench: Bench) -> None:
    alert = firing(f"Xss {SCRIPT}", container=SCRIPT, instance=SCRIPT)
    notes = {"summary": f"note {SCRIPT}", "description": SCRIPT}
    other = replace(firing("Second", container=SCRIPT), annotations=notes, generator_url="javascript:alert(1)")
    bench.incidents.open(1, alert, other, held=SCRIPT, acknowledged_by=SCRIPT, resolution=SCRIPT)
    async with bench.client(pages.router) as client:
        for path in ("/incidents", "/incidents/INC-1", f"/incidents?q={SCRIPT}"):
            answer = await client.get(path, headers=BROWSER)
            read = Read(answer.text)
            assert answer.status_code == 200
            assert read.tags.count("script") == 1
            assert "img" not in read.tags
            assert not {name for name in read.names if name.startswith("on") or name in {"style", "srcdoc"}}
            assert all(one.startswith("/") for one in read.addresses)
            assert "{{ 7*7 }}" in answer.text.replace("&#39;", "'")


async def test_only_a_plain_web_link_is_followed(bench: Bench) -> None:
    alert = replace(firing("A"), generator_url="http://prometheus.lan/graph?x=1")
    bench.incidents.open(1, alert, replace(firing("B"), generator_url="data:text/html,x"))
    async with bench.client(pages.router) as client:
        read = Read((await client.get("/incidents/INC-1")).text)
    outside = [one for one in read.addresses if not one.startswith("/")]
    assert outside == ["http://prometheus.lan/graph?x=1"]


async def test_the_policy_lets_only_our_own_script_run_and_our_own_forms_be_sent(bench: Bench) -> None:
    bench.incidents.open(1)
    async with bench.client(pages.router) as client:
        for path in ("/incidents", "/incidents/INC-1"):
            headers = (await client.get(path, headers=BROWSER)).headers
            policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
            assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert {policy[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["referrer-policy"] == "same-origin"
            assert headers["x-content-type-options"] == "nosniff"


async def test_the_assets_are_our_own(bench: Bench) -> None:
    async with bench.client(pages.router) as client:
        for name, kind in pages.ASSETS.items():
            answer = await client.get(f"/assets/{name}")
            assert answer.headers["content-type"].startswith(kind)
            assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
        assert (await client.get("/assets/incident.html")).status_code == 404
        assert (await client.get("/assets/..%2fpages.py")).status_code == 404


async def test_what_is_not_there_is_404(bench: Bench) -> None:
    async with bench.client(pages.router) as client:
        assert (await client.get("/incidents/INC-9", headers=BROWSER)).status_code == 404
        assert (await client.get("/incidents/INC-9%0a", headers=BROWSER)).status_code == 422


async def test_a_long_incident_is_cut_and_says_where_the_rest_is(bench: Bench) -> None:
    alerts = [firing("Many", container=f"part{number}") for number in range(120)]
    bench.incidents.open(1, *alerts)
    for number in range(400):
        bench.incidents.tell("INC-1", bench.incidents.events[0].moment, f"event {number}")
    async with bench.client(pages.router) as client:
        text = Read((await client.get("/incidents/INC-1")).text).text
    assert "70 more" in text
    assert "101 earlier events" in text
    assert "event 399" in text
