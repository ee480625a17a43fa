"""Signing in and out, in a browser and from a program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from lamplighter.domain.access import Role
from lamplighter.web.attempts import PER_NAME
from lamplighter.web.identity import COOKIE, SECURE_COOKIE
from lamplighter.web.signing_in import own_path

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

WORDS = "four words will do"
JSON = {"accept": "application/json"}


def form(**more: str) -> dict[str, str]:
    return {"username": "ann", "password": WORDS, **more}


async def test_the_page_works_without_a_script_and_lets_nothing_foreign_in(bench: Bench) -> None:
    async with bench.browser() as browser:
        shown = await browser.get("/login", params={"next": '/x"><script>alert(1)</script>'})
        assert shown.status_code == 200
        assert "<script" not in shown.text
        policy = shown.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        (style,) = re.findall(r'href="([^"]+\.css)"', shown.text)
        assert (await browser.get(style)).headers["content-type"].startswith("text/css")
        assert "http" not in re.sub(r"charset|http-equiv", "", shown.text)


async def test_it_says_what_to_do_while_nobody_has_an_account(bench: Bench) -> None:
    async with bench.browser() as browser:
        assert "lamplighter setup-url" in (await browser.get("/login")).text
        bench.account()
        assert "lamplighter setup-url" not in (await browser.get("/login")).text


async def test_a_browser_signs_in_is_led_on_and_signs_out(bench: Bench) -> None:
    bench.account("ann", Role.OPERATOR)
    async with bench.browser() as browser:
        sent = await browser.get("/alerts?source=x")
        assert sent.headers["location"] == "/login?next=%2Falerts%3Fsource%3Dx"
        done = await browser.post("/login", data=form(next="/alerts?source=x"))
        assert (done.status_code, done.headers["location"]) == (303, "/alerts?source=x")
        cookie = done.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        page = await browser.get("/alerts")
        assert (page.status_code, "ann · operator" in page.text) == (200, True)
        secret = browser.cookies[COOKIE]
        left = await browser.post("/logout", data=bench.form(f"{COOKIE}={secret}"))
        assert (left.status_code, left.headers["location"]) == (303, "/login")
        assert (await browser.get("/alerts", headers={"cookie": f"{COOKIE}={secret}"})).status_code == 303
    assert not bench.people.open_sessions


async def test_the_cookie_is_for_https_alone_where_there_is_https(make_bench: type[Bench]) -> None:
    for bench, base in (
        (make_bench(site={"url": "https://lamp.lan"}), "http://lamp.lan"),
        (make_bench(), "https://lamp.lan"),
    ):
        bench.account()
        async with bench.browser(origin=base) as browser:
            browser.base_url = httpx.URL(base)
            cookie = (await browser.post("/login", data=form())).headers["set-cookie"]
            assert cookie.startswith(f"{SECURE_COOKIE}=")
            assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}
            assert "Domain" not in cookie


async def test_a_session_that_was_there_before_does_not_live_on(bench: Bench) -> None:
    bench.account()
    planted = bench.signed_in(Role.VIEWER, "mallory")
    async with bench.browser(cookie=planted) as browser:
        assert (await browser.post("/login", data=form())).status_code == 303
    assert [session.name for session in bench.people.open_sessions.values()] == ["ann"]


async def test_a_program_gets_a_token_of_an_hour(bench: Bench) -> None:
    bench.account("ann", Role.APPROVER)
    async with bench.browser(**JSON) as program:
        given = await program.post("/login", json={"username": "Ann", "password": WORDS})
        assert given.status_code == 200
        assert given.headers["cache-control"] == "no-store"
        assert set(given.json()) == {"access_token", "token_type", "expires_in"}
        assert (given.json()["token_type"], given.json()["expires_in"]) == ("bearer", 3600)
        assert "set-cookie" not in given.headers
        bears = {"authorization": f"Bearer {given.json()['access_token']}"}
        known = (await program.get("/api/v1/me", headers=bears)).json()
        assert (known["name"], known["role"], "approve" in known["rights"]) == ("ann", "approver", True)
        bench.clock.advance(3600)
        assert (await program.get("/api/v1/me", headers=bears)).status_code == 401


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ann", "wrong words here"),
        ("nobody", WORDS),
        ("ANN'--", WORDS),
        ("admin", "admin"),
        ("a\x00b", WORDS),
        ("ann", "x"),
    ],
)
async def test_whatever_is_wrong_is_answered_in_the_same_words(bench: Bench, name: str, password: str) -> None:
    bench.account()
    async with bench.browser(**JSON) as program:
        refused = await program.post("/login", json={"username": name, "password": password})
    assert refused.status_code == 401
    assert refused.json()["detail"] == "the name or the password is wrong"
    assert refused.json()["code"] == "wrong-login"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        '{"username": "ann"}',
        '{"username": 7, "password": "x"}',
        '{"username": "", "password": "x"}',
        '{"username": "ann", "password": ["x"]}',
        '{"username": "ann", "password": "x", "role": "admin"}',
        '{"username": "ann", "password": "' + "x" * 300 + '"}',
        "\ud800".encode("utf-16", "surrogatepass"),
    ],
)
async def test_a_body_that_is_none_is_refused_without_any_work(bench: Bench, body: str | bytes) -> None:
    bench.account()
    async with bench.browser(**JSON) as program:
        refused = await program.post("/login", content=body, headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert bench.people.questions == 0


async def test_other_kinds_of_body_are_neither_form_nor_json(bench: Bench) -> None:
    async with bench.browser(**JSON) as program:
        for kind in ("text/plain", "multipart/form-data; boundary=x", "application/xml", ""):
            refused = await program.post("/login", content=b"username=ann", headers={"content-type": kind})
            assert refused.status_code == 415, kind


async def test_who_tries_too_often_is_told_to_wait_even_with_the_right_password(bench: Bench) -> None:
    bench.account()
    async with bench.browser(**JSON) as program:
        statuses = [
            (await program.post("/login", json={"username": "ann", "password": f"wrong {n}"})).status_code
            for n in range(PER_NAME.amount)
        ]
        refused = await program.post("/login", json={"username": "ann", "password": WORDS})
    assert set(statuses) == {401}
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_a_browser_sees_on_the_page_what_went_wrong(bench: Bench) -> None:
    bench.account()
    async with bench.browser() as browser:
        wrong = await browser.post("/login", data=form(password="wrong words here", next="/alerts"))
        assert wrong.status_code == 401
        assert "the name or the password is wrong" in wrong.text.lower()
        assert 'value="/alerts"' in wrong.text
        assert "wrong words here" not in wrong.text
        assert (await browser.post("/login", data={"username": "ann"})).status_code == 422


async def test_another_sites_form_signs_nobody_in(bench: Bench) -> None:
    bench.account()
    async with bench.browser(origin="http://evil.lan") as browser:
        refused = await browser.post("/login", data=form())
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("/alerts?a=b", "/alerts?a=b"),
        ("", "/"),
        ("//evil.lan", "/"),
        ("/\\evil.lan", "/"),
        ("https://evil.lan", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("/\t/evil.lan", "/"),
        ("/é", "/"),
    ],
)
def test_nobody_is_led_to_another_site(text: str, leads: str) -> None:
    assert own_path(text) == leads


async def test_a_program_learns_who_it_is(bench: Bench) -> None:
    async with bench.browser(**JSON, authorization="Bearer correct-horse") as program:
        known: dict[str, Any] = (await program.get("/api/v1/me")).json()
    assert (known["name"], known["via"]) == ("admin", "token")
