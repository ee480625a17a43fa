"""Thirty cycles in ten minutes are one incident that flaps, at most one action, few messages, and a late end."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tests.acceptance.signals.conftest import Part, Stage, Stages, alert, stamp, wait_until

CYCLES = 30


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    return stages.new(Part("store"), Part("steady"), autonomy={"mode": "auto"})


def test_thirty_cycles_are_one_incident_one_action_three_messages_and_end_only_after_the_stable_window(
    stage: Stage,
) -> None:
    store = stage.outside.parts["store"]
    for _ in range(CYCLES):
        store.well = False
        fired = stage.raised("StoreDown", "store")
        stage.settled()
        time.sleep(0.1)
        stage.later(10)
        store.well = True
        stage.ended(fired)
        stage.settled()
        stage.later(10)
    (incident,) = stage.holders("StoreDown")
    name = incident["id"]
    wait_until("the message that it flaps", lambda: "flapping" in stage.outside.told(name))
    assert stage.show(name)["incident"]["flapping"]
    assert stage.show(name)["incident"]["state"] == "needs_human"
    time.sleep(2.5)
    stage.later(300)
    time.sleep(2.5)
    assert stage.show(name)["incident"]["state"] == "needs_human"
    stage.later(700)
    ended = stage.in_state(name, "self_cleared", "resolved")["incident"]
    assert ended["state"] == "self_cleared"
    stage.later(120)
    time.sleep(2.5)
    assert len(stage.holders("StoreDown")) == 1
    assert stage.outside.effects.count("store") <= 1
    assert len(stage.outside.told(name)) <= 3, stage.outside.told(name)


def test_one_that_fires_once_does_not_flap_and_is_healed(stage: Stage) -> None:
    stage.raised("SteadyDown", "steady")
    incident = stage.holder("SteadyDown")["id"]
    shown = stage.in_state(incident, "resolved")["incident"]
    assert not shown["flapping"]
    assert stage.outside.effects.count("steady") == 1


def test_one_that_flapped_and_ended_before_anyone_looked_ends_too(stage: Stage) -> None:
    now = stage.now()
    labels = {"severity": "warning"}
    first = alert("Brief", labels=labels, startsAt=stamp(now - timedelta(minutes=4)))
    second = alert("Brief", labels=labels, startsAt=stamp(now - timedelta(minutes=2)))
    ends = [stamp(now - timedelta(minutes=minutes)) for minutes in (3, 1)]
    over = [{**one, "status": "resolved", "endsAt": end} for one, end in zip((first, second), ends, strict=True)]
    assert stage.send(first, over[0], second, over[1]).status_code == 202
    incident = wait_until("the incident", lambda: stage.holders("Brief"))[0]["id"]
    time.sleep(3)
    stage.later(700)
    stage.in_state(incident, "self_cleared")
    assert len(stage.outside.told(incident)) <= 3
