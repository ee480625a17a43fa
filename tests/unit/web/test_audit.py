"""The audit log over REST: for admins alone, by filters, page by page; and what signing in writes into it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.access import Role
from lamplighter.domain.audit import What, act
from lamplighter.testing import NOON
from lamplighter.web.rights import Rights

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

OWNER = {"authorization": "Bearer correct-horse", "accept": "application/json"}
JSON = {"accept": "application/json"}


@pytest.fixture
def filled(bench: Bench) -> Bench:
    for number in range(5):
        at, on = NOON + timedelta(minutes=10 * number), f"INC-{number % 2 + 1}"
        bench.audit.write(act(at, "ann" if number % 2 else "bob", What.APPROVAL_GRANTED, on, number=str(number)))
    return bench


async def test_acts_come_newest_first_and_page_by_page(filled: Bench) -> None:
    async with filled.browser(**OWNER) as admin:
        first = (await admin.get("/api/v1/audit", params={"limit": 4})).json()
        assert [one["seq"] for one in first["acts"]] == [6, 5, 4, 3]
        assert first["chain"] == {"state": "ok", "checked_up_to": 6, "newest": 6, "words": "chain ok"}
        rest = (await admin.get("/api/v1/audit", params={"limit": 4, "cursor": first["next"]})).json()
        assert [one["seq"] for one in rest["acts"]] == [2, 1]
        assert rest["next"] == ""
        newest = first["acts"][0]
        assert (newest["actor"], newest["what"], newest["on"]) == ("bob", "approval_granted", "INC-1")
        assert newest["previous"] == first["acts"][1]["hash"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"actor": "ann"}, [5, 3]),
        ({"what": "chain_begun"}, [1]),
        ({"incident": "inc-2"}, [5, 3]),
        ({"on": "INC-1"}, [6, 4, 2]),
        ({"since": "30m"}, [6, 5]),
        ({"actor": "ann", "on": "INC-1"}, []),
    ],
)
async def test_filters_hold_together(filled: Bench, asked: dict[str, str], found: list[int]) -> None:
    async with filled.browser(**OWNER) as admin:
        page = (await admin.get("/api/v1/audit", params=asked)).json()
        assert [one["seq"] for one in page["acts"]] == found


@pytest.mark.parametrize(
    "asked", [{"what": "x"}, {"since": "x"}, {"limit": "0"}, {"cursor": "x" * 60}, {"actor": "\x00"}]
)
async def test_what_cannot_be_asked_is_refused(filled: Bench, asked: dict[str, str]) -> None:
    async with filled.browser(**OWNER) as admin:
        assert (await admin.get("/api/v1/audit", params=asked)).status_code in {400, 422}


async def test_a_broken_chain_is_said(filled: Bench) -> None:
    filled.audit.rows[3] = replace(filled.audit.rows[3], actor="eve")
    async with filled.browser(**OWNER) as admin:
        chain = (await admin.get("/api/v1/audit")).json()["chain"]
        assert (chain["state"], chain["words"]) == ("changed row", "broken at row 4")


@pytest.mark.parametrize("role", list(Role))
async def test_only_an_admin_sees_it(filled: Bench, role: Role) -> None:
    filled.account("kim", role)
    cookie = filled.signed_in(role, "kim")
    async with filled.browser(cookie=cookie, **JSON) as browser:
        answer = await browser.get("/api/v1/audit")
    assert answer.status_code in ({200} if role is Role.ADMIN else {401, 403})


def test_both_doors_want_the_same_right() -> None:
    rights = Rights()
    assert str(rights.of("GET", "/audit")) == str(rights.of("GET", "/api/v1/audit")) == "administer"
    assert rights.of("POST", "/api/v1/audit") is None
    assert rights.of("DELETE", "/api/v1/audit") is None


async def test_who_signs_in_for_a_jwt_is_written_and_who_is_refused_is_counted(bench: Bench) -> None:
    bench.account("ann", Role.OPERATOR)
    async with bench.browser(**JSON) as browser:
        good = {"username": "ann", "password": "four words will do"}
        assert (await browser.post("/login", json=good)).status_code == 200
        row = bench.audit.rows[-1]
        assert (row.actor, row.what, row.detail["via"]) == ("ann", "signed_in", "JWT")
        for name in ("ann", "hunter2hunter2"):
            assert (await browser.post("/login", json={"username": name, "password": "wrong"})).status_code == 401
    assert bench.refused == [("ann", "192.0.2.7"), ("", "192.0.2.7")]


async def test_nobody_gets_a_jwt_that_cannot_be_written_down(bench: Bench) -> None:
    bench.account("ann", Role.OPERATOR)
    bench.audit.away = True
    async with bench.browser(**JSON) as browser:
        answer = await browser.post("/login", json={"username": "ann", "password": "four words will do"})
        assert answer.status_code == 503


async def test_whoever_does_something_to_people_is_named(bench: Bench) -> None:
    async with bench.browser(**OWNER) as admin:
        await admin.post("/api/v1/users", json={"name": "kim", "password": "four words will do"})
        await admin.post("/api/v1/users/kim/role", json={"role": "operator"})
        await admin.post("/api/v1/users/kim/password", json={"password": "other words will do"})
        await admin.post("/api/v1/users/kim/sign-out")
        await admin.delete("/api/v1/users/kim")
        await admin.post("/api/v1/invitations", json={"name": "kim"})
        await admin.post("/api/v1/setup-link")
        await admin.post("/api/v1/tokens", json={"name": "ci", "scopes": ["read"]})
        await admin.delete("/api/v1/tokens/TOK-1")
    did = ["add kim", "role kim", "password kim", "end kim", "remove kim", "invite kim", "link ", "revoke TOK-1"]
    assert [f"{what} {on}" for _, what, on in bench.people.did] == did
    assert {by for by, _, _ in bench.people.did} == {"admin"}
