"""Editing a plan on the console: less of it, asked anew, and only what was kept runs after a yes of its own."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.acceptance.console.conftest import Visiting
from tests.acceptance.console.test_reading import findings
from tests.acceptance.signals.conftest import Part, Stage, Stages, wait_until

PHONE = {"width": 360, "height": 740}
KEPT = ("heavy-struck", "heavy-lower", "heavy-keys", "heavy-viewed", "plain")


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    return stages.new(*(Part(name, allowed=False) for name in KEPT), autonomy={"mode": "ask"})


def asked(stage: Stage, name: str) -> str:
    """The incident about this part, as soon as a person is asked."""
    stage.raised(f"Down-{name}", name)
    incident = str(stage.holder(f"Down-{name}")["id"])
    stage.question(incident)
    return incident


def approve(page: Page) -> None:
    page.click("button:has-text('Approve')")
    page.click("dialog button:has-text('Approve')")
    page.wait_for_selector("text=approved; it runs now")


def test_what_is_struck_out_does_not_run_and_the_rest_runs_after_a_second_yes(stage: Stage, visiting: Visiting) -> None:
    incident = asked(stage, "heavy-struck")
    first = stage.question(incident)
    with visiting(stage) as visit:
        page = visit.go(f"/incidents/{incident}")
        page.click("summary:has-text('Edit plan')")
        page.uncheck("input[name='keep-1']")
        page.fill(".edit-form input[name=reason]", "the limit stays")
        page.click("button:has-text('Ask me again with this')")
        page.wait_for_selector("text=amended; it is judged anew, and then asked anew")
        page.wait_for_selector(".story >> text=approver amended the plan: raise the memory limit of heavy-struck")
        wait_until("the second question", lambda: [one for one in stage.pending(incident) if one != first["id"]])
        assert not [effect for effect in stage.outside.effects if "heavy-struck" in effect]
        page.wait_for_selector("ol.actions li:only-child:has-text('start heavy-struck')")
        page.wait_for_selector(".ask .answer")
        assert page.locator("details.edit").count() == 0
        approve(page)
        page.wait_for_selector(".signs >> text=resolved")
    assert [effect for effect in stage.outside.effects if "heavy-struck" in effect] == ["start heavy-struck"]
    states = {one["id"]: (one["state"], one["approver"]) for one in stage.show(incident)["approvals"]}
    assert states.pop(first["id"]) == ("amended", "approver")
    assert list(states.values()) == [("consumed", "approver")]


def test_a_lower_limit_is_chosen_on_a_phone_and_it_is_the_one_that_is_set(stage: Stage, visiting: Visiting) -> None:
    incident = asked(stage, "heavy-lower")
    with visiting(stage, viewport=PHONE) as visit:
        page = visit.go("/approvals")
        box = page.locator("section.ask", has_text="Down-heavy-lower")
        box.locator("summary:has-text('Edit plan')").click()
        field = box.locator("input[name='limit-1']")
        assert (field.get_attribute("min"), field.get_attribute("max")) == ("65", "128")
        assert visit.fits()
        field.fill("129")
        box.locator("button:has-text('Ask me again with this')").click()
        assert field.evaluate("field => field.validity.rangeOverflow")
        field.fill("96")
        box.locator("button:has-text('Ask me again with this')").click()
        box.locator("text=raise the memory limit of heavy-lower to 96 MiB").first.wait_for()
        box.locator("button:has-text('Approve')").click()
        page.click("dialog button:has-text('Approve')")
        page.wait_for_selector("text=approved; it runs now")
    stage.in_state(incident, "resolved")
    effects = [effect for effect in stage.outside.effects if "heavy-lower" in effect]
    assert effects == [f"limit heavy-lower {96 * 1024**2}", "start heavy-lower"]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_open_form_has_nothing_that_axe_finds_serious(stage: Stage, visiting: Visiting, scheme: str) -> None:
    asked(stage, "heavy-keys")
    with visiting(stage, color_scheme=scheme, bypass_csp=True) as visit:
        page = visit.go("/approvals")
        page.locator("section.ask", has_text="Down-heavy-keys").locator("summary").click()
        assert findings(page) == []


def test_a_plan_is_edited_by_keys_alone(stage: Stage, visiting: Visiting) -> None:
    incident = asked(stage, "heavy-keys")
    with visiting(stage) as visit:
        page = visit.go(f"/incidents/{incident}")
        page.keyboard.press("e")
        page.wait_for_selector("details.edit[open]")
        page.keyboard.press("Space")
        assert not page.is_checked("input[name='keep-1']")
        for _ in range(3):
            page.keyboard.press("Tab")
        page.keyboard.type("by keys")
        page.keyboard.press("Enter")
        page.wait_for_selector(".story >> text=(by keys)")
    assert [one["state"] for one in stage.show(incident)["approvals"]].count("amended") == 1
    assert not [effect for effect in stage.outside.effects if "heavy-keys" in effect]


def test_who_may_not_answer_may_not_edit_and_the_server_asks_again(stage: Stage, visiting: Visiting) -> None:
    incident = asked(stage, "heavy-viewed")
    question = stage.question(incident)
    with visiting(stage, "operator") as visit:
        page = visit.go(f"/incidents/{incident}")
        page.wait_for_selector("text=You cannot answer")
        assert page.locator("details.edit").count() == 0
        page.evaluate(
            """([id, plan]) => { const button = document.querySelector("button[data-act=approve]");
            for (const name of ["aria-disabled", "data-ask"]) { button.removeAttribute(name); }
            button.setAttribute("data-keep-2", "on");
            Object.assign(button.dataset, { act: "amend", approval: id, plan }); button.click(); }""",
            [question["id"], question["plan_hash"]],
        )
        page.wait_for_selector(".toast.wrong:has-text('approver')")
    assert stage.pending(incident) == [question["id"]]


def test_a_plan_of_one_action_has_nothing_to_edit(stage: Stage, visiting: Visiting) -> None:
    incident = asked(stage, "plain")
    with visiting(stage) as visit:
        page = visit.go(f"/incidents/{incident}")
        page.wait_for_selector(".ask .answer")
        assert page.locator("details.edit").count() == 0
