"""Most of a group is unhealthy: one incident, one page, and nothing is done that no person has said."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.acceptance.signals.conftest import Part, Stage, Stages, alert, stamp, wait_until

PAGES = {"asked", "needs_human"}


@pytest.fixture
def stage(stages: Stages) -> Stage:
    shop = (Part(f"shop-{number}", group="shop", running=number >= 6) for number in range(10))
    return stages.new(*shop, Part("lone", group="other"), autonomy={"mode": "auto"})


def unmerged(stage: Stage) -> list[dict[str, Any]]:
    return [one for one in stage.incidents() if one["state"] != "merged"]


def one_page(stage: Stage) -> str:
    stage.settled()
    (incident,) = wait_until("one incident", lambda: unmerged(stage))
    name = str(incident["id"])
    stage.in_state(name, "awaiting_approval", "needs_human")
    wait_until("the page", lambda: PAGES & set(stage.outside.told(name)))
    time.sleep(3)
    assert [one["id"] for one in unmerged(stage)] == [name]
    assert stage.outside.effects == []
    assert "mass failure" in stage.words(name)
    assert len(PAGES & set(stage.outside.told(name))) == 1
    assert len(stage.outside.messages) <= 2, stage.outside.messages
    return name


def test_sixty_percent_of_a_group_are_one_incident_and_one_page_and_no_automatic_action(stage: Stage) -> None:
    now = stage.now()
    labels = [{"container": f"shop-{number}", "severity": "warning"} for number in range(6)]
    alerts = [alert("Down", labels=one, startsAt=stamp(now)) for one in labels]
    assert stage.send(*alerts).status_code == 202
    stage.settled()
    name = one_page(stage)
    assert len(stage.members(name)) == 6
    # Nothing of this keeps it from healing what has nothing to do with it.
    stage.raised("LoneDown", "lone")
    stage.in_state(stage.holder("LoneDown")["id"], "resolved")
    assert stage.outside.effects == ["lone"]


def test_one_alert_of_a_group_whose_engine_shows_most_of_it_down_is_no_reason_to_restart_it_alone(stage: Stage) -> None:
    stage.raised("Down", "shop-0")
    stage.settled()
    one_page(stage)
