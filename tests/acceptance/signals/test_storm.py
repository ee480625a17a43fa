"""A storm: everything is taken, few look at once, one message says what waits, and a grave alert is told of by name."""

from __future__ import annotations

import time

import pytest

from tests.acceptance.signals.conftest import Part, Stage, Stages, alert, stamp, wait_until

TROUBLES = 60
AT_ONCE = 2
GRAVE_SECONDS_MAX = 60.0


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    parts = [Part(f"thing-{number:02d}", allowed=False) for number in range(TROUBLES)]
    return stages.new(*parts, responses={"at_once": AT_ONCE, "at_once_in_storm": AT_ONCE, "storm_from": 20})


def test_in_a_storm_few_look_one_message_says_what_waits_and_the_grave_one_is_named(stage: Stage) -> None:
    begun = stamp(stage.now())
    alerts = [
        alert(f"Down{number:02d}", labels={"container": f"thing-{number:02d}", "severity": "warning"}, startsAt=begun)
        for number in range(TROUBLES)
    ]
    grave = TROUBLES // 2
    alerts[grave]["labels"] |= {"severity": "critical", "alertname": "DataLoss"}
    # Slow looks keep places taken, so that a grave one may have to wait for its own.
    stage.outside.look_seconds = 1.0
    sent = time.monotonic()
    for start in range(0, TROUBLES, 5):
        assert stage.send(*alerts[start : start + 5]).status_code == 202
    most = 0
    while not any("DataLoss" in " ".join([one["title"], *one["lines"]]) for one in list(stage.outside.messages)):
        assert time.monotonic() - sent < GRAVE_SECONDS_MAX, [one["moment"] for one in stage.outside.messages]
        at_work = [one for one in stage.incidents() if one["state"] in {"analysing", "council_review"}]
        most = max(most, len(at_work))
        time.sleep(0.2)
    wait_until("the message of the storm", lambda: [one for one in stage.outside.messages if one["moment"] == "storm"])
    for _ in range(20):
        at_work = [one for one in stage.incidents() if one["state"] in {"analysing", "council_review"}]
        most = max(most, len(at_work))
        time.sleep(0.1)
    assert most <= AT_ONCE
    assert len(stage.incidents()) == TROUBLES
    storm = [one for one in stage.outside.messages if one["moment"] == "storm"]
    assert len(storm) == 1
    assert "wait" in " ".join(storm[0]["lines"])
    waiting = [one for one in stage.incidents() if one["state"] == "received"]
    held = [one for one in waiting if one["held"]]
    assert held
    # Between being let go and being at work an incident shows neither.
    assert len(waiting) - len(held) <= AT_ONCE
    # What waits is told of in the one message, and not one by one.
    told = {one["incident"] for one in stage.outside.messages if one["moment"] == "opened"}
    assert not told & {one["id"] for one in held if one["severity"] != "critical"}
    assert stage.outside.effects == []
