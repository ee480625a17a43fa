"""Invitations: a link for one person that works once, until it runs out or another is made."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from lamplighter.domain.access import Role
from lamplighter.domain.account import INVITATION_LIFE
from lamplighter.web.identity import COOKIE

if TYPE_CHECKING:
    import httpx

    from tests.unit.web.conftest import Bench

WORDS = "four words will do"
OWNER = {"authorization": "Bearer correct-horse", "accept": "application/json"}


async def invited(bench: Bench, name: str = "Kim", role: str = "operator") -> str:
    """The secret of a link for somebody."""
    async with bench.browser(**OWNER) as admin:
        made = await admin.post("/api/v1/invitations", json={"name": name, "role": role})
    assert made.status_code == 201, made.text
    parts = urlsplit(made.json()["url"])
    assert (parts.netloc, parts.path) == ("127.0.0.1:8460", "/invitation")
    return parts.query.removeprefix("t=")


async def accepted(browser: httpx.AsyncClient, secret: str, password: str = WORDS, **more: str) -> httpx.Response:
    return await browser.post("/invitation", data={"t": secret, "password": password, **more})


async def test_whoever_is_invited_chooses_a_password_and_is_signed_in(bench: Bench) -> None:
    secret = await invited(bench)
    assert bench.people.known["kim"].invited
    assert secret not in str(bench.people.known), "only its digest is kept"
    async with bench.browser() as browser:
        shown = await browser.get(f"/invitation?t={secret}")
        assert (shown.status_code, "<strong>kim</strong>, operator" in shown.text) == (200, True)
        assert "<script" not in shown.text
        done = await accepted(browser, secret, username="mallory", role="admin")
        assert (done.status_code, done.headers["location"]) == (303, "/")
        assert browser.cookies.get(COOKIE)
        me = (await browser.get("/api/v1/me")).json()
        assert (me["name"], me["role"]) == ("kim", "operator")
        assert (await accepted(browser, secret, "another password of mine")).status_code == 410
    assert bench.people.known.keys() == {"kim"}


async def test_another_link_ends_the_earlier_one_and_may_change_the_role(bench: Bench) -> None:
    first = await invited(bench)
    second = await invited(bench, role="viewer")
    async with bench.browser() as browser:
        assert (await browser.get(f"/invitation?t={first}")).status_code == 410
        assert (await accepted(browser, second)).status_code == 303
    assert bench.people.known["kim"].role is Role.VIEWER


async def test_a_link_runs_out(bench: Bench) -> None:
    secret = await invited(bench)
    bench.clock.advance(INVITATION_LIFE.total_seconds() - 1)
    async with bench.browser() as browser:
        assert (await browser.get(f"/invitation?t={secret}")).status_code == 200
        bench.clock.advance(1)
        assert (await browser.get(f"/invitation?t={secret}")).status_code == 410
        assert (await accepted(browser, secret)).status_code == 410
    assert bench.people.known["kim"].invited


async def test_another_role_makes_no_link_hold_longer(bench: Bench) -> None:
    secret = await invited(bench)
    bench.clock.advance(INVITATION_LIFE.total_seconds())
    async with bench.browser(**OWNER) as admin:
        assert (await admin.post("/api/v1/users/kim/role", json={"role": "admin"})).status_code == 200
    async with bench.browser() as browser:
        assert (await browser.get(f"/invitation?t={secret}")).status_code == 410
        assert (await accepted(browser, secret)).status_code == 410
    assert bench.people.known["kim"].invited


async def test_who_is_invited_cannot_sign_in_with_any_password(bench: Bench) -> None:
    await invited(bench)
    async with bench.browser(accept="application/json") as program:
        for password in ("nobody has this password", " ", "x", WORDS):
            tried = await program.post("/login", json={"username": "kim", "password": password})
            assert tried.status_code == 401


async def test_nobody_who_has_a_password_is_taken_over(bench: Bench) -> None:
    bench.account("ann", Role.ADMIN)
    before = bench.people.known["ann"]
    async with bench.browser(**OWNER) as admin:
        refused = await admin.post("/api/v1/invitations", json={"name": "ann", "role": "viewer"})
    assert (refused.status_code, refused.json()["code"]) == (409, "name-taken")
    assert bench.people.known["ann"] == before


async def test_an_admin_who_removes_or_sets_a_password_ends_the_link(bench: Bench) -> None:
    first, second = await invited(bench, "kim"), await invited(bench, "bob")
    async with bench.browser(**OWNER) as admin:
        assert (await admin.delete("/api/v1/users/kim")).status_code == 200
        assert (await admin.post("/api/v1/users/bob/password", json={"password": WORDS})).status_code == 200
    async with bench.browser() as browser:
        assert (await accepted(browser, first)).status_code == 410
        assert (await accepted(browser, second)).status_code == 410


@pytest.mark.parametrize("body", [{"name": "a b"}, {"name": "<script>"}, {"name": "kim", "role": "root"}, {}])
async def test_nobody_is_invited_with_what_will_not_do(bench: Bench, body: dict[str, str]) -> None:
    async with bench.browser(**OWNER) as admin:
        assert (await admin.post("/api/v1/invitations", json=body)).status_code == 422
    assert not bench.people.known


@pytest.mark.parametrize("secret", ["", "guess", "a" * 150])
async def test_a_guess_opens_nothing_and_costs_no_hash(bench: Bench, secret: str) -> None:
    await invited(bench)
    async with bench.browser() as browser:
        assert (await browser.get(f"/invitation?t={secret}")).status_code == 410
        assert (await accepted(browser, secret)).status_code == 410


async def test_a_short_password_is_told_and_the_link_goes_on_holding(bench: Bench) -> None:
    secret = await invited(bench)
    async with bench.browser() as browser:
        short = await accepted(browser, secret, "too short")
        assert (short.status_code, "at least 12 characters" in short.text, "too short" in short.text) == (
            422,
            True,
            False,
        )
        assert (await accepted(browser, secret)).status_code == 303


async def test_another_site_cannot_answer_and_guesses_are_counted(bench: Bench) -> None:
    secret = await invited(bench)
    async with bench.browser(origin="http://evil.example") as elsewhere:
        assert (await accepted(elsewhere, secret)).status_code == 403
    async with bench.browser() as browser:
        tried = [(await accepted(browser, f"guess{number}")).status_code for number in range(41)]
        assert tried[-1] == 429
        assert (await browser.post("/invitation", data={"t": "x" * 20_000})).status_code == 413
    assert bench.people.known["kim"].invited
