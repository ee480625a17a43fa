"""The first run in a real browser: the set-up link, what is seen already, a test message, done; hostile names inert."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from lamplighter.integrations.ntfy.simulator import SimulatedNtfy, simulated_ntfy
from lamplighter.testing import JsonServer, serving_json
from tests.acceptance.console.conftest import PASSWORD, WAIT_MILLISECONDS, Visiting
from tests.acceptance.exam.conftest import (
    CommandLine,
    Server,
    Servers,
    command_line,
    environment,
    making_servers,
    servers,
    wait_until,
)

__all__ = ["command_line", "environment", "servers"]
PHONE = {"width": 360, "height": 740}
EVIL = "<img src=x onerror=window.pwned=1>\u202e\x1b[2J"
SERIOUS = {"serious", "critical"}


def container(number: int, name: str, image: str, port: int = 0, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    ports = [{"IP": "0.0.0.0", "PrivatePort": port, "PublicPort": port, "Type": "tcp"}] if port else []
    said = {"Labels": {}, "State": "running", "Status": "Up 2 hours", "Ports": ports, **more}
    return {"Id": f"{number:064x}", "Names": [f"/{name}"], "Image": image, **said}


LISTED = (
    container(1, "jellyfin", "jellyfin/jellyfin:10", Labels={"lamplighter.allow": "restart"}),
    container(2, "sonarr", "linuxserver/sonarr", Status="Up 2 hours (unhealthy)"),
    container(3, "prometheus", "prom/prometheus:v3.5.0", 9090),
    container(4, "kuma", "louislam/uptime-kuma:1", 3001),
    container(5, EVIL, f"{EVIL}/grafana:{EVIL}", 3000),
    container(6, "lost", "shop:1", State="restarting", Status="Restarting (1) 3 hours ago"),
    container(7, "tagged", "x@sha256:00", 3100, Labels={"org.opencontainers.image.title": "Loki", EVIL: EVIL}),
)


@dataclass
class House:
    """A running server beside an engine and a push service that speak the real protocols."""

    server: Server
    engine: JsonServer
    ntfy: SimulatedNtfy

    @property
    def link(self) -> str:
        (found,) = wait_until("the set-up link", lambda: re.findall(r"^Open (\S+)$", self.server.log, re.MULTILINE))
        return str(found)


@pytest.fixture(scope="module")
def house(environment: dict[str, str]) -> Iterator[House]:
    with making_servers(environment) as made, serving_json() as engine, simulated_ntfy() as ntfy:
        engine.answers = {"/version": {"ApiVersion": "1.41"}, "/v1.41/containers/json": list(LISTED)}
        told = {"ntfy": {"url": ntfy.url, "topic": "ops"}}
        server = made.new({"sources": {"docker": {"host": engine.url}}, "notify": told}).start()
        yield House(server, engine, ntfy)
        assert server.stop() == 0
        assert "Traceback" not in server.log
        assert "broke" not in server.log


@pytest.fixture
def page(chromium: Browser, house: House) -> Iterator[Page]:
    context = chromium.new_context(base_url=f"http://127.0.0.1:{house.server.port}")
    context.set_default_timeout(WAIT_MILLISECONDS)
    yield context.new_page()
    context.close()


def test_from_the_link_over_a_test_message_to_the_command_centre(house: House, page: Page) -> None:
    page.goto(house.link)
    page.fill("input[name=username]", "kim")
    page.fill("input[name=password]", PASSWORD)
    page.click("button")
    page.wait_for_url("**/welcome")
    page.wait_for_selector("text=/7 containers/")
    seen = page.locator("#seen").inner_text()
    assert "1 unhealthy: sonarr" in seen
    assert "1 restarting: lost" in seen
    page.wait_for_selector("#tell >> text=not tried")
    page.click("button[data-act=send_test]")
    page.wait_for_selector("#tell >> text=delivered")
    page.wait_for_selector(".toast >> text=took the test message")
    assert "test of Lamplighter" in str(house.ntfy.published[-1])
    page.click("text=Done: to the command centre")
    page.wait_for_selector(".view-overview")
    page.goto("/settings")
    page.click("text=Set-up")
    page.wait_for_url("**/welcome")


def test_a_channel_that_takes_nothing_is_said_and_shown(house: House, visiting: Visiting) -> None:
    house.ntfy.faults += [(403, {})] * 3
    with visiting(house.server, "admin") as visit:
        page = visit.go("/welcome")
        page.click("button[data-act=send_test]")
        page.wait_for_selector(".toast.wrong >> text=did not take it")
        page.wait_for_selector("#tell >> text=failed")
    house.ntfy.faults.clear()


def test_who_may_only_look_sees_all_and_sends_nothing(house: House, visiting: Visiting) -> None:
    with visiting(house.server, "viewer") as visit:
        page = visit.go("/welcome")
        button = page.locator("button[data-act=send_test]")
        assert button.get_attribute("aria-disabled") == "true"
        before = house.ntfy.asked
        button.click(force=True)
        assert house.ntfy.asked == before
        page.wait_for_selector("#far >> text=this is so now")


def test_the_whole_file_passes_the_check_and_says_what_was_found(
    house: House, visiting: Visiting, command_line: CommandLine, tmp_path: Path
) -> None:
    with visiting(house.server, "viewer") as visit:
        page = visit.go("/welcome")
        page.wait_for_selector("#near >> text=Prometheus")
        text = page.locator("#whole pre code").first.inner_text()
    file = tmp_path / "lamplighter.yaml"
    file.write_text(text, encoding="utf-8")
    ended = command_line.run("config", "check", "--offline", str(file))
    assert ended.code == 0, ended.err
    for name in ("prometheus", "loki", "docker"):
        assert name in ended.out
    assert "http://127.0.0.1:9090" in text
    assert "# Left out, because a secret stands in it: notify.ntfy\n" in text
    assert "topic" not in text


def test_names_of_strangers_are_text_and_the_page_is_readable(house: House, visiting: Visiting) -> None:
    for scheme, size in (("dark", PHONE), ("light", {"width": 1280, "height": 800})):
        with visiting(house.server, "viewer", color_scheme=scheme, viewport=size, bypass_csp=True) as visit:
            page = visit.go("/welcome")
            page.wait_for_selector("#near >> text=Grafana")
            page.wait_for_selector("#seen >> text=set-up")
            assert page.evaluate("window.pwned") is None
            assert page.locator("main img").count() == 0
            assert not set("\u202e\x1b") & set(page.locator("main").inner_text())
            assert visit.fits(), size
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["target"]) for one in found if one["impact"] in SERIOUS] == []


def test_a_line_is_copied_as_it_stands(house: House, chromium: Browser, visiting: Visiting) -> None:
    assert chromium.is_connected()
    with visiting(house.server, "viewer", permissions=["clipboard-read", "clipboard-write"]) as visit:
        page = visit.go("/welcome")
        page.wait_for_selector("#near >> text=Prometheus")
        near = page.locator("#near li", has_text="Prometheus").first
        near.locator("button[data-copy]").click()
        page.wait_for_selector("#near >> text=copied")
        said = page.evaluate("navigator.clipboard.readText()")
        assert said == near.locator("code").last.inner_text()
        assert said.startswith("sources:\n  prometheus:\n    url: ")


def test_with_nothing_to_see_it_says_what_to_do(servers: Servers, chromium: Browser) -> None:
    server = servers.new({"notify": {}}).start()
    found = wait_until("the set-up link", lambda: re.findall(r"^Open (\S+)$", server.log, re.MULTILINE))
    context = chromium.new_context()
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = context.new_page()
    page.goto(found[0])
    page.fill("input[name=username]", "kim")
    page.fill("input[name=password]", PASSWORD)
    page.click("button")
    page.wait_for_url("**/welcome")
    page.wait_for_selector("#seen >> text=No source knows what runs")
    assert page.locator("#tell pre").count() == 2
    assert "@BotFather" in page.locator("#pairing").inner_text()
    assert "lamplighter demo" in page.locator("#try").inner_text()
    context.close()
