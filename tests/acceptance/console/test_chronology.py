"""The one picture of an incident, in a real browser: what came first stands first, and every mark leads to its row."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.console.conftest import Visiting
from tests.acceptance.console.test_reading import PHONE, findings
from tests.acceptance.signals.conftest import Part, Stage, Stages


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    made = stages.new(Part("changed-web", allowed=False), Part("other", allowed=False), autonomy={"mode": "ask"})
    made.raised("WebDown", "changed-web")
    made.question(made.holder("WebDown")["id"])
    return made


def places_of(page: Any, *words: str) -> list[float]:  # noqa: ANN401 - playwright's page
    """How far right the middle of the first mark stands that says each of these, all looked at in one moment."""
    script = """words => words.map(word => {
        const box = [...document.querySelectorAll(`.chron a.pin[aria-label*="${word}"] .shape`)]
            .map(shape => shape.getBoundingClientRect()).find(box => box.width > 0);
        return box.x + box.width / 2;
    })"""
    return [float(place) for place in page.evaluate(script, list(words))]


def test_the_change_stands_left_of_the_alert_and_the_sentence_says_so(stage: Stage, visiting: Visiting) -> None:
    path = f"/incidents/{stage.holder('WebDown')['id']}"
    with visiting(stage) as visit:
        page = visit.go(path)
        change, alert, asked = places_of(page, "image 10.10.7", "WebDown", "asked")
        assert change + 100 < alert <= asked
        said = page.locator(".chronology .said").inner_text()
        assert "image 10.10.7 became 10.11.0 at" in said
        assert "17 min before the first alert" in said
        assert page.locator(".chron:visible polyline.trace").count() == 1
        page.locator("#chronology-table summary").click()
        assert "image 10.10.7 became 10.11.0" in page.locator("#chronology-table tbody").inner_text()


@pytest.mark.parametrize("query", ["", "?plain=1"])
def test_every_mark_leads_to_a_row_that_lights_up(stage: Stage, visiting: Visiting, query: str) -> None:
    path = f"/incidents/{stage.holder('WebDown')['id']}{query}"
    with visiting(stage) as visit:
        page = visit.page
        page.goto(path)
        page.wait_for_selector(".chron:visible a.pin")
        pins = page.locator(".chron:visible a.pin")
        for number in range(pins.count()):
            assert pins.nth(number).get_attribute("aria-label")
            row = (pins.nth(number).get_attribute("href") or "").removeprefix("#")
            assert page.locator(f"[id='{row}']").count() == 1, row
        change = page.locator(".chron:visible a.pin.k-change").first
        change.focus()
        page.keyboard.press("Enter")
        lit = page.locator("[id^='change-']:target")
        lit.wait_for()
        assert "image 10.10.7 became 10.11.0" in lit.inner_text()
        assert lit.evaluate("row => getComputedStyle(row).outlineStyle") == "solid"


def test_the_window_is_chosen_by_a_plain_link_and_what_is_outside_is_said(stage: Stage, visiting: Visiting) -> None:
    path = f"/incidents/{stage.holder('WebDown')['id']}"
    with visiting(stage, java_script_enabled=False) as visit:
        page = visit.page
        page.goto(f"{path}?plain=1")
        page.get_by_role("link", name="12 h", exact=True).click()
        # Whole, with its style: which of the drawings is to be seen is decided there.
        page.wait_for_url("**window=12h**", wait_until="load")
        assert "window=12h" in page.url
        assert page.locator(".spans a[aria-current]").inner_text() == "12 h"
        assert page.locator(".chron:visible a.pin.k-change").count() == 1


def test_a_step_that_comes_appears_without_reloading(stage: Stage, visiting: Visiting) -> None:
    stage.raised("OtherDown", "other")
    one = stage.holder("OtherDown")["id"]
    question = stage.question(one)
    with visiting(stage) as visit:
        page = visit.go(f"/incidents/{one}")
        page.wait_for_selector(".chron:visible a.pin")
        assert page.locator("#chronology-table tbody tr", has_text="approved").count() == 0
        assert stage.yes(question).is_success
        page.locator("#chronology-table tbody tr", has_text="approved").wait_for(state="attached")


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE])
def test_it_is_readable_at_every_width_and_fits(
    stage: Stage, visiting: Visiting, scheme: str, size: dict[str, int]
) -> None:
    path = f"/incidents/{stage.holder('WebDown')['id']}"
    with visiting(stage, color_scheme=scheme, viewport=size, bypass_csp=True) as visit:
        for query in ("", "?window=24h", "?plain=1"):
            visit.page.goto(f"{path}{query}")
            visit.page.wait_for_selector(".chron:visible a.pin")
            visit.page.locator("#chronology-table summary").click()
            assert visit.fits(), query
            assert findings(visit.page) == [], query
            assert visit.page.locator(".chron:visible").count() == 1
