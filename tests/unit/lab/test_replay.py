"""A stream through the placing of the server: what opens, joins, returns, flaps and closes, and when."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lamplighter.lab.replay import Replay, StreamClock
from lamplighter.lab.replay_report import Decision
from lamplighter.lab.replay_stream import recorded

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def alert(rule: str, began: float, ended: float | None = None, **labels: str) -> dict[str, Any]:
    return {
        "status": "firing" if ended is None else "resolved",
        "labels": {"alertname": rule, "severity": "warning", **labels},
        "annotations": {},
        "startsAt": at(began),
        "endsAt": "0001-01-01T00:00:00Z" if ended is None else at(ended),
    }


def line(minutes: float, *alerts: dict[str, Any], truncated: int = 0) -> dict[str, Any]:
    return {"at": at(minutes), "body": {"version": "4", "truncatedAlerts": truncated, "alerts": list(alerts)}}


def play(*lines: object) -> tuple[list[Decision], dict[str, Any]]:
    played = Replay()
    text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
    decisions = [decision for one in recorded(io.BytesIO(text.encode())) for decision in played.feed(one)]
    return decisions, played.end().as_json()


def test_two_replicas_and_their_repeats_are_one_incident() -> None:
    down = alert("Down", 0, name="web")
    _, report = play(*(line(number, down) for number in range(6)))
    assert (report["alerts"], report["incidents"], report["repeats"]) == (6, 1, 5)
    assert report["merges"] == []
    assert report["noise_reduction"] == round(5 / 6, 4)


def test_another_alert_of_the_same_component_is_merged_and_says_why() -> None:
    _, report = play(line(0, alert("Down", 0, name="web")), line(1, alert("Slow", 1, name="web")))
    (merge,) = report["merges"]
    assert (merge["alert"], merge["incident"], merge["component"]) == ("Slow", "INC-1", "web")
    assert "web" in merge["reason"]


def test_alerts_of_one_delivery_name_no_incident_that_nobody_knows() -> None:
    decisions, _ = play(line(0, alert("Down", 0, name="web"), alert("Down", 0, name="web")))
    assert [decision.incident for decision in decisions] == ["INC-1", "INC-1"]
    assert "new:" not in " ".join(decision.reason for decision in decisions)


def test_what_is_clear_for_its_dwell_closes_then_and_not_before() -> None:
    down, up = alert("Down", 0, name="web"), alert("Down", 0, 5, name="web")
    _, report = play(line(0, down), line(5, up), line(60, alert("Other", 60, name="db")))
    closed = report["list"][0]
    assert closed["state"] == "self_cleared"
    assert datetime.fromisoformat(closed["closed_at"]) == START + timedelta(minutes=5, seconds=30)


def test_while_one_of_its_alerts_fires_an_incident_stays_open() -> None:
    both = [alert("Down", 0, name="web"), alert("Slow", 0, name="web")]
    _, report = play(
        line(0, *both), line(5, alert("Down", 0, 5, name="web")), line(300, alert("Other", 300, name="db"))
    )
    assert report["list"][0]["state"] == "received"
    assert report["list"][0]["closed_at"] is None


def test_a_trouble_that_is_soon_back_opens_the_same_incident_again() -> None:
    lines = [line(0, alert("Down", 0, name="web")), line(5, alert("Down", 0, 5, name="web"))]
    decisions, report = play(*lines, line(9, alert("Down", 9, name="web")))
    assert decisions[-1].what == "reopens"
    assert (report["incidents"], report["reopened"]) == (1, 1)


def test_a_reopened_incident_has_what_belonged_to_it_before() -> None:
    lines = [
        line(0, alert("Down", 0, name="web"), alert("Slow", 0, name="web")),
        line(5, alert("Down", 0, 5, name="web"), alert("Slow", 0, 5, name="web")),
        line(9, alert("Down", 9, name="web")),
        line(10, alert("Slow", 10, name="web")),
    ]
    decisions, report = play(*lines)
    assert [decision.what for decision in decisions[-2:]] == ["reopens", "joins"]
    assert report["incidents"] == 1
    assert report["list"][0]["members"] == 2


def test_a_trouble_that_is_back_much_later_is_a_new_incident() -> None:
    lines = [line(0, alert("Down", 0, name="web")), line(5, alert("Down", 0, 5, name="web"))]
    _, report = play(*lines, line(600, alert("Down", 600, name="web")))
    assert (report["incidents"], report["regressions"]) == (2, 0)


def test_a_trouble_that_is_back_after_a_fix_is_a_regression() -> None:
    fixed = {"at": at(4), "resolved": {"name": "web"}, "resolution": "raised the limit"}
    lines = [line(0, alert("Down", 0, name="web")), fixed, line(600, alert("Down", 600, name="web"))]
    decisions, report = play(*lines)
    assert "raised the limit" in decisions[-1].reason
    assert report["regressions"] == 1
    assert [one["state"] for one in report["list"]] == ["resolved", "received"]
    assert report["list"][1]["regression_of"] == "INC-1"
    assert report["list"][1]["severity"] == "critical"


def test_thirty_cycles_are_one_incident_that_flaps() -> None:
    lines = []
    for cycle in range(30):
        lines += [line(cycle / 3, alert("Down", cycle / 3, name="web"))]
        lines += [line(cycle / 3 + 0.1, alert("Down", cycle / 3, cycle / 3 + 0.1, name="web"))]
    _, report = play(*lines)
    assert (report["incidents"], report["flapping"]) == (1, 1)


def test_a_delivery_without_a_time_came_when_its_alerts_say_and_time_never_goes_back() -> None:
    bare = line(0, alert("Slow", 3, name="web"))["body"]
    decisions, report = play(line(7, alert("Down", 0, name="web")), bare, line(1, alert("Other", 0, name="db")))
    assert [decision.at for decision in decisions] == [START + timedelta(minutes=7)] * 3
    assert report["begins"] == report["ends"]


def test_a_late_delivery_reopens_nothing() -> None:
    lines = [line(0, alert("Down", 0, name="web")), line(5, alert("Down", 0, 5, name="web"))]
    decisions, report = play(*lines, line(20, alert("Down", 0, name="web")))
    assert decisions[-1].what == "suppresses"
    assert (report["incidents"], report["suppressed"]) == (1, 1)


def test_signs_of_life_are_put_aside() -> None:
    watchdog = alert("Watchdog", 0)
    _, report = play(line(0, watchdog), line(5, watchdog))
    assert (report["alerts"], report["incidents"], report["suppressed"]) == (2, 0, 2)


def test_what_cannot_be_read_is_counted_with_its_line_and_reason() -> None:
    bad = alert("Down", 0) | {"startsAt": "soon"}
    lines = [line(0, alert("Down", 0), bad, truncated=4), "{broken", {"source": "nagios", "body": {}}, {"x": 1}]
    _, report = play(*lines)
    assert (report["alerts"], report["truncated"]) == (1, 4)
    assert (report["broken_lines"], report["dead_letters"]) == (1, 3)
    assert [one["line"] for one in report["set_aside"]] == [1, 2, 3, 4]
    assert "alerts[1].startsAt" in report["set_aside"][0]["reason"]


def test_a_start_that_was_in_the_future_then_is_refused_as_it_was_then() -> None:
    _, report = play(line(0, alert("Down", 3 * 24 * 60)))
    assert (report["alerts"], report["dead_letters"]) == (0, 1)


def test_what_the_stream_teaches_joins_what_depends_on_it() -> None:
    needs = {"container_label_lamplighter_depends": "nas"}
    first = line(0, alert("Unhealthy", 0, name="jellyfin", **needs))
    second = line(1, alert("HostDown", 1, instance="nas:9100"))
    decisions, report = play(first, second)
    assert [decision.what for decision in decisions] == ["opens", "joins"]
    assert report["list"][0]["component"] == "nas"


def test_an_incident_that_ends_keeps_the_name_of_its_worst() -> None:
    needs = {"container_label_lamplighter_depends": "nas"}
    lines = [
        line(0, alert("HostDown", 0, instance="nas:9100")),
        line(1, alert("Unhealthy", 1, name="jellyfin", **needs)),
        line(5, alert("HostDown", 0, 5, instance="nas:9100")),
        line(6, alert("Unhealthy", 1, 6, name="jellyfin", **needs)),
    ]
    _, report = play(*lines)
    assert [(one["title"], one["state"]) for one in report["list"]] == [("HostDown", "self_cleared")]


async def test_nobody_can_wait_by_the_clock_of_a_stream() -> None:
    clock = StreamClock()
    clock.at = START
    assert (clock.now(), clock.monotonic()) == (START, START.timestamp())
    with pytest.raises(RuntimeError, match="cannot wait"):
        await clock.sleep(1)
