"""The forms that pair a phone want an admin and the session's own token, and never say back what was typed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from lamplighter.domain.access import Role
from lamplighter.integrations.telegram.simulator import SimulatedBot, simulated_bot
from lamplighter.settings import load_settings
from tests.unit.web.conftest import Bench

PATH = "/welcome/telegram"
TRIES, PAUSE_SECONDS = 3_000, 0.02


@pytest.fixture
def bot() -> Iterator[SimulatedBot]:
    with simulated_bot(SimulatedBot(token="123456:sesame-sesame-sesame-sesame-sesame")) as simulated:
        yield simulated


@pytest.fixture
def bench(bench: Bench, tmp_path: Path) -> Bench:
    bench.app.settings = load_settings(None, {"HOME": str(tmp_path)})
    bench.app.switch = SimpleNamespace(paused=lambda: "")
    return bench


async def begun(
    browser: httpx.AsyncClient, bench: Bench, cookie: str, bot: SimulatedBot, **more: str
) -> httpx.Response:
    form = {"token": bot.token, "api_url": bot.url, "back": PATH, **more}
    return await browser.post(PATH, data=bench.form(cookie, **form))


async def seen(browser: httpx.AsyncClient, words: str) -> httpx.Response:
    """The page, once it says so."""
    for _ in range(TRIES):
        page = await browser.get(PATH)
        if words in page.text:
            return page
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError(words)


async def test_without_scripts_it_goes_from_the_token_to_the_lines(bench: Bench, bot: SimulatedBot) -> None:
    cookie = bench.signed_in(Role.ADMIN, "ann")
    async with bench.browser(cookie=cookie) as browser:
        page = await browser.get(PATH)
        assert "@BotFather" in page.text
        assert "refresh" not in page.headers
        answer = await begun(browser, bench, cookie, bot)
        assert (answer.status_code, answer.headers["location"]) == (303, PATH)
        page = await browser.get(PATH)
        assert page.headers["refresh"] == "5"
        assert "<svg" in page.text
        assert "style=" not in page.text
        (code,) = set(re.findall(r"\?start=([\w-]+)", page.text))
        bot.start(code, 7, first_name="<b>Anna")
        page = await seen(browser, "said hello")
        assert "<b>Anna" not in page.text
        assert code not in page.text
        bot.press(next(iter(bot.messages)), "I am here", 7)
        page = await seen(browser, "a phone answered")
        assert "refresh" not in page.headers
        assert "chat: 7" in page.text
        assert "umask 077" in page.text
        assert "sesame" not in page.text
        ended = await browser.post(f"{PATH}/end", data=bench.form(cookie))
        assert ended.headers["location"] == "/welcome#tell"
        assert "a phone answered" not in (await browser.get(PATH)).text


async def test_nobody_but_an_admin_from_our_own_page(bench: Bench, bot: SimulatedBot) -> None:
    for role in (Role.VIEWER, Role.OPERATOR, Role.APPROVER):
        cookie = bench.signed_in(role, str(role.word))
        async with bench.browser(cookie=cookie) as browser:
            assert (await begun(browser, bench, cookie, bot)).status_code == 403
            assert (await browser.get(PATH)).status_code == 403
    cookie = bench.signed_in(Role.ADMIN, "ann")
    async with bench.browser(cookie=cookie) as browser:
        assert (await browser.post(PATH, data={"token": bot.token})).status_code == 403
    assert bot.calls == []


async def test_what_is_no_token_is_refused_and_not_said_back(bench: Bench, bot: SimulatedBot) -> None:
    cookie = bench.signed_in(Role.ADMIN, "ann")
    async with bench.browser(cookie=cookie) as browser:
        answer = await begun(browser, bench, cookie, bot, token="sesame open")
        assert answer.status_code == 422
        assert "is not a bot" in answer.text
        assert "sesame" not in answer.text
        for wrong in ("file:///etc/passwd", "http://kim:sesame@api.lan", "api.lan"):
            answer = await begun(browser, bench, cookie, bot, api_url=wrong)
            assert answer.status_code == 422
            assert "sesame" not in answer.text
        assert bot.calls == []


async def test_where_telegram_is_set_none_is_paired(bench: Bench, bot: SimulatedBot, tmp_path: Path) -> None:
    file = tmp_path / "lamplighter.yaml"
    file.write_text("notify: {telegram: {token: '1:x', chat: 1}}\n", encoding="utf-8")
    file.chmod(0o600)
    bench.app.settings = load_settings(file, {"HOME": str(tmp_path)})
    cookie = bench.signed_in(Role.ADMIN, "ann")
    async with bench.browser(cookie=cookie) as browser:
        assert (await begun(browser, bench, cookie, bot)).status_code == 409
        assert "set already" in (await browser.get(PATH)).text
    assert bot.calls == []
