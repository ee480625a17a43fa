from datetime import UTC, datetime, timedelta
from typing import Any

from lamplighter.lab.report import DemoReport, Outcome, outcome_of, since
from lamplighter.lab.scenario import EXPECTATIONS, Scenario, SeenEffect, Stage

FAULT_AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def event(seconds: float, moment: str, text: str = "", **data: object) -> dict[str, Any]:
    return {"at": (FAULT_AT + timedelta(seconds=seconds)).isoformat(), "moment": moment, "text": text, "data": data}


EVENTS = [
    event(1.5, "opened", received_at=(FAULT_AT + timedelta(seconds=1.25)).isoformat()),
    event(
        2.0,
        "diagnosed",
        component="orders",
        fault="process_hung",
        confidence=0.87,
        facts=["f1: no answer"],
    ),
    event(2.5, "acting", "restart orders now"),
    event(3.5, "acted", "restart orders: done: stopped orders, then started orders"),
    event(6.0, "verified", "recovered: clear for 2 s", outcome="recovered", verified_by="GET /order"),
]


def hang(**changes: object) -> Outcome:
    given: dict[str, Any] = {
        "state": "resolved",
        "events": EVENTS,
        "effects": EXPECTATIONS[Scenario.HANG].effects,
        "incidents": 1,
    }
    return outcome_of(Scenario.HANG, FAULT_AT, **{**given, **changes})


def badconfig(*facts: str, effects: tuple[SeenEffect, ...] = ()) -> Outcome:
    told = event(2.0, "diagnosed", component="store", fault="config_error", confidence=0.9, facts=list(facts))
    return outcome_of(Scenario.BADCONFIG, FAULT_AT, "needs_human", [event(1.0, "opened"), told], effects, 1)


def test_times_are_seconds_since_the_fault() -> None:
    told = hang().as_json()
    assert told["times"] == {
        "fault_injected": 0.0,
        "alert_received": 1.25,
        "diagnosed": 2.0,
        "effect_started": 2.5,
        "verified": 6.0,
    }
    assert hang().seconds_to_effect == 1.25


def test_what_is_told_comes_from_the_timeline_and_effects_from_outside() -> None:
    told = hang().as_json()
    assert (told["component"], told["confidence"], told["state"]) == ("orders", 0.87, "resolved")
    assert told["actions"] == ["restart orders"]
    assert told["cause"] == "process_hung"
    assert told["verified_by"] == "GET /order"
    assert told["facts"] == ["f1: no answer"]
    assert (told["effects_counted_outside"], told["effects_seen_outside"]) == (1, ["restart orders"])


def test_the_right_end_is_no_surprise() -> None:
    assert hang().surprises == ()
    assert badconfig("f1: /tmp/shop/store/store.ini: [store] workers = 'many'").surprises == ()


def test_a_verification_that_did_not_find_recovery_is_none() -> None:
    events = [*EVENTS[:-1], event(6.0, "verified", outcome="unchanged", verified_by="")]
    assert hang(events=events, state="needs_human").times.verified is None


def test_every_kind_of_wrong_end_is_named() -> None:
    front = SeenEffect("restart", "front")
    assert hang(state="needs_human").surprises == ("it ended as needs_human, not as resolved",)
    assert hang(effects=(front,)).surprises == ("not done: restart orders", "done and wrong: restart front")
    assert hang(incidents=2).surprises == ("one fault made 2 incidents",)
    assert badconfig("f1: store exited 78").surprises == ("no fact names store.ini and workers",)
    wrong = badconfig("f1: store.ini workers", effects=(SeenEffect("restart", "store"),))
    assert wrong.surprises == ("done and wrong: restart store",)


def test_no_incident_at_all_is_a_surprise() -> None:
    silent = outcome_of(Scenario.HANG, FAULT_AT, "", [], (), 0)
    assert "it ended as nothing, not as resolved" in silent.surprises
    assert silent.as_json()["times"]["alert_received"] is None


def test_the_closing_line() -> None:
    oom = outcome_of(Scenario.OOM, FAULT_AT, "resolved", EVENTS, EXPECTATIONS[Scenario.OOM].effects, 1)
    report = DemoReport(Stage.LOCAL, (hang(), oom, badconfig("store.ini workers")))
    assert report.closing_line() == (
        "demo: 3 incidents, 2 resolved and verified, 1 handed to a person, median 6.0 s from fault to verified, $0.000"
    )


def test_the_closing_line_of_one_that_was_handed_over() -> None:
    report = DemoReport(Stage.LOCAL, (badconfig("store.ini workers"),))
    assert report.as_expected
    assert report.closing_line() == (
        "demo: 1 incident, 0 resolved and verified, 1 handed to a person, median - s from fault to verified, $0.000"
    )


def test_a_report_with_a_surprise_is_not_as_expected() -> None:
    assert not DemoReport(Stage.DOCKER, (hang(), hang(state="needs_human"))).as_expected


def test_since_leaves_out_what_an_earlier_fault_left_in_the_timeline() -> None:
    earlier = event(-5.0, "verified", outcome="recovered")
    assert since([earlier, *EVENTS], FAULT_AT) == EVENTS
