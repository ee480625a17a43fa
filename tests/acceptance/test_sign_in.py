"""The first minute in a real browser: the set-up link, signing out and in; on a phone, by keyboard, without scripts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.exam.conftest import Server, Servers, environment, making_servers, wait_until

__all__ = ["environment"]

CHROMIUM = "/usr/bin/chromium"
WAIT_MILLISECONDS = 60_000
WORDS = "four words will do"
SERIOUS = {"serious", "critical"}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()


@pytest.fixture
def houses(environment: dict[str, str]) -> Iterator[Servers]:
    with making_servers(environment) as made:
        yield made


def visit(browser: Browser, server: Server, scheme: Literal["dark", "light"], **options: Any) -> Page:  # noqa: ANN401 - playwright's options
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{server.port}",
        viewport={"width": 360, "height": 640},
        color_scheme=scheme,
        **options,
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    return context.new_page()


def setup_link(server: Server) -> str:
    """The link that the first start prints, a moment after it is ready."""
    (link,) = wait_until("the set-up link", lambda: re.findall(r"^Open (\S+)$", server.log, re.MULTILINE))
    return str(link)


def fits_the_phone(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def serious(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"] if found["impact"] in SERIOUS]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_first_minute_on_a_phone(
    browser: Browser,
    houses: Servers,
    scheme: Literal["dark", "light"],
    tmp_path: Path,
) -> None:
    server: Server = houses.new(folder=tmp_path / scheme).start()
    link = setup_link(server)
    page = visit(browser, server, scheme, bypass_csp=False)
    page.goto(link)
    assert fits_the_phone(page)
    page.keyboard.type("kim")
    page.keyboard.press("Tab")
    page.keyboard.type(WORDS)
    page.keyboard.press("Enter")
    page.wait_for_selector("header.frame")
    assert fits_the_phone(page)
    page.click("summary:text-is('kim')")
    page.wait_for_selector(".who >> text=admin")
    page.click("text=Sign out")
    page.wait_for_url("**/login")
    page.goto("/alerts")
    page.wait_for_url("**/login?next=**")
    page.fill("input[name=username]", "kim")
    page.fill("input[name=password]", "wrong words here")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert fits_the_phone(page)
    page.fill("input[name=username]", "Kim")
    page.fill("input[name=password]", WORDS)
    page.click("button")
    page.wait_for_url("**/alerts")
    page.context.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_pages_before_the_door_have_no_serious_finding_of_axe(
    browser: Browser,
    houses: Servers,
    scheme: Literal["dark", "light"],
) -> None:
    server: Server = houses.new().start()
    link = setup_link(server)
    # Axe is a script, which the pages' own policy would not let run.
    page = visit(browser, server, scheme, bypass_csp=True)
    page.goto(link)
    assert serious(page) == []
    page.goto("/login")
    assert serious(page) == []
    page.context.close()


def test_everything_before_the_door_works_without_scripts(browser: Browser, houses: Servers) -> None:
    server: Server = houses.new().start()
    person = {"name": "kim", "password": WORDS, "role": "operator"}
    assert server.client.post("/api/v1/users", json=person).status_code == httpx.codes.CREATED
    page = visit(browser, server, "dark", java_script_enabled=False)
    page.goto("/checks")
    page.fill("input[name=username]", "kim")
    page.fill("input[name=password]", WORDS)
    page.click("button")
    page.wait_for_url("**/checks")
    page.context.close()
