"""The console lives: what happens is seen without reloading, and what a person answers there is done once."""

from __future__ import annotations

import pytest

from tests.acceptance.console.conftest import PASSWORD, Visiting
from tests.acceptance.signals.conftest import Part, Stage, Stages, wait_until


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    parts = [Part(name, allowed=False) for name in ("seen", "yes", "no", "paused", "keys", "viewed", "typed", "later")]
    return stages.new(*parts, autonomy={"mode": "ask"})


def test_an_incident_appears_is_approved_and_seen_verified_without_reloading(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage) as visit:
        page = visit.go("/incidents")
        page.evaluate("window.untouched = true")
        stage.raised("YesDown", "yes")
        row = page.locator("tr", has_text="YesDown")
        row.wait_for()
        row.locator("text=awaiting approval").wait_for()
        row.locator("a.id").click()
        page.wait_for_selector("html[data-live=yes]")
        page.evaluate("window.untouched = true")
        page.click("button:has-text('Approve')")
        page.click("dialog button:has-text('Approve')")
        page.wait_for_selector("text=approved; it runs now")
        page.wait_for_selector(".signs >> text=resolved")
        page.wait_for_selector(".story >> text=verified")
        assert page.evaluate("window.untouched") is True
    assert stage.outside.effects.count("yes") == 1
    incident = stage.incident_titled("YesDown")
    assert stage.show(incident["id"])["approvals"][0]["approver"] == "approver"


def test_a_refusal_with_its_reason_does_nothing(stage: Stage, visiting: Visiting) -> None:
    stage.raised("NoDown", "no")
    incident = stage.holder("NoDown")
    stage.question(incident["id"])
    with visiting(stage) as visit:
        page = visit.go("/approvals")
        box = page.locator("section.ask", has_text="NoDown")
        box.locator("button:has-text('Deny')").click()
        page.fill("dialog input", "it is being worked on")
        page.click("dialog button:has-text('Deny')")
        page.wait_for_selector("text=denied; nothing is done")
        box.wait_for(state="detached")
        page.locator("tr", has_text="it is being worked on").wait_for()
    assert stage.in_state(incident["id"], "rejected")["approvals"][0]["reason"] == "it is being worked on"
    assert "no" not in stage.outside.effects


def test_what_a_person_leaves_unanswered_in_the_dialog_is_not_done(stage: Stage, visiting: Visiting) -> None:
    stage.raised("SeenDown", "seen")
    incident = stage.holder("SeenDown")
    stage.question(incident["id"])
    with visiting(stage) as visit:
        page = visit.go(f"/incidents/{incident['id']}")
        page.click("button:has-text('Approve')")
        page.click("dialog button:has-text('Leave it')")
        page.click("button:has-text('Approve')")
        page.keyboard.press("Escape")
        page.wait_for_timeout(500)
    assert stage.pending(incident["id"])
    assert "seen" not in stage.outside.effects


def test_pause_holds_everywhere_and_is_let_go_again(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage, "operator") as visit, visiting(stage, "viewer") as other:
        page = visit.go("/")
        watching = other.go("/incidents")
        page.click("button:has-text('Pause')")
        page.click("dialog button:has-text('Pause')")
        page.wait_for_selector(".banner:has-text('Actions are paused')")
        watching.wait_for_selector(".banner:has-text('by operator')")
        assert "operator" in stage.get("/api/v1/status")["paused"]
        page.click("button:has-text('Resume')")
        page.click("dialog button:has-text('Resume')")
        watching.wait_for_selector(".banner", state="detached")
    assert stage.get("/api/v1/status")["paused"] == ""


@pytest.mark.parametrize("place", ["/alerts", "/silences", "/checks"])
def test_the_plain_pages_pause_and_search_as_the_console_does(stage: Stage, visiting: Visiting, place: str) -> None:
    with (
        visiting(stage, "operator", viewport={"width": 360, "height": 740}) as visit,
        visiting(stage, "viewer") as other,
    ):
        page, seen = visit.page, other.page
        page.goto("/")
        page.locator(f"header nav a[href='{place}']").click()
        page.wait_for_selector("header .top")
        page.click("summary:has-text('Pause')")
        page.fill("input[name=why]", "moving disks")
        assert visit.fits()
        page.click("button:has-text('Pause actions')")
        page.wait_for_selector(".banner:has-text('moving disks')")
        assert page.url.endswith(place)
        seen.goto(place)
        seen.wait_for_selector(".banner:has-text('by operator')")
        assert "viewer" in (seen.locator("button.switch").get_attribute("title") or "")
        seen.locator("button.switch").click(force=True)
        assert seen.locator("form[action='/resume']").count() == 0
        page.click("summary:has-text('Resume')")
        page.click("button:has-text('Resume actions')")
        page.wait_for_selector(".banner", state="detached")
        assert stage.get("/api/v1/status")["paused"] == ""
        page.fill("header input[type=search]", "nothing is called so")
        page.keyboard.press("Enter")
        page.wait_for_url("**/incidents?q=nothing+is+called+so&status=all")


def test_a_viewer_sees_why_a_button_is_not_for_them_and_the_server_asks_again(stage: Stage, visiting: Visiting) -> None:
    stage.raised("ViewedDown", "viewed")
    incident = stage.holder("ViewedDown")
    stage.question(incident["id"])
    with visiting(stage, "viewer") as visit:
        page = visit.go(f"/incidents/{incident['id']}")
        button = page.locator("button:has-text('Approve')")
        assert button.get_attribute("aria-disabled") == "true"
        assert "approver" in (button.get_attribute("title") or "")
        button.click(force=True)
        assert page.locator("dialog[open]").count() == 0
        page.evaluate(
            """() => { const button = document.querySelector("button[data-act=approve]");
            button.removeAttribute("aria-disabled"); button.removeAttribute("data-ask"); button.click(); }"""
        )
        page.wait_for_selector(".toast.wrong:has-text('approver')")
    assert stage.pending(incident["id"])
    assert "viewed" not in stage.outside.effects


def test_a_question_is_snoozed_its_cause_judged_and_the_incident_copied(stage: Stage, visiting: Visiting) -> None:
    stage.raised("LaterDown", "later")
    incident = stage.holder("LaterDown")
    before = stage.question(incident["id"])
    with visiting(stage, permissions=["clipboard-read", "clipboard-write"]) as visit:
        page = visit.go(f"/incidents/{incident['id']}")
        page.click("button:has-text('Snooze 30 min')")
        page.wait_for_selector("text=I ask again in 30 minutes")
        page.wait_for_selector(".story >> text=approver wants to be asked again at")
        page.click("button:has-text('Right cause')")
        page.wait_for_selector(".story >> text=approver: right cause, ")
        page.click("button:has-text('Copy as Markdown')")
        page.wait_for_selector("button:has-text('copied')")
        assert page.evaluate("navigator.clipboard.readText()").startswith(f"# {incident['id']}: LaterDown")
    assert stage.pending(incident["id"])
    after = stage.get(f"/api/v1/approvals/{before['id']}")
    assert after["expires_at"] > before["expires_at"]
    assert "later" not in stage.outside.effects


def test_a_session_that_ended_sees_nothing_more_and_does_nothing_more(stage: Stage, visiting: Visiting) -> None:
    stage.raised("TypedDown", "typed")
    incident = stage.holder("TypedDown")
    stage.question(incident["id"])
    with visiting(stage, "admin") as visit:
        page = visit.go(f"/incidents/{incident['id']}")
        deputy = {"name": "deputy", "password": PASSWORD, "role": "admin"}
        stage.client.post("/api/v1/users", json=deputy).raise_for_status()
        stage.client.post("/api/v1/users/admin/role", json={"role": "viewer"}).raise_for_status()
        page.click("button:has-text('Approve')")
        page.click("dialog button:has-text('Approve')")
        page.wait_for_selector(".toast.wrong, button[data-act=approve][aria-disabled=true], form[action='/login']")
    assert stage.pending(incident["id"])
    assert "typed" not in stage.outside.effects


def test_search_finds_by_keys_alone_and_the_list_is_walked_with_them(stage: Stage, visiting: Visiting) -> None:
    stage.raised("KeysDown", "keys")
    incident = stage.holder("KeysDown")
    stage.question(incident["id"])
    with visiting(stage) as visit:
        page = visit.go("/")
        page.keyboard.press("/")
        page.keyboard.type("KeysDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/incidents?*")
        page.wait_for_selector("html[data-live=yes]")
        assert page.locator(".list tbody tr").count() == 1
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/incidents/{incident['id']}")
        page.wait_for_selector("html[data-live=yes]")
        page.keyboard.press("a")
        page.wait_for_selector("dialog[open]")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=approved; it runs now")
        page.keyboard.press("?")
        page.wait_for_selector("dialog#help[open]")
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("a")
        page.wait_for_url("**/approvals")
        page.wait_for_selector("html[data-live=yes]")
        page.keyboard.press("g")
        page.keyboard.press("i")
        page.wait_for_url("**/incidents")
    wait_until("the restart", lambda: stage.outside.effects.count("keys") == 1)


def test_the_live_log_is_held_while_it_is_read(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage) as visit:
        page = visit.go("/")
        page.click("button:text-is('pause')")
        stage.post("/api/v1/incidents/INC-1/comments", {"text": "meanwhile"}, 201)
        page.wait_for_timeout(3000)
        assert page.locator("#log >> text=meanwhile").count() == 0
        page.click("button:text-is('go on')")
        page.wait_for_selector("#log >> text=meanwhile")


def test_what_a_person_types_is_not_taken_away_by_the_news(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage) as visit:
        page = visit.go("/incidents/INC-1")
        page.fill("form[data-act=comment] textarea", "half a sentence")
        page.locator("#votes summary").click()
        stage.post("/api/v1/incidents/INC-1/comments", {"text": "and meanwhile this"}, 201)
        page.wait_for_selector(".story >> text=and meanwhile this")
        assert page.input_value("form[data-act=comment] textarea") == "half a sentence"
        assert page.locator("#votes").get_attribute("open") is not None
        page.click("button:text('Write')")
        page.wait_for_selector(".story >> text=half a sentence")
        assert page.input_value("form[data-act=comment] textarea") == ""


def test_a_restart_of_the_server_loses_no_page(stage: Stage, visiting: Visiting) -> None:
    with visiting(stage) as visit:
        page = visit.go("/incidents?status=all&q=YesDown")
        stage.restarted()
        page.wait_for_selector("html[data-live=yes]")
        stage.raised("AfterRestart", "yes")
        page.wait_for_selector("tr:has-text('YesDown')")
        assert page.url.endswith("/incidents?status=all&q=YesDown")
        visit.complaints.clear()
