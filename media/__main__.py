"""`python -m media`: takes the README's pictures and writes down the demo, into docs/media.

Needs Chromium at /usr/bin/chromium. The troubles are the same each time; clocks and numbers are those of the run.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from media.stage import Scene, scene

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "media"
CHROMIUM = "/usr/bin/chromium"
PASSWORD = "quartz lantern over the harbour"  # noqa: S105 - for a server that lives for this run
WAIT_MILLISECONDS = 60_000
SETTLE_MILLISECONDS = 1_500
DESK = (1280, 800)
PHONE = (360, 740)
RECORDING = "demo.txt"
DEMO_SECONDS_MAX = 600
BYTES_MAX = 400_000
# A home folder and a temporary one are nobody's business.
_PLACES = re.compile(r"/(?:tmp|root|home)/[^\s'\"]*")


@dataclass(frozen=True, slots=True)
class Shot:
    """One page, one width and height, one ground; `asked` is a question that is put to it, `at` a text in view."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    ground: Literal["dark", "light"] = "dark"
    at: str = ""
    asked: str = ""


def main() -> None:
    """Take all pictures, or only the recording."""
    parser = argparse.ArgumentParser(prog="python -m media", description=__doc__)
    parser.add_argument("--only", choices=["pictures", "recording"], default="")
    wanted = parser.parse_args().only
    FOLDER.mkdir(parents=True, exist_ok=True)
    if wanted != "recording":
        with scene() as made, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            take_all(browser, made)
            browser.close()
    if wanted != "pictures":
        record()


def take_all(browser: Browser, made: Scene) -> None:
    """Each picture of one page, one width, one ground."""
    cookies = signed_in(browser, made)
    for shot in (
        Shot("overview-dark", "/"),
        Shot("overview-light", "/", ground="light"),
        Shot("overview-phone", "/", PHONE),
        Shot("approval-dark", f"/incidents/{made.waiting}"),
        Shot("approval-phone", f"/incidents/{made.waiting}", PHONE, at="What I want to do"),
        Shot("first-dark", f"/incidents/{made.waiting}", at="show as table"),
        Shot("mended-dark", f"/incidents/{made.mended}"),
        Shot("asking-dark", f"/incidents/{made.mended}", asked="Why did it happen?", at="Ask about this incident"),
        Shot("incidents-light", "/incidents", ground="light"),
        Shot("first-steps-light", "/welcome", ground="light"),
    ):
        with opened(browser, made, cookies, shot) as page:
            page.goto(shot.path)
            page.wait_for_selector("html[data-live=yes] header.frame")
            page.wait_for_timeout(SETTLE_MILLISECONDS)
            if shot.asked:
                page.get_by_role("button", name=shot.asked).click()
                page.get_by_text("0 tokens").first.wait_for()
            if shot.at:
                page.get_by_text(shot.at).first.evaluate("there => there.scrollIntoView({block: 'center'})")
            file = FOLDER / f"{shot.name}.png"
            page.screenshot(path=file, animations="disabled")
            told(file)


@contextmanager
def opened(browser: Browser, made: Scene, cookies: StorageState, shot: Shot) -> Iterator[Page]:
    """A page of somebody who is signed in."""
    context = browser.new_context(
        base_url=made.url,
        storage_state=cookies,
        viewport=ViewportSize(width=shot.size[0], height=shot.size[1]),
        color_scheme=shot.ground,
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    try:
        yield context.new_page()
    finally:
        context.close()


def signed_in(browser: Browser, made: Scene) -> StorageState:
    """Make an account, and sign in with it as people do."""
    made.client.post("/api/v1/users", json={"name": "robin", "password": PASSWORD, "role": "admin"}).raise_for_status()
    context = browser.new_context(base_url=made.url)
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = context.new_page()
    page.goto("/login")
    page.fill("input[name=username]", "robin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button:text('Sign in')")
    page.wait_for_selector("header.frame")
    state = context.storage_state()
    context.close()
    return state


def record() -> None:
    """What `lamplighter demo` prints, with the command that made it."""
    command = [sys.executable, "-m", "lamplighter", "demo"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=DEMO_SECONDS_MAX)
    file = FOLDER / RECORDING
    file.write_text(f"$ lamplighter demo\n{_PLACES.sub('…', ended.stdout)}", encoding="utf-8")
    told(file)


def told(file: Path) -> None:
    """One line for each file; one that is too large for a README is an error."""
    size = file.stat().st_size
    print(f"{file.relative_to(FOLDER.parents[1])}: {size / 1000:.0f} kB")
    if size > BYTES_MAX:
        raise SystemExit(f"{file} is larger than {BYTES_MAX} bytes")


if __name__ == "__main__":
    main()
