"""The pages of the real server in a real browser: they live, they act only for us, and what alerts say stays text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lamplighter.domain.cause import Cause, Diagnosis, RuledOut
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.lesson import Lesson
from lamplighter.lab.premises import Premises
from lamplighter.lab.serving import TOKEN_FILE, Server, data_folder
from lamplighter.lab.shop.layout import free_ports
from lamplighter.store import open_store
from lamplighter.workflow.clock import SystemClock

CHROMIUM = "/usr/bin/chromium"
WAIT_MILLISECONDS = 60_000
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
    data: Path
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
        Server(premises, {**CONFIGURATION, "server": {"port": free_ports(1)[0], "console": False}}) as server,
    ):
        token = (data_folder(premises) / TOKEN_FILE).read_text(encoding="utf-8").strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60.0, trust_env=False) as client:
            made = House(server.url, token, client, data_folder(premises))
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
    context: BrowserContext = browser.new_context(base_url=house.url, **options)
    context.set_default_timeout(WAIT_MILLISECONDS)
    try:
        # Whoever knows the owner's token may sign in with it; it shares its cookies with the pages.
        signed_in = context.request.post("/login", form={"username": "me", "password": house.token}, max_redirects=0)
        assert signed_in.status == httpx.codes.SEE_OTHER
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        yield page
        assert complaints == []
    finally:
        context.close()


def live(page: Page) -> None:
    page.wait_for_selector("#live:has-text('live')")


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
        page.wait_for_selector("#story [id^=ev-] >> text=it is full again")
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


def found_out(house: House, incident_id: str, text: str, query: str) -> None:
    """Keep a diagnosis as the analyst would have left it, in which everything says `text` and asked `query`."""
    told = house.show(incident_id)
    now = datetime.now(UTC)
    begin = now.timestamp() - 2400
    values = [[begin + 15 * place, str(1 + place // 80)] for place in range(160)]
    series = {"metric": {"__name__": text[:120], "container": text}, "values": values}
    content = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [series]}})
    piece = Evidence("e1", "prometheus.query_range", text, {"query": query}, "application/json", content, now)
    moved: dict[str, str | float] = {"metric": text[:120], "before": 1.0, "after": 2.0}
    facts = (
        Fact("f1", "e1", text, "metric_shift", text, now - timedelta(minutes=20), query, moved),
        Fact("f2", "e2", text, "change", text, now - timedelta(hours=1), query),
        Fact("f3", "e3", text, "log_error", text, None, query),
    )
    causes = (
        Cause(1, text, text, 0.8, "likely", text, ("f1", "f2")),
        Cause(2, "nas", text, 0.2, "possible", text, ("f3",), ("f2",)),
    )
    found = Diagnosis(causes, facts, (RuledOut(text, text, ("f3",)),), needs=(text,), statement=text)
    lesson = Lesson("INC-1", told["trouble"], text, text, (text,), text, 0.9, 60.0, now)
    with closing(open_store(f"sqlite:///{house.data / 'lamplighter.db'}", clock=SystemClock())) as store:
        store.dossiers.keep_evidence(incident_id, told["run"], (piece,))
        store.dossiers.keep_diagnosis(incident_id, told["run"], found)
        store.lessons.keep(f"{incident_id}:seen", lesson)


def resting(house: House, name: str) -> str:
    """The id of a new incident whose response has ended, so that nobody writes to it any more."""
    house.alert(name, name.lower())
    incident_id = str(house.incident(name)["id"])
    for _ in range(300):
        if house.show(incident_id)["state"] == "needs_human":
            return incident_id
        house.client.get("/-/healthy")
    pytest.fail(f"the response to {name} does not end")


@pytest.mark.parametrize("width", [360, 1280])
def test_what_facts_and_queries_say_is_inert_and_fits(browser: Browser, house: House, width: int) -> None:
    incident_id = resting(house, f"Hostile{width}")
    query = f"up{{job='{SCRIPT}'}} javascript:window.pwned=1 " + "x" * 600
    found_out(house, incident_id, SCRIPT, query)
    asked: list[str] = []
    with visiting(browser, house, viewport={"width": width, "height": 800}) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"/incidents/{incident_id}")
        assert page.locator("#knowledge svg polyline").count() == 1
        assert SCRIPT in page.inner_text("#knowledge")
        assert page.locator("#knowledge .query code").first.inner_text() == query
        assert page.locator("main img, main script, main a[href^=javascript]").count() == 0
        for heading in ("Not proven", "Ruled out", "What changed before", "Seen before", "Other facts"):
            assert page.locator(f"h2:text-is('{heading}')").is_visible()
        page.locator("#knowledge a.cite").first.click()
        assert page.url.endswith("#fact-f1")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert page.evaluate("window.pwned") is None
    assert all(address.startswith(house.url) for address in asked)


def test_a_query_is_copied_by_its_button_and_by_hand_without_a_script(browser: Browser, house: House) -> None:
    incident_id = resting(house, "Copied")
    found_out(house, incident_id, "copied", 'up{job="copied"} == 0')
    with visiting(browser, house, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"/incidents/{incident_id}")
        page.locator("#knowledge button.copy").first.click()
        page.wait_for_selector("#knowledge button.copy:text('copied')")
        assert page.evaluate("navigator.clipboard.readText()") == 'up{job="copied"} == 0'
        page.wait_for_selector("#knowledge button.copy:text-is('copy')")
    with visiting(browser, house, java_script_enabled=False) as page:
        page.goto(f"/incidents/{incident_id}")
        assert page.locator("#knowledge .query code").first.is_visible()
        assert not page.locator("#knowledge button.copy").first.is_visible()


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
    context = browser.new_context(base_url=house.url)
    try:
        form_of_ours = {"username": "me", "password": house.token}
        context.request.post("/login", form=form_of_ours, max_redirects=0)
        assert context.request.get("/api/v1/me").ok
        page = context.new_page()
        page.route("http://evil.example/**", lambda route: route.fulfill(body=form, content_type="text/html"))
        page.goto("http://evil.example/")
        with page.expect_navigation() as navigation:
            page.click("text=win")
        answered = navigation.value
        assert answered is not None
        # The cookie stays at home, so that nobody is known to have asked.
        assert answered.url == f"{house.url}/login"
    finally:
        context.close()
    assert house.show(incident_id)["resolution"] == ""
