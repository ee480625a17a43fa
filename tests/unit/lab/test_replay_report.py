"""What a replay counts and lists, and that its lists have bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lamplighter.domain.alert import Alert, AlertStatus, JournalEntry
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.member import Link
from lamplighter.domain.placement import Clears, Joins, Opens, Placed, Placement, Reopens, Suppresses
from lamplighter.lab.replay_life import Step
from lamplighter.lab.replay_report import INCIDENTS_MAX, MERGES_MAX, SET_ASIDE_MAX, Report
from lamplighter.lab.replay_stream import Broken

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def alert(rule: str) -> Alert:
    return Alert("test", f"f-{rule}", AlertStatus.FIRING, {"alertname": rule}, {}, AT)


def step(placement: Placement, incident: str = "", rule: str = "Down", absorbed: tuple[str, ...] = ()) -> Step:
    return Step(AT, Placed(JournalEntry(1, AT, alert(rule)), placement), incident, absorbed)


def opens(incident: str, rule: str = "Down") -> Step:
    return step(Opens("new:1", "nothing open", "warning", "web"), incident, rule)


def incident(name: str, rule: str = "Down") -> Incident:
    one = alert(rule)
    return Incident(name, rule, State.RECEIVED, "warning", one.trouble, one, AT, AT, component="web")


def test_every_kind_of_decision_is_counted() -> None:
    report = Report()
    report.count(opens("INC-1"))
    report.count(step(Joins("INC-1", "again", Link.SAME_TROUBLE), "INC-1"))
    report.count(step(Joins("INC-1", "same web", Link.SAME_COMPONENT, "web"), "INC-1", "Slow"))
    report.count(step(Reopens("INC-1", "back"), "INC-1"))
    report.count(step(Clears("INC-1", "over"), "INC-1"))
    report.count(step(Suppresses("late")))
    told = report.as_json()
    counted = ("alerts", "incidents", "repeats", "reopened", "cleared", "suppressed", "noise_reduction")
    assert [told[key] for key in counted] == [6, 1, 1, 1, 1, 1, round(5 / 6, 4)]
    assert [(m["alert"], m["incident"], m["reason"]) for m in told["merges"]] == [("Slow", "INC-1", "same web")]


def test_an_absorbed_incident_is_not_counted_and_its_alerts_are_with_the_one_that_stays() -> None:
    report = Report()
    for number, rule in ((1, "A"), (2, "B"), (3, "C")):
        report.count(opens(f"INC-{number}", rule))
        report.stands(incident(f"INC-{number}", rule))
    report.count(step(Joins("INC-2", "shows it", Link.DEPENDS, "nas"), "INC-2", "D", ("INC-3",)))
    report.count(step(Joins("INC-1", "shows more", Link.DEPENDS, "nas"), "INC-1", "E", ("INC-2",)))
    told = report.as_json()
    assert (told["incidents"], told["absorbed"]) == (1, 2)
    assert [one["id"] for one in told["list"]] == ["INC-1"]
    assert [(m["alert"], m["incident"]) for m in told["merges"]] == [(rule, "INC-1") for rule in ("D", "C", "E", "B")]


def test_an_incident_that_ebbs_away_keeps_its_name() -> None:
    report = Report()
    report.count(opens("INC-1"))
    report.stands(incident("INC-1", "HostDown"))
    report.stands(replace(incident("INC-1", "BackupFailed"), state=State.SELF_CLEARED), ebbing=True)
    assert [(one["title"], one["state"]) for one in report.as_json()["list"]] == [("HostDown", "self_cleared")]


def test_what_is_listed_has_bounds_and_says_what_was_left_out() -> None:
    report = Report()
    for number in range(MERGES_MAX + 3):
        report.count(step(Joins("INC-1", "x", Link.GROUP), "INC-1"))
        report.aside(number, "bad")
    report.broke(Broken(7, "bad"))
    for number in range(INCIDENTS_MAX + 2):
        report.count(opens(f"INC-{number}"))
        report.stands(incident(f"INC-{number}"))
    told = report.as_json()
    assert told["left_out"] == {"merges": 3, "incidents": 2, "set_aside": MERGES_MAX + 4 - SET_ASIDE_MAX}
    assert (len(told["merges"]), len(told["list"]), len(told["set_aside"])) == (
        MERGES_MAX,
        INCIDENTS_MAX,
        SET_ASIDE_MAX,
    )
    assert (told["broken_lines"], told["dead_letters"]) == (1, MERGES_MAX + 3)


def test_an_empty_stream_is_no_division_by_nothing() -> None:
    assert Report().as_json()["noise_reduction"] == 0.0
