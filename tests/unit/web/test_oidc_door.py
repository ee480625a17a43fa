"""A browser signs in with another system, from our page and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from lamplighter.domain.access import Role, Via
from lamplighter.web.identity import COOKIE
from tests.unit.web.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, serving_issuer

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

ROLES = {"ops": "operator", "leads": "approver"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as running:
        yield running


def house(make_bench: type[Bench], issuer: Issuer, **more: Any) -> Bench:  # noqa: ANN401 - keys of the configuration
    oidc = {"issuer": issuer.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "roles": ROLES, **more}
    return make_bench(auth={"oidc": oidc})


async def there(browser: httpx.AsyncClient, following: str = "") -> str:
    """To the issuer, as the browser goes; and with which address it is sent back."""
    sent = await browser.get("/login/oidc", params={"next": following} if following else {})
    assert sent.status_code == 303, sent.text
    async with httpx.AsyncClient() as outside:
        gone = await outside.get(sent.headers["location"])
    back = urlsplit(gone.headers["location"])
    assert back.netloc == "lamp.lan"
    return f"{back.path}?{back.query}"


async def test_the_groups_bring_a_role_and_the_browser_comes_back_to_where_it_wanted(
    make_bench: type[Bench], issuer: Issuer
) -> None:
    bench = house(make_bench, issuer)
    async with bench.browser() as browser:
        assert "single sign-on" in (await browser.get("/login")).text
        done = await browser.get(await there(browser, "/alerts?source=grafana"))
        assert (done.status_code, done.headers["location"]) == (303, "/alerts?source=grafana")
        assert browser.cookies.get(COOKIE)
        known = (await browser.get("/api/v1/me")).json()
    assert (known["name"], known["role"], known["via"]) == ("ann", "operator", str(Via.OIDC))
    (session,) = bench.people.open_sessions.values()
    assert session.role is Role.OPERATOR


async def test_who_is_in_no_group_that_counts_stays_out(make_bench: type[Bench], issuer: Issuer) -> None:
    issuer.person = {"sub": "u1", "preferred_username": "eve", "groups": ["staff", "admin"], "role": "admin"}
    bench = house(make_bench, issuer)
    async with bench.browser() as browser:
        refused = await browser.get(await there(browser))
        assert refused.status_code == 403
        assert "no group that has a role here" in refused.text
        assert (await browser.get("/incidents")).status_code == 303
    assert not bench.people.open_sessions


async def test_with_a_default_everybody_there_may_look(make_bench: type[Bench], issuer: Issuer) -> None:
    issuer.person = {"sub": "u1", "preferred_username": "eve"}
    bench = house(make_bench, issuer, default_role="viewer")
    async with bench.browser() as browser:
        assert (await browser.get(await there(browser))).status_code == 303
        assert (await browser.get("/api/v1/me")).json()["role"] == "viewer"


async def test_an_answer_that_another_browser_got_is_refused(make_bench: type[Bench], issuer: Issuer) -> None:
    bench = house(make_bench, issuer)
    async with bench.browser() as mallory, bench.browser() as victim:
        theirs = await there(mallory)
        assert (await victim.get(theirs)).status_code == 403, "without any cookie"
        await there(victim)
        assert (await victim.get(theirs)).status_code == 403, "with the cookie of another round"
    assert not bench.people.open_sessions


async def test_an_answer_counts_once(make_bench: type[Bench], issuer: Issuer) -> None:
    bench = house(make_bench, issuer)
    async with bench.browser() as browser:
        back = await there(browser)
        assert (await browser.get(back)).status_code == 303
        assert (await browser.get(back)).status_code == 403


async def test_what_the_other_system_says_against_it_is_shown_and_inert(
    make_bench: type[Bench], issuer: Issuer
) -> None:
    bench = house(make_bench, issuer)
    async with bench.browser() as browser:
        back = await there(browser)
        state = dict(pair.split("=") for pair in urlsplit(back).query.split("&"))["state"]
        query = {"state": state, "error": "<script>alert(1)</script>"}
        refused = await browser.get("/login/oidc/callback", params=query)
    assert refused.status_code == 403
    assert "<script>" not in refused.text


@pytest.mark.parametrize("following", ["https://evil.lan", "//evil.lan", "/\\evil.lan", "javascript:alert(1)"])
async def test_nobody_is_led_to_another_site_afterwards(
    make_bench: type[Bench], issuer: Issuer, following: str
) -> None:
    bench = house(make_bench, issuer)
    async with bench.browser() as browser:
        done = await browser.get(await there(browser, following))
    assert done.headers["location"] == "/"


async def test_without_another_system_there_is_no_such_door(bench: Bench) -> None:
    async with bench.browser(accept="application/json") as browser:
        assert (await browser.get("/login/oidc")).status_code == 404
        assert (await browser.get("/login/oidc/callback?code=x&state=y")).status_code in {403, 404}
