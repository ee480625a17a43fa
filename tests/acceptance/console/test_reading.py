"""Every page can be read: by axe's rules in dark and light, on a telephone, at double size, without a mouse."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.acceptance.console.conftest import Visiting
from tests.acceptance.signals.conftest import Part, Stage, Stages

SERIOUS = {"serious", "critical"}
LONG = "ANameWithoutAnySpaceThatIsFarTooLongForAnyTelephoneOfThisWidth" * 2
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    made = stages.new(Part("asks", allowed=False), Part("heals"), autonomy={"mode": "auto"})
    made.raised("AsksDown", "asks")
    made.raised("HealsDown", "heals")
    made.raised(LONG, "x" * 200)
    made.settled()
    made.question(made.holder("AsksDown")["id"])
    made.in_state(made.incident_titled("HealsDown")["id"], "resolved")
    return made


def pages(stage: Stage) -> list[str]:
    asking, healed = stage.holder("AsksDown")["id"], stage.incident_titled("HealsDown")["id"]
    return [
        *("/", "/incidents", "/incidents?status=all", "/incidents?q=nothing+is+like+this", f"/incidents/{asking}"),
        *(
            f"/incidents/{healed}",
            "/approvals",
            "/components",
            "/settings",
            "/welcome",
            "/alerts",
            "/silences",
            "/checks",
        ),
    ]


def findings(page: Any) -> list[str]:  # noqa: ANN401 - playwright's page
    """What axe finds serious, with the places."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious_on_any_page(stage: Stage, visiting: Visiting, scheme: str) -> None:
    with visiting(stage, color_scheme=scheme, bypass_csp=True) as visit:
        for path in pages(stage):
            visit.page.goto(path)
            visit.page.wait_for_selector("h1", state="attached")
            for element in visit.page.locator("summary").all():
                element.click()
            assert findings(visit.page) == [], path


def test_axe_finds_nothing_serious_in_the_dialogs(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage, bypass_csp=True) as visit:
        page = visit.go("/approvals")
        page.click("button:has-text('Deny')")
        assert findings(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert findings(page) == []


def test_every_page_fits_a_telephone_and_double_size(stage: Stage, visiting: Visiting) -> None:
    for size in (PHONE, {"width": 640, "height": 400}):
        with visiting(stage, viewport=size) as visit:
            for path in pages(stage):
                visit.page.goto(path)
                visit.page.wait_for_selector("h1", state="attached")
                visit.page.wait_for_timeout(200)
                assert visit.fits(), (size, path)


def test_what_is_to_be_touched_is_large_enough(stage: Stage, visiting: Visiting) -> None:
    small = """[...document.querySelectorAll("button, input:not([type=hidden]), select, summary, nav a")]
        .map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
        .filter(([, r]) => r.width > 0 && (r.height < 24 || r.width < 24) && !/checkbox/.test(arguments))
        .map(([html, r]) => `${html} ${r.width}x${r.height}`)"""
    small = small.replace(" && !/checkbox/.test(arguments)", "").replace("hidden])", "hidden]):not([type=checkbox])")
    with visiting(stage, viewport=PHONE) as visit:
        for path in pages(stage):
            visit.page.goto(path)
            visit.page.wait_for_selector("h1", state="attached")
            assert visit.page.evaluate(small) == [], path


def test_every_chart_has_a_title_a_sentence_and_a_table(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage) as visit:
        page = visit.go("/")
        for chart in page.locator("main svg[role=img]").all():
            box = chart.locator("xpath=ancestor::section")
            assert box.locator("h2").inner_text()
            assert box.locator(".said").inner_text().endswith(".")
            assert box.locator("table").count() == 1
        page.locator("#hours-table summary").click()
        assert page.locator("#hours-table tbody tr").count() == 24


def test_light_and_dark_are_switched_by_hand_and_kept(stage: Stage, visiting: Visiting) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with visiting(stage, color_scheme="dark") as visit:
        page = visit.go("/")
        dark = page.evaluate(ground)
        page.keyboard.press("t")
        light = page.evaluate(ground)
        assert light != dark
        visit.go("/incidents")
        assert page.evaluate(ground) == light
        page.click("[data-theme-switch]")
        assert page.evaluate(ground) == dark
    with visiting(stage, color_scheme="light") as visit:
        assert visit.go("/").evaluate(ground) == light


def test_a_screen_on_the_wall_shows_the_page_alone_and_can_still_be_paused(stage: Stage, visiting: Visiting) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('.card strong')).fontSize)"
    with visiting(stage, viewport={"width": 1920, "height": 1080}) as visit:
        page = visit.go("/")
        near = page.evaluate(size)
        page.keyboard.press("w")
        assert page.url.endswith("/?kiosk=")
        assert not page.locator("header nav").is_visible()
        assert not page.locator("#search").is_visible()
        assert page.locator("button[data-act=pause]").is_visible()
        assert page.evaluate(size) > near
        # The address alone does it too, for a browser without a keyboard.
        visit.go("/?kiosk")
        assert not page.locator("header nav").is_visible()
        assert visit.fits()
        page.keyboard.press("w")
        assert page.locator("header nav").is_visible()
        assert "kiosk" not in page.url


def test_the_page_is_reached_by_the_tabulator_alone_and_the_focus_is_seen(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage) as visit:
        page = visit.go("/")
        reached = []
        for _ in range(40):
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            reached.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 20)"))
            assert outline == "solid", reached
        assert any("Incidents" in words for words in reached)
        assert any("Pause" in words for words in reached)
        assert page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches") is False


def test_times_say_how_long_ago_and_when(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage) as visit:
        page = visit.go("/incidents")
        time = page.locator("time[data-relative]").first
        time.wait_for()
        assert "ago" in time.inner_text() or time.inner_text() == "now"
        assert (time.get_attribute("datetime") or "").startswith("20")
        assert "UTC" in (time.get_attribute("title") or "")
