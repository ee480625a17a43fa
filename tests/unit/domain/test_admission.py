"""Who begins, who waits, and why: bounded, the grave first, and nothing that is muted, flapping or in a fresh storm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lamplighter.domain.admission import LINE_PATIENCE, Bounds, admit, unsettled
from lamplighter.domain.flapping import STABLE
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.storm import SETTLING, Storm
from lamplighter.testing import NOON, firing

BOUNDS = Bounds(at_once=3, at_once_in_storm=2)
STORM = Storm(NOON, NOON, 60)


def waiting(number: int, severity: str = "critical", seconds: float = 0.0) -> Incident:
    at = NOON + timedelta(seconds=seconds)
    alert = firing(f"Down{number}", NOON)
    return Incident(f"INC-{number}", "t", State.RECEIVED, severity, alert.trouble, alert, at, at)


def test_no_more_begin_than_there_are_places() -> None:
    admission = admit([waiting(n, seconds=n) for n in range(5)], {}, 1, None, BOUNDS, NOON)
    assert admission.begins == ("INC-0", "INC-1")
    assert set(admission.holds) == {"INC-2", "INC-3", "INC-4"}


def test_the_grave_come_first_and_then_the_older() -> None:
    line = [waiting(1, "warning", 0), waiting(2, "critical", 9), waiting(3, "critical", 5), waiting(4, "info", 0)]
    assert admit(line, {}, 0, None, BOUNDS, NOON).begins == ("INC-3", "INC-2", "INC-1")


def test_with_more_at_work_than_places_none_begin() -> None:
    assert admit([waiting(1)], {}, 9, None, BOUNDS, NOON).begins == ()


def test_what_is_muted_is_held_with_the_words_and_takes_no_place() -> None:
    line = [waiting(n, seconds=n) for n in range(4)]
    admission = admit(line, {"INC-0": "silenced until 16:00"}, 0, None, BOUNDS, NOON)
    assert admission.begins == ("INC-1", "INC-2", "INC-3")
    assert admission.holds == {"INC-0": "silenced until 16:00"}


def test_a_moment_in_line_is_not_worth_a_word_but_a_while_is() -> None:
    line = [waiting(n, seconds=n / 10) for n in range(4)]
    assert admit(line, {}, 0, None, BOUNDS, NOON).holds == {"INC-3": ""}
    later = admit(line, {}, 0, None, BOUNDS, NOON + 2 * LINE_PATIENCE)
    assert "in line" in later.holds["INC-3"]


def test_a_fresh_storm_begins_nothing_and_then_fewer() -> None:
    line = [waiting(n, seconds=n) for n in range(5)]
    fresh = admit(line, {}, 0, STORM, BOUNDS, NOON + SETTLING - timedelta(seconds=1))
    assert fresh.begins == ()
    assert len(fresh.holds) == 5
    assert all("storm" in why for why in fresh.holds.values())
    assert admit(line, {}, 0, STORM, BOUNDS, NOON + SETTLING).begins == ("INC-0", "INC-1")


def test_what_flaps_waits_until_its_alert_has_stood_still() -> None:
    flapping = replace(waiting(1), flapping=True)
    assert "flapping" in admit([flapping], {}, 0, None, BOUNDS, NOON).holds["INC-1"]
    assert admit([flapping], {}, 0, None, BOUNDS, NOON + STABLE).begins == ("INC-1",)
    assert unsettled(replace(flapping, signal_cleared_at=NOON), NOON + STABLE) != ""
    assert unsettled(waiting(1), NOON) == ""
