"""What the tests of the console share: a real browser, people who sign in, and the staged server of the signals."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.exam.conftest import Server
from tests.acceptance.signals.conftest import environment, stages

__all__ = ["environment", "stages"]
CHROMIUM = "/usr/bin/chromium"
WAIT_MILLISECONDS = 60_000
PASSWORD = "quartz lantern over the harbour"
ROLES = ("viewer", "operator", "approver", "admin")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here wants a browser."""
    lacking = shutil.which(CHROMIUM) is None
    for item in items:
        if "acceptance/console" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if lacking:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed: apt-get install chromium"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # No longer than a module: while it is open, no asynchronous test of the same worker can run.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()


@dataclass
class Visit:
    """One open page of somebody, and what the browser said about it meanwhile."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page, and wait until it is live."""
        self.page.goto(path)
        self.page.wait_for_selector("html[data-live=yes] header.frame")
        return self.page

    def fits(self) -> bool:
        """Whether nothing hangs out of the page at its right."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


Visiting = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def visiting(chromium: Browser) -> Visiting:
    """Opens a page for a person of a role; whatever the browser complains of fails the test at the end."""
    kept: dict[tuple[int, str], Any] = {}

    @contextmanager
    def visit(server: Server, role: str = "approver", **options: Any) -> Iterator[Visit]:  # noqa: ANN401 - playwright's
        key = (server.port, role)
        if key not in kept:
            kept[key] = signed_in(chromium, server, role)
        address = f"http://127.0.0.1:{server.port}"
        context = chromium.new_context(base_url=address, storage_state=kept[key], **options)
        context.set_default_timeout(WAIT_MILLISECONDS)
        try:
            made = Visit(context.new_page())
            made.page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
            made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
            made.page.on("dialog", lambda dialog: made.complaints.append(f"dialog {dialog.message}"))
            made.page.on("request", lambda request: made.asked.append(request.url))
            yield made
            assert made.complaints == []
            assert [url for url in made.asked if not url.startswith(address)] == []
        finally:
            context.close()

    return visit


def signed_in(chromium: Browser, server: Server, role: str) -> Any:  # noqa: ANN401 - playwright's storage state
    """Make an account, sign in with it as people do, and return the browser's cookies."""
    account = {"name": role, "password": PASSWORD, "role": role}
    server.client.post("/api/v1/users", json=account).raise_for_status()
    context = chromium.new_context(base_url=f"http://127.0.0.1:{server.port}")
    context.set_default_timeout(WAIT_MILLISECONDS)
    try:
        page = context.new_page()
        page.goto("/")
        page.wait_for_url("**/login**")
        page.fill("input[name=username]", role)
        page.fill("input[name=password]", PASSWORD)
        page.click("button:text('Sign in')")
        page.wait_for_selector("header.frame")
        return context.storage_state()
    finally:
        context.close()
