"""The first run: a link, a page, an admin; and never twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from lamplighter.domain.access import Role
from lamplighter.web.identity import COOKIE

if TYPE_CHECKING:
    import httpx

    from tests.unit.web.conftest import Bench

WORDS = "four words will do"


async def link(bench: Bench) -> str:
    """The path of a fresh link, as the log shows it."""
    parts = urlsplit(await bench.access.setup_url(only=False))
    assert parts.netloc == "127.0.0.1:8460"
    return f"{parts.path}?{parts.query}"


async def chosen(browser: httpx.AsyncClient, path: str, name: str = "Ann", password: str = WORDS) -> httpx.Response:
    (secret,) = re.findall("t=([^&]+)", path)
    return await browser.post("/setup", data={"t": secret, "username": name, "password": password})


async def test_the_link_makes_the_admin_and_signs_in(bench: Bench) -> None:
    path = await link(bench)
    async with bench.browser() as browser:
        shown = await browser.get(path)
        assert (shown.status_code, "Set up" in shown.text) == (200, True)
        assert "<script" not in shown.text
        done = await chosen(browser, path)
        assert (done.status_code, done.headers["location"]) == (303, "/welcome")
        assert browser.cookies.get(COOKIE)
        assert (await browser.get("/api/v1/me")).json()["role"] == "admin"
    account = bench.people.known["ann"]
    assert account.role is Role.ADMIN
    assert account.password_hash.startswith("$argon2id$")


async def test_only_the_first_is_led_to_the_first_steps_and_only_where_there_are_any(
    bench: Bench, make_bench: type[Bench]
) -> None:
    async with bench.browser() as browser:
        await chosen(browser, await link(bench))
        again = await chosen(browser, await link(bench), "bea")
        assert (again.status_code, again.headers["location"]) == (303, "/")
    plain = make_bench(server={"console": False})
    async with plain.browser() as browser:
        assert (await chosen(browser, await link(plain))).headers["location"] == "/"


async def test_it_works_once(bench: Bench) -> None:
    path = await link(bench)
    async with bench.browser() as browser:
        await chosen(browser, path)
        assert (await browser.get(path)).status_code == 410
        again = await chosen(browser, path, "mallory")
        assert again.status_code == 410
        assert "lamplighter setup-url" in again.text.lower()
    assert set(bench.people.known) == {"ann"}


@pytest.mark.parametrize("query", ["", "?t=", "?t=guess", "?t=" + "a" * 150, "?x=1", "?t=%00"])
async def test_without_the_link_there_is_nothing_to_set_up(bench: Bench, query: str) -> None:
    await link(bench)
    async with bench.browser() as browser:
        assert (await browser.get(f"/setup{query}")).status_code == 410
        assert (
            await browser.post("/setup", data={"t": query[3:], "username": "a", "password": WORDS})
        ).status_code == 410
    assert not bench.people.known


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "short"), ("ann", ""), ("", WORDS), ("<b>", WORDS), ("ann", "a" * 300)]
)
async def test_a_name_or_password_that_will_not_do_is_said_and_the_link_holds_on(
    bench: Bench, name: str, password: str
) -> None:
    path = await link(bench)
    async with bench.browser() as browser:
        wrong = await chosen(browser, path, name, password)
        assert wrong.status_code == 422
        assert 'role="alert"' in wrong.text
        assert "<b>" not in wrong.text
        assert (await chosen(browser, path)).status_code == 303


async def test_a_name_that_is_taken_is_said_and_the_account_is_left_as_it_was(bench: Bench) -> None:
    before = bench.account("ann", Role.VIEWER)
    path = await link(bench)
    async with bench.browser() as browser:
        taken = await chosen(browser, path)
        assert taken.status_code == 422
        assert "lamplighter user passwd ann" in taken.text
        assert bench.people.known["ann"] == before
        assert (await chosen(browser, path, "bob")).status_code == 303


async def test_another_sites_form_sets_nothing_up(bench: Bench) -> None:
    path = await link(bench)
    async with bench.browser(origin="http://evil.lan") as browser:
        assert (await chosen(browser, path)).status_code == 403
    assert not bench.people.known


async def test_a_link_is_offered_until_somebody_can_sign_in(make_bench: type[Bench]) -> None:
    bench = make_bench()
    first, second = await bench.access.first_setup_url(), await bench.access.first_setup_url()
    assert first != second
    assert len(bench.people.links) == 2, "both hold"
    bench.account()
    assert await bench.access.first_setup_url() == ""
    oidc = {"issuer": "http://id.lan", "client_id": "x"}
    assert await make_bench(auth={"oidc": oidc}).access.first_setup_url() == ""


async def test_an_admin_asks_for_another_link_which_ends_the_others(bench: Bench) -> None:
    path = await link(bench)
    owner = {"authorization": "Bearer correct-horse", "accept": "application/json"}
    async with bench.browser() as browser:
        made = await browser.post("/api/v1/setup-link", headers=owner)
        assert made.status_code == 201
        assert (await browser.get(path)).status_code == 410
        parts = urlsplit(made.json()["url"])
        assert (await chosen(browser, f"{parts.path}?{parts.query}")).status_code == 303
    assert bench.people.known["ann"].role is Role.ADMIN
