"""Questions about an incident in a real browser: answered at once, to who asked, and text whatever anybody writes."""

from __future__ import annotations

import pytest

from tests.acceptance.console.conftest import Visiting
from tests.acceptance.console.test_inert import ALL, PAYLOADS, found_out, raised
from tests.acceptance.console.test_reading import findings
from tests.acceptance.signals.conftest import Part, Stage, Stages


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    parts = [Part(name, allowed=False) for name in ("asked", "shared", "plain", "wrong")]
    return stages.new(*parts, autonomy={"mode": "ask"})


def waiting(stage: Stage, name: str, part: str) -> str:
    """An incident that is diagnosed and asked about."""
    stage.raised(name, part)
    incident: dict[str, str] = stage.holder(name)
    stage.question(incident["id"])
    return incident["id"]


def test_a_question_is_answered_with_its_evidence_without_reloading(stage: Stage, visiting: Visiting) -> None:
    incident = waiting(stage, "AskedDown", "asked")
    with visiting(stage, "viewer") as visit:
        page = visit.go(f"/incidents/{incident}")
        page.evaluate("window.untouched = true")
        page.keyboard.press("q")
        page.keyboard.type("why is it down?")
        page.keyboard.press("Enter")
        page.wait_for_selector(".reply .said-so:has-text('asked hangs')")
        assert page.input_value("#question") == ""
        told = page.inner_text(".reply")
        assert "why is it down?" in told
        assert "CONFIRMED · 90 %" in told
        assert "rules only · " in told
        page.locator(".reply .rests a.cite").first.click()
        page.wait_for_url("**#fact-f1")
        page.click(".suggestions >> button:has-text('What will you do')")
        page.wait_for_selector(".reply .said-so:has-text('I want to restart asked')")
        stage.post(f"/api/v1/incidents/{incident}/comments", {"text": "news of it"}, 201)
        page.wait_for_selector(".story >> text=news of it")
        assert "I want to restart asked" in page.inner_text(".reply")
        assert page.evaluate("window.untouched") is True
    assert stage.pending(incident)


def test_what_is_not_understood_says_so_and_offers_what_can_be_asked(stage: Stage, visiting: Visiting) -> None:
    incident = waiting(stage, "AskedDown", "asked")
    with visiting(stage, "viewer", viewport={"width": 360, "height": 740}) as visit:
        page = visit.go(f"/incidents/{incident}")
        page.fill("#question", "what is the capital of France?")
        page.click("form.asking button")
        page.wait_for_selector(".reply .lost:has-text('I do not understand that question')")
        assert visit.fits()
        page.click(".reply button:has-text('How sure are you?')")
        page.wait_for_selector(".reply .said-so:has-text('Confirmed, 90%')")
        page.fill("#question", "approve the plan")
        page.click("form.asking button")
        page.wait_for_selector(".reply .lost:has-text('nothing is done')")
        assert visit.fits()
    assert stage.pending(incident)
    assert "asked" not in stage.outside.effects


def test_an_answer_is_seen_by_nobody_else_who_looks_at_the_same_page(stage: Stage, visiting: Visiting) -> None:
    incident = waiting(stage, "SharedDown", "shared")
    with visiting(stage, "viewer") as visit, visiting(stage, "viewer") as other:
        mine = visit.go(f"/incidents/{incident}")
        theirs = other.go(f"/incidents/{incident}")
        mine.fill("#question", "who approved it?")
        mine.click("form.asking button")
        mine.wait_for_selector(".reply .said-so")
        stage.post(f"/api/v1/incidents/{incident}/comments", {"text": "seen by both"}, 201)
        theirs.wait_for_selector(".story >> text=seen by both")
        assert theirs.locator(".reply .box").count() == 0
        assert mine.locator(".reply .box").count() == 1


def test_a_hostile_question_and_hostile_facts_are_text(stage: Stage, visiting: Visiting) -> None:
    raised(stage, f"Evil {PAYLOADS[0]}", ALL, "javascript:window.pwned=1")
    stage.settled()
    incident = stage.incident_titled("Evil")
    stage.in_state(incident["id"], "needs_human")
    found_out(stage, incident, ALL)
    stage.post(f"/api/v1/incidents/{incident['id']}/comments", {"text": "look again"}, 201)
    hostile = "img, iframe, object, script, style, link, base, meta"
    with visiting(stage, "viewer") as visit:
        page = visit.go(f"/incidents/{incident['id']}")
        for number, payload in enumerate((*PAYLOADS, "why?", "evidence?", "has it happened before?", "what can I do?")):
            page.fill("#question", f"{payload[:400]} q{number}x")
            page.click("form.asking button")
            page.wait_for_selector(f".reply .asked:has-text('q{number}x')")
            assert page.evaluate("window.pwned") is None, payload
            assert page.locator(", ".join(f".reply {one}" for one in hostile.split(", "))).count() == 0, payload
        assert "window.pwned" in page.inner_text(".reply")
        page.click("button:has-text('Post-mortem draft')")
        page.wait_for_selector("dialog[open] textarea")
        assert "Post\\-mortem" not in page.input_value("dialog[open] textarea")
        assert page.evaluate("window.pwned") is None
        page.keyboard.press("Escape")
        page.goto(f"/incidents/{incident['id']}?plain=1&question=why {PAYLOADS[2]}")
        page.wait_for_selector(".reply .cause")
        assert page.evaluate("window.pwned") is None
        assert page.locator("main img, main iframe, main script").count() == 0
        assert visit.fits()


def test_the_draft_of_a_post_mortem_opens_and_is_kept_as_a_file(stage: Stage, visiting: Visiting) -> None:
    incident = waiting(stage, "AskedDown", "asked")
    with visiting(stage, "viewer") as visit:
        page = visit.go(f"/incidents/{incident}")
        page.click("button:has-text('Post-mortem draft')")
        page.wait_for_selector("dialog[open] textarea")
        assert page.input_value("dialog[open] textarea").startswith(f"# Post-mortem draft: {incident}, AskedDown")
        with page.expect_download() as kept:
            page.click("dialog a:has-text('Save as file')")
        assert kept.value.suggested_filename == f"{incident}-postmortem.md"
        page.click("dialog button:has-text('Close')")
        trail = page.locator("a:has-text('Timeline as JSON')").get_attribute("href")
        assert stage.get(trail or "")["events"][0]["moment"] == "opened"


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious_in_answers_and_drafts(stage: Stage, visiting: Visiting, scheme: str) -> None:
    incident = waiting(stage, "AskedDown", "asked")
    with visiting(stage, color_scheme=scheme, bypass_csp=True) as visit:
        page = visit.go(f"/incidents/{incident}")
        page.click("#correct summary")
        for question in ("why?", "no such question"):
            page.fill("#question", question)
            page.click("form.asking button")
            page.wait_for_selector(f".reply .asked:has-text('{question}')")
            assert findings(page) == []
        page.click("button:has-text('Post-mortem draft')")
        page.wait_for_selector("dialog[open] textarea")
        assert findings(page) == []
        page.goto(f"/incidents/{incident}?plain=1&question=why")
        assert findings(page) == []


def test_a_person_says_what_the_cause_really_was(stage: Stage, visiting: Visiting) -> None:
    incident = waiting(stage, "WrongDown", "wrong")
    with visiting(stage, "operator") as visit:
        page = visit.go(f"/incidents/{incident}")
        page.click("#correct summary")
        page.fill("#correct input[name=component]", "nas")
        page.fill("#correct textarea", "its cache was full <b>")
        page.click("#correct button")
        said = "operator: wrong cause, process_hung of wrong; it was nas: its cache was full <b>"
        page.wait_for_selector(f".story >> text={said}")
    told = [
        event for event in stage.get(f"/api/v1/incidents/{incident}/timeline")["events"] if "cause" in event["data"]
    ]
    assert [(event["data"]["cause"], event["data"]["component"]) for event in told] == [("wrong", "nas")]


def test_the_plain_page_asks_judges_snoozes_and_leads_to_the_files(stage: Stage, visiting: Visiting) -> None:
    incident = waiting(stage, "PlainDown", "plain")
    before = stage.question(incident)
    with visiting(stage, "approver", java_script_enabled=False) as visit:
        page = visit.page
        page.goto(f"/incidents/{incident}?plain=1")
        page.fill("input[name=question]", "how sure are you?")
        page.click("form.asking button")
        page.wait_for_selector(".reply >> text=Confirmed, 90%")
        assert "plain=1" in page.url
        page.check("input[name=cause][value=wrong]")
        page.fill("input[name=component]", "nas")
        page.fill("form[action$='/feedback'] input[name=text]", "the disk")
        page.click("form[action$='/feedback'] button")
        page.goto(f"/incidents/{incident}?plain=1")
        page.wait_for_selector("text=approver: wrong cause, process_hung of plain; it was nas: the disk")
        page.click("button:has-text('Snooze 30 min')")
        page.goto(f"/incidents/{incident}?plain=1")
        page.wait_for_selector("text=approver wants to be asked again at")
        links = [link.get_attribute("href") for link in page.locator(".links a").all()]
    start = f"/api/v1/incidents/{incident}"
    assert {f"{start}/markdown", f"{start}/postmortem", start, f"{start}/timeline"} <= set(links)
    assert stage.get(f"/api/v1/approvals/{before['id']}")["expires_at"] > before["expires_at"]
