"""A phone is paired in a real browser against a server that speaks the Bot API: link, hello, press, the whole file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from lamplighter.integrations.telegram.simulator import SimulatedBot, simulated_bot
from tests.acceptance.console.conftest import Visiting
from tests.acceptance.exam.conftest import (
    CommandLine,
    Server,
    command_line,
    environment,
    making_servers,
    servers,
)

__all__ = ["command_line", "environment", "servers"]
TOKEN = "123456:sesame-sesame-sesame-sesame-sesame"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
# Longer than any run of digits that comes by chance into the tokens of a page's forms.
STRANGER = 666_000_666_000
SERIOUS = {"serious", "critical"}


@dataclass
class House:
    """A running server that tells nobody yet, beside a bot."""

    server: Server
    bot: SimulatedBot


@pytest.fixture(scope="module")
def house(environment: dict[str, str]) -> Iterator[House]:
    with making_servers(environment) as made, simulated_bot(SimulatedBot(token=TOKEN)) as bot:
        server = made.new({"notify": {}}).start()
        yield House(server, bot)
        assert server.stop() == 0
        assert "Traceback" not in server.log
        assert "broke" not in server.log
        assert "sesame" not in server.log


def connect(page: Page, house: House, token: str = TOKEN) -> None:
    page.fill("#pairing input[name=token]", token)
    page.click("#own-api summary")
    page.fill("#pairing input[name=api_url]", house.bot.url)
    page.click("#pairing >> text=Connect")


def begin_again(page: Page) -> None:
    page.click("#pairing button:text('Begin again')")
    page.wait_for_selector("#pairing input[name=token]")


def code_of(page: Page) -> str:
    link = page.wait_for_selector("#pairing a[href*='?start=']")
    assert link is not None
    return str(link.get_attribute("href")).partition("?start=")[2]


def test_from_the_token_to_the_whole_file(
    house: House, visiting: Visiting, command_line: CommandLine, tmp_path: Path
) -> None:
    with visiting(house.server, "admin") as visit:
        page = visit.go("/welcome")
        connect(page, house)
        code = code_of(page)
        assert page.locator("#pairing svg.qr path").count() == 2
        assert TOKEN not in page.content()
        house.bot.start("guessed", STRANGER, first_name="Mallory")
        house.bot.start(code, 7, first_name="<i>Anna", username="anna")
        # Nothing is loaded anew: the page follows by itself.
        page.wait_for_selector("#pairing >> text=said hello")
        number = next(iter(house.bot.messages))
        house.bot.press(number, "I am here", STRANGER)
        house.bot.press(number, "I am here", 7)
        page.wait_for_selector("#pairing >> text=a phone answered")
        assert "<i>Anna @anna" in page.locator("#pairing").inner_text()
        whole = page.locator("#whole pre code").first.inner_text()
        assert "chat: 7" in whole
        assert str(STRANGER) not in page.content()
        line = page.locator("#pairing pre code").first.inner_text()
        assert TOKEN not in page.content()
        begin_again(page)
    subprocess.run(["sh", "-c", line], input=f"{TOKEN}\n".encode(), check=True)
    file = tmp_path / "lamplighter.yaml"
    file.write_text(whole, encoding="utf-8")
    ended = command_line.run("config", "check", "--offline", str(file))
    assert ended.code == 0, ended.err
    assert TOKEN not in whole + ended.out + ended.err


def test_what_is_wrong_is_said_on_the_page(house: House, visiting: Visiting) -> None:
    with visiting(house.server, "admin") as visit:
        page = visit.go("/welcome")
        connect(page, house, "123456:wrong")
        page.wait_for_selector("#pairing .note >> text=does not know this token")
        house.bot.webhook = "https://elsewhere.example/hook"
        connect(page, house)
        page.wait_for_selector("#pairing .note >> text=has a webhook")
        house.bot.webhook = ""


def test_who_is_no_admin_gets_no_form(house: House, visiting: Visiting) -> None:
    with visiting(house.server, "operator") as visit:
        page = visit.go("/welcome")
        page.wait_for_selector("#tell >> text=An admin can connect it here")
        assert page.locator("#pairing").count() == 0


def test_without_scripts_it_is_the_same(house: House, visiting: Visiting) -> None:
    with visiting(house.server, "admin", java_script_enabled=False) as visit:
        page = visit.page
        page.goto("/welcome/telegram")
        connect(page, house)
        house.bot.start(code_of(page), 8)
        page.wait_for_selector("#pairing >> text=said hello")
        house.bot.press(max(house.bot.messages), "I am here", 8)
        page.wait_for_selector("#pairing >> text=a phone answered")
        begin_again(page)


def test_both_pages_are_readable_in_both_schemes_and_on_a_phone(house: House, visiting: Visiting) -> None:
    for scheme, size in (("dark", PHONE), ("light", DESK)):
        with visiting(house.server, "admin", color_scheme=scheme, viewport=size, bypass_csp=True) as visit:
            page = visit.go("/welcome")
            connect(page, house)
            code_of(page)
            for path in ("/welcome", "/welcome/telegram"):
                page.goto(path)
                page.wait_for_selector("#pairing svg.qr")
                assert visit.fits(), (path, size)
                found = Axe().run(page).response["violations"]
                assert [(one["id"], one["nodes"][0]["target"]) for one in found if one["impact"] in SERIOUS] == []
            page.click("#pairing >> text=Stop")
            page.wait_for_selector("#pairing input[name=token]")
