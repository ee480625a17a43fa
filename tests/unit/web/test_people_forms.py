"""The forms that bear secrets: shown once to who made them, taken from nobody else, and never said back."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.access import Role
from lamplighter.web.identity import COOKIE, digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from tests.unit.web.conftest import Bench

WORDS = "four words will do"
OTHER = "four other words will do"
SECRETS = {"people", "people/invite", "people/password", "tokens", "setup-link"}


async def sent(browser: httpx.AsyncClient, bench: Bench, cookie: str, path: str, **fields: str) -> httpx.Response:
    return await browser.post(f"/{path}", data=bench.form(cookie, **fields))


def shown(answer: httpx.Response) -> str:
    """The secret on the page."""
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "This is shown once" in answer.text
    return unescape(re.findall(r"<code>([^<]+)</code>", answer.text)[0])


async def test_a_token_is_in_one_answer_and_works(bench: Bench) -> None:
    cookie = bench.signed_in(Role.ADMIN, "ann")
    async with bench.browser(cookie=cookie) as browser:
        asked = {"name": "ci", "scope-read": "on", "scope-deliver": "on", "expires_in": "90d"}
        text = shown(await sent(browser, bench, cookie, "tokens", **asked))
        kept = bench.people.tokens[digest(text)]
        assert sorted(kept.scopes) == ["deliver", "read"]
        assert kept.created_by == "ann"
        assert kept.expires_at
        assert text not in (await browser.get("/api/v1/tokens")).text
        forever = shown(await sent(browser, bench, cookie, "tokens", name="x", **{"scope-read": "on"}))
        assert bench.people.tokens[digest(forever)].expires_at is None
    async with bench.browser(authorization=f"Bearer {text}") as program:
        assert (await program.get("/api/v1/me")).status_code == 200


async def test_an_invitation_and_a_setup_link_are_shown_once(bench: Bench) -> None:
    cookie = bench.signed_in(Role.ADMIN, "ann")
    async with bench.browser(cookie=cookie) as browser:
        link = shown(await sent(browser, bench, cookie, "people/invite", name="Kim", role="operator"))
        assert digest(link.partition("t=")[2]) == bench.people.known["kim"].stamp
        link = shown(await sent(browser, bench, cookie, "setup-link"))
        assert digest(link.partition("t=")[2]) in bench.people.links


async def test_an_admin_adds_somebody_and_sets_a_password(bench: Bench) -> None:
    cookie = bench.signed_in(Role.ADMIN, "ann")
    async with bench.browser(cookie=cookie) as browser:
        done = await sent(browser, bench, cookie, "people", name="kim", role="viewer", password=WORDS)
        assert (done.status_code, done.headers["location"]) == (303, "/people?done=added")
        before = bench.people.known["kim"].stamp
        done = await sent(browser, bench, cookie, "people/password", name="kim", password=OTHER)
        assert (done.status_code, done.headers["location"]) == (303, "/people?done=password")
    assert bench.people.known["kim"].stamp != before


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("people", {"name": "kim", "role": "viewer", "password": "shortone"}, "at least 12 characters"),
        ("people", {"name": "<b>kim", "role": "viewer", "password": WORDS}, "letters a-z"),
        ("people", {"name": "kim", "role": "root", "password": WORDS}, "is not a role"),
        ("people", {"name": "kim", "role": "viewer", "password": "y" * 300}, "password: "),
        ("people/invite", {"name": "<b>kim"}, "letters a-z"),
        ("people/password", {"name": "nobody", "password": WORDS}, "there is no user"),
        ("people/password", {"name": "ann"}, "password: Field required"),
        ("tokens", {"name": "ci"}, "scopes: "),
        ("tokens", {"name": "<b>", "scope-read": "on", "expires_in": "soon"}, "expires_in: "),
        ("tokens", {"scope-read": "on"}, "say what the token is for"),
    ],
)
async def test_what_will_not_do_is_told_without_what_was_typed(
    bench: Bench, path: str, fields: Mapping[str, str], words: str
) -> None:
    cookie = bench.signed_in(Role.ADMIN, "ann")
    async with bench.browser(cookie=cookie) as browser:
        answer = await sent(browser, bench, cookie, path, **fields)
    assert 400 <= answer.status_code < 500
    assert words in unescape(answer.text)
    assert 'href="/people"' in answer.text
    assert "<b>" not in answer.text
    password = fields.get("password", "")
    assert not password or password not in answer.text
    assert not bench.people.known
    assert not bench.people.tokens


async def test_my_password_is_another_here_and_every_other_session_ends(bench: Bench) -> None:
    bench.account("kim", Role.VIEWER)
    async with bench.browser() as here, bench.browser() as there:
        for browser in (here, there):
            await browser.post("/login", data={"username": "kim", "password": WORDS})
        cookie = f"{COOKIE}={here.cookies[COOKIE]}"
        asked = {"present": WORDS, "password": OTHER, "username": "mallory"}
        done = await sent(here, bench, cookie, "account/password", **asked)
        assert (done.status_code, done.headers["location"]) == (303, "/account?done=own-password")
        assert f"{COOKIE}={here.cookies[COOKIE]}" != cookie
        assert (await here.get("/api/v1/me")).status_code == 200
        assert (await there.get("/api/v1/me", headers={"accept": "application/json"})).status_code == 401
        assert (await there.post("/login", data={"username": "kim", "password": OTHER})).status_code == 303


async def test_the_present_password_is_asked_and_guesses_are_counted(bench: Bench) -> None:
    account = bench.account("kim", Role.VIEWER)
    async with bench.browser() as browser:
        await browser.post("/login", data={"username": "kim", "password": WORDS})
        cookie = f"{COOKIE}={browser.cookies[COOKIE]}"
        tried = [
            await sent(browser, bench, cookie, "account/password", present=f"guess {number}", password=OTHER)
            for number in range(11)
        ]
    assert [one.status_code for one in tried] == [403] * 10 + [429]
    assert int(tried[-1].headers["retry-after"]) > 0
    assert "guess 1" not in tried[1].text
    assert bench.people.known["kim"] == account


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
async def test_who_is_no_admin_gets_no_secret_and_no_page(bench: Bench, role: Role) -> None:
    cookie = bench.signed_in(role, "kim")
    async with bench.browser(cookie=cookie) as browser:
        page = await browser.get("/people", headers={"accept": "text/html"})
        assert (page.status_code, "administer wants at least admin" in page.text) == (403, True)
        for path in sorted(SECRETS):
            asked = {"name": "eve", "role": "admin", "password": WORDS, "scope-admin": "on"}
            assert (await sent(browser, bench, cookie, path, **asked)).status_code == 403, path
    assert not bench.people.known
    assert not bench.people.tokens
    assert not bench.people.links


@pytest.mark.parametrize("path", sorted(SECRETS | {"account/password"}))
async def test_no_form_is_taken_from_elsewhere(bench: Bench, path: str) -> None:
    cookie = bench.signed_in(Role.ADMIN, "ann")
    fields = {"name": "eve", "role": "admin", "password": WORDS, "scope-admin": "on"}
    async with bench.browser(cookie=cookie) as browser:
        assert (await browser.post(f"/{path}", data=fields)).status_code == 403, "without the session's own token"
        evil = {"origin": "http://evil.example"}
        assert (await browser.post(f"/{path}", data=bench.form(cookie, **fields), headers=evil)).status_code == 403
    assert not bench.people.known
    assert not bench.people.tokens
    assert not bench.people.links
