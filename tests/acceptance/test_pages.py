"""The pages of the real server in a real browser: they live, they act only for us, and what alerts say stays text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lamplighter.lab.premises import Premises
from lamplighter.lab.serving import TOKEN_FILE, Server, data_folder
from lamplighter.lab.shop.layout import free_ports

CHROMIUM = "/usr/bin/chromium"
WAIT_MILLISECONDS = 15_000
PAGES = ("/incidents", "/incidents?status=all", "/incidents/INC-1", "/alerts", "/silences", "/checks")
CONFIGURATION: dict[str, Any] = {
    "sources": {"alertmanager": {}},
    "verify": {"for": "1s", "deadline": "5s", "every": "0.2s"},
    "depends": {"jellyfin": ["nas"]},
    "maintenance": [{"name": "Backup night", "when": "Sun 02:00-04:00", "targets": ["nas"]}],
    "checks": [{"name": "Backups", "heartbeat": "24h", "grace": "2h"}, {"name": "Root", "disk": "/", "below": "1%"}],
}
SCRIPT = "</title></script><script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="Chromium is not installed: apt-get install chromium"),
]


@dataclass
class House:
    """A running server, and a client that may ask it everything."""

    url: str
    token: str
    client: httpx.Client
    complaints: list[str] = field(default_factory=list)

    def alert(self, name: str, container: str, *, status: str = "firing", **more: Any) -> None:  # noqa: ANN401 - JSON
        now = datetime.now(UTC).isoformat()
        one = {
            "status": status,
            "labels": {"alertname": name, "container": container, "severity": "critical"},
            "annotations": {"summary": f"{name} on {container}"},
            "startsAt": now,
            "endsAt": "0001-01-01T00:00:00Z",
            **more,
        }
        body = {"version": "4", "groupKey": "g", "truncatedAlerts": 0, "alerts": [one]}
        self.client.post("/api/v1/alerts/alertmanager", json=body).raise_for_status()

    def incident(self, word: str) -> dict[str, Any]:
        """The newest incident with a word in its title, as soon as there is one."""
        for _ in range(200):
            found = self.client.get("/api/v1/incidents", params={"q": word}).raise_for_status().json()["incidents"]
            if found:
                return dict(found[0])
            self.client.get("/-/healthy")
        pytest.fail(f"no incident is about {word}")

    def show(self, incident_id: str) -> dict[str, Any]:
        return dict(self.client.get(f"/api/v1/incidents/{incident_id}").raise_for_status().json()["incident"])


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with (
        Premises() as premises,
        Server(premises, {**CONFIGURATION, "server": {"port": free_ports(1)[0]}}) as server,
    ):
        token = (data_folder(premises) / TOKEN_FILE).read_text(encoding="utf-8").strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=20.0, trust_env=False) as client:
            made = House(server.url, token, client)
            made.alert("FirstDown", "first")
            made.incident("FirstDown")
            yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()


@contextmanager
def visiting(browser: Browser, house: House, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - playwright's options
    """A page of a person who knows the token; whatever the browser complains of fails the test at the end."""
    complaints: list[str] = []
    context: BrowserContext = browser.new_context(
        base_url=house.url, http_credentials={"username": "me", "password": house.token}, **options
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    try:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        yield page
        assert complaints == []
    finally:
        context.close()


def live(page: Page) -> None:
    page.wait_for_function("document.getElementById('live').textContent.includes('live')")


def test_the_list_shows_a_new_incident_without_being_asked_again(browser: Browser, house: House) -> None:
    with visiting(browser, house) as page:
        page.goto("/incidents")
        live(page)
        house.alert("LiveDown", "alive")
        page.wait_for_selector("text=LiveDown on alive")


def test_the_incident_page_follows_its_own_timeline(browser: Browser, house: House) -> None:
    incident_id = house.incident("FirstDown")["id"]
    with visiting(browser, house) as page:
        page.goto(f"/incidents/{incident_id}")
        live(page)
        house.client.post(f"/api/v1/incidents/{incident_id}/comments", json={"text": "seen by somebody else"})
        page.wait_for_selector("text=seen by somebody else")


def test_what_a_person_types_is_not_taken_away_by_the_news(browser: Browser, house: House) -> None:
    incident_id = house.incident("FirstDown")["id"]
    with visiting(browser, house) as page:
        page.goto(f"/incidents/{incident_id}")
        live(page)
        page.fill("textarea[name=text]", "half a sentence")
        house.client.post(f"/api/v1/incidents/{incident_id}/comments", json={"text": "and meanwhile this"})
        page.wait_for_selector("text=and meanwhile this")
        assert page.input_value("textarea[name=text]") == "half a sentence"


def test_a_whole_life_by_the_forms(browser: Browser, house: House) -> None:
    house.alert("SlowShare", "jellyfin")
    incident_id = house.incident("SlowShare")["id"]
    house.alert("DiskFull", "nas")
    assert house.incident("DiskFull")["id"] == incident_id
    with visiting(browser, house) as page:
        page.goto(f"/incidents/{incident_id}")
        assert "needs nas" in page.inner_text("#members")
        page.fill("textarea[name=text]", "looking at the share")
        page.click("text=Write")
        page.wait_for_selector("#story >> text=looking at the share")
        page.fill("input[name=by]", "alice")
        page.click("text=I have it")
        page.wait_for_selector("text=alice has it")
        page.click("#members tr:has-text('SlowShare') >> text=split off")
        page.wait_for_url(lambda url: not url.endswith(incident_id))
        other_id = page.inner_text("h1 .id")
        assert house.show(other_id)["member_count"] == 1
        page.fill("input[name=into]", incident_id)
        page.click("button:text('Merge')")
        page.wait_for_url(f"**/incidents/{incident_id}")
        assert house.show(other_id)["merged_into"] == incident_id
        page.fill("input[name=resolution]", "bought a disk")
        page.click("button:text('Resolve')")
        page.wait_for_selector("text=bought a disk")
        assert house.show(incident_id)["state"] == "resolved"
        page.fill("input[name=reason]", "it is full again")
        page.click("button:text('Reopen')")
        page.wait_for_selector("text=it is full again")
        assert house.show(incident_id)["run"] >= 2


def test_silences_and_checks_by_the_forms(browser: Browser, house: House) -> None:
    with visiting(browser, house) as page:
        page.goto("/silences")
        page.fill("textarea[name=matchers]", "jellyfin\nseverity=warning")
        page.fill("form[action='/silences'] input[name=duration]", "2h")
        page.fill("form[action='/silences'] input[name=reason]", "moving disks")
        page.click("button:text('Silence')")
        page.wait_for_selector("text=moving disks")
        assert len(house.client.get("/api/v1/silences").json()["silences"]) == 1
        page.click("text=end now")
        page.wait_for_selector("text=Nothing is silenced.")
        page.goto("/checks")
        page.click("tr:has-text('Root') >> text=look now")
        page.wait_for_selector("tr:has-text('Root') >> text=ok")


def test_no_script_of_an_alert_runs_and_no_picture_is_fetched(browser: Browser, house: House) -> None:
    notes = {"summary": f"Evil {SCRIPT}", "description": SCRIPT}
    house.alert(f"Evil {SCRIPT}", SCRIPT, annotations=notes, generatorURL="javascript:window.pwned=1")
    house.client.post("/api/v1/alerts/alertmanager", json={"alerts": [{"labels": {"": SCRIPT}}]})
    found = house.incident("Evil")
    house.client.post(f"/api/v1/incidents/{found['id']}/comments", json={"text": SCRIPT})
    house.client.post(f"/api/v1/incidents/{found['id']}/acknowledge", json={"by": SCRIPT})
    asked: list[str] = []
    with visiting(browser, house) as page:
        page.on("request", lambda request: asked.append(request.url))
        for path in ("/incidents?status=all", f"/incidents/{found['id']}", "/alerts", "/checks"):
            page.goto(path)
            if path != "/checks":
                live(page)
                house.client.post(f"/api/v1/incidents/{found['id']}/comments", json={"text": f"again {SCRIPT}"})
                page.wait_for_timeout(2500)
            assert page.evaluate("window.pwned") is None
            assert page.locator("main img").count() == 0
        assert "onerror" in page.goto("/alerts").text()  # type: ignore[union-attr] # the page was just there
    assert all(address.startswith(house.url) for address in asked)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_page_fits_a_small_telephone(browser: Browser, house: House, scheme: str) -> None:
    house.alert("ANameWithoutAnySpaceThatIsFarTooLongForAnyTelephoneOfThisWidth" * 2, "x" * 200)
    size = {"width": 360, "height": 740}
    with visiting(browser, house, viewport=size, color_scheme=scheme) as page:
        for path in PAGES:
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, path
            assert page.locator("h1").is_visible()


def test_another_site_can_make_the_browser_ask_but_nothing_is_done(browser: Browser, house: House) -> None:
    incident_id = house.incident("FirstDown")["id"]
    form = (
        f"<form method=post action='{house.url}/incidents/{incident_id}/resolve'>"
        "<input name=resolution value=forged><button>win</button></form>"
    )
    context = browser.new_context(http_credentials={"username": "me", "password": house.token})
    try:
        page = context.new_page()
        page.route("http://evil.example/**", lambda route: route.fulfill(body=form, content_type="text/html"))
        page.goto("http://evil.example/")
        with page.expect_navigation() as navigation:
            page.click("text=win")
        answered = navigation.value
        assert answered is not None
        assert answered.status == httpx.codes.FORBIDDEN
    finally:
        context.close()
    assert house.show(incident_id)["resolution"] == ""
