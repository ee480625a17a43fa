"""Accounts over REST: people are let in, changed and removed, and each changes the own password."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.domain.access import Role

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

WORDS = "four words will do"
OWNER = {"authorization": "Bearer correct-horse", "accept": "application/json"}


async def test_an_admin_lets_people_in_changes_and_removes_them(bench: Bench) -> None:
    async with bench.browser(**OWNER) as admin:
        made = await admin.post("/api/v1/users", json={"name": "Ann", "password": WORDS, "role": "operator"})
        assert made.status_code == 201
        assert "password" not in made.text
        assert (await admin.post("/api/v1/users", json={"name": "ann", "password": WORDS})).status_code == 409
        assert [one["role"] for one in (await admin.get("/api/v1/users")).json()["users"]] == ["operator"]
        assert (await admin.post("/api/v1/users/ann/role", json={"role": "approver"})).json()["role"] == "approver"
        stamp = bench.people.known["ann"].stamp
        assert (await admin.post("/api/v1/users/ann/password", json={"password": WORDS + "!"})).status_code == 200
        assert bench.people.known["ann"].stamp != stamp
        assert (await admin.delete("/api/v1/users/ann")).status_code == 200
        assert (await admin.delete("/api/v1/users/ann")).status_code == 404
    assert not bench.people.known


@pytest.mark.parametrize(
    "body",
    [
        {"name": "ann", "password": "short"},
        {"name": "ann", "password": WORDS, "role": "root"},
        {"name": "ann b", "password": WORDS},
        {"name": "ann"},
        {"name": "ann", "password": WORDS, "scopes": ["admin"]},
    ],
)
async def test_nobody_is_let_in_with_what_will_not_do(bench: Bench, body: dict[str, object]) -> None:
    async with bench.browser(**OWNER) as admin:
        refused = await admin.post("/api/v1/users", json=body)
    assert refused.status_code == 422
    assert refused.json()["fix"]
    assert not bench.people.known


async def test_what_nobody_has_is_not_found_and_nothing_is_hashed_for_it(bench: Bench) -> None:
    async with bench.browser(**OWNER) as admin:
        assert (await admin.post("/api/v1/users/eve/role", json={"role": "admin"})).status_code == 404
        assert (await admin.post("/api/v1/users/eve/password", json={"password": WORDS})).status_code == 404


async def test_a_person_changes_the_own_password_with_the_present_one(bench: Bench) -> None:
    bench.account("ann", Role.VIEWER)
    async with bench.browser(accept="application/json") as program:
        given = await program.post("/login", json={"username": "ann", "password": WORDS})
        bears = {"authorization": f"Bearer {given.json()['access_token']}"}
        wrong = {"present": "another password", "password": WORDS + "!"}
        assert (await program.post("/api/v1/me/password", json=wrong, headers=bears)).status_code == 403
        right = {"present": WORDS, "password": WORDS + "!"}
        assert (await program.post("/api/v1/me/password", json=right, headers=bears)).status_code == 200
        assert (await program.get("/api/v1/me", headers=bears)).status_code == 401, "it has to sign in again"
        assert (await program.post("/api/v1/me/password", json=right, headers=OWNER)).status_code == 409


async def test_an_admin_ends_the_sessions_of_who_came_by_another_system(bench: Bench) -> None:
    cookie = bench.signed_in(Role.OPERATOR, "kim")
    async with bench.browser() as browser:
        assert (await browser.get("/incidents", headers={"cookie": cookie})).status_code == 200
        ended = await browser.post("/api/v1/users/kim/sign-out", headers=OWNER)
        assert ended.json() == {"name": "kim", "sessions_ended": 1}
        assert (await browser.get("/incidents", headers={"cookie": cookie})).status_code == 303


async def test_a_browser_sees_in_words_what_it_may_not(bench: Bench) -> None:
    bench.incidents.open(1)
    cookie = bench.signed_in(Role.VIEWER, "kim")
    async with bench.browser(cookie=cookie) as browser:
        denied = await browser.post("/incidents/INC-1/resolve", data=bench.form(cookie, resolution="x"))
        assert (denied.status_code, denied.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert "kim is viewer, and to operate wants at least operator" in denied.text
        stale = await browser.post("/logout", data={"csrf": "0" * 64})
        assert (stale.status_code, "load the page again" in stale.text) == (403, True)
        as_json = await browser.get("/api/v1/users", headers={"accept": "application/json"})
    assert (as_json.status_code, as_json.json()["code"]) == (403, "forbidden")


async def test_what_is_done_bears_the_name_of_who_is_signed_in(bench: Bench) -> None:
    bench.incidents.open(1)
    cookie = bench.signed_in(Role.OPERATOR, "kim")
    async with bench.browser(cookie=cookie) as browser:
        said = bench.form(cookie, text="mine", by="mallory")
        assert (await browser.post("/incidents/INC-1/comment", data=said)).status_code == 303
        csrf = {"x-csrf-token": bench.form(cookie)["csrf"], "accept": "application/json"}
        silence = {"matchers": ["a=b"], "duration": "1h", "author": "mallory", "reason": "new disks"}
        made = await browser.post("/api/v1/silences", json=silence, headers=csrf)
        taken = await browser.post("/api/v1/incidents/INC-1/acknowledge", json={"by": "mallory"}, headers=csrf)
    assert made.status_code == 201, made.text
    assert made.json()["author"] == "kim"
    assert taken.json()["acknowledged_by"] == "kim"
    assert "mallory" not in str(bench.incidents.events)


async def test_a_yes_is_recorded_under_the_name_of_who_is_signed_in_and_no_other(bench: Bench) -> None:
    given: list[dict[str, Any]] = []

    def answer(approval_id: str, **more: Any) -> None:  # noqa: ANN401 - what the store is told
        given.append(more)
        raise LookupError(approval_id)

    bench.app.store.approvals = SimpleNamespace(answer=answer)
    path = "/api/v1/approvals/INC-1-x/approve"
    cookie = bench.signed_in(Role.APPROVER, "kim")
    own = {"x-csrf-token": bench.form(cookie)["csrf"], "accept": "application/json"}
    async with bench.browser(cookie=cookie) as browser:
        assert (await browser.post(path, json={"by": "mallory"}, headers=own)).status_code == 422
        assert (await browser.post(path, json={"reason": "mine"}, headers=own)).status_code == 404
    async with bench.browser(**OWNER) as owner:
        await owner.post(path, json={})
    assert [(one["by"], one["approve"]) for one in given] == [("kim", True), ("admin", True)]


async def test_the_last_admin_is_neither_removed_nor_demoted(bench: Bench) -> None:
    bench.account("ann", Role.ADMIN)
    bench.account("kim", Role.VIEWER)
    async with bench.browser(**OWNER) as admin:
        assert (await admin.post("/api/v1/invitations", json={"name": "bob", "role": "admin"})).status_code == 201
        for refused in (
            await admin.post("/api/v1/users/ann/role", json={"role": "approver"}),
            await admin.delete("/api/v1/users/ann"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (409, "last-admin")
            assert "ann is the only admin" in refused.json()["detail"]
        assert (await admin.post("/api/v1/users/ann/role", json={"role": "admin"})).status_code == 200
        assert (await admin.post("/api/v1/users/kim/role", json={"role": "admin"})).status_code == 200
        assert (await admin.delete("/api/v1/users/ann")).status_code == 200
    assert bench.people.known.keys() == {"kim", "bob"}


async def test_the_present_password_is_tried_only_so_often(bench: Bench) -> None:
    bench.account("ann", Role.VIEWER)
    async with bench.browser(accept="application/json") as program:
        given = await program.post("/login", json={"username": "ann", "password": WORDS})
        bears = {"authorization": f"Bearer {given.json()['access_token']}"}
        wrong = {"present": "another password", "password": WORDS + "!"}
        tried = [(await program.post("/api/v1/me/password", json=wrong, headers=bears)).status_code for _ in range(12)]
    assert tried == [403] * 10 + [429] * 2
