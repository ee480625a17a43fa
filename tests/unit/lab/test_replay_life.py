"""The life of incidents in a replay: numbers, closing, and what is remembered of what closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.board import Board
from lamplighter.domain.incident import State
from lamplighter.domain.placement import Opens, Reopens
from lamplighter.lab.replay_life import Life, Step

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DWELL = timedelta(seconds=30)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def alert(component: str, began: float, ended: float | None = None, rule: str = "Down") -> Alert:
    labels = {"alertname": rule, "name": component, "severity": "warning"}
    status = AlertStatus.FIRING if ended is None else AlertStatus.RESOLVED
    return Alert("test", f"{rule}-{component}", status, labels, {}, at(began), None if ended is None else at(ended))


def placed(life: Life, minutes: float, *alerts: Alert) -> list[Step]:
    return list(life.place(alerts, at(minutes)))


def test_incidents_are_numbered_in_the_order_of_opening() -> None:
    life = Life(Board(), DWELL)
    steps = placed(life, 0, alert("web", 0), alert("db", 0), alert("web", 0))
    assert [step.incident_id for step in steps] == ["INC-1", "INC-2", "INC-1"]
    assert set(life.board.ids()) == {"INC-1", "INC-2"}
    assert "INC-1" in steps[-1].placed.placement.reason


def test_what_is_clear_closes_when_its_dwell_is_over() -> None:
    life = Life(Board(), DWELL)
    placed(life, 0, alert("web", 0), alert("db", 0))
    placed(life, 5, alert("web", 0, 5))
    assert list(life.pass_time(at(5.4))) == []
    (closed,) = life.pass_time(at(60))
    assert (closed.id, closed.state, closed.closed_at) == ("INC-1", State.SELF_CLEARED, at(5.5))
    assert set(life.board.ids()) == {"INC-2"}


def test_what_fires_again_within_its_dwell_does_not_close() -> None:
    life = Life(Board(), DWELL)
    placed(life, 0, alert("web", 0))
    placed(life, 5, alert("web", 0, 5))
    placed(life, 5.2, alert("web", 5.2))
    assert list(life.pass_time(at(60))) == []


def test_what_a_person_closed_is_a_regression_when_it_comes_back() -> None:
    life = Life(Board(), DWELL)
    placed(life, 0, alert("web", 0), alert("db", 0))
    (closed,) = life.close_by_hand({"name": "web"}, "more memory", at(3))
    assert (closed.state, closed.resolution, closed.resolved_by) == (State.RESOLVED, "more memory", "the stream")
    (step,) = placed(life, 600, alert("web", 600))
    assert isinstance(step.placed.placement, Opens)
    assert step.placed.placement.regression_of == "INC-1"
    assert "more memory" in step.placed.placement.reason


def test_what_nobody_named_stays_open() -> None:
    life = Life(Board(), DWELL)
    placed(life, 0, alert("web", 0))
    assert list(life.close_by_hand({"name": "db"}, "x", at(3))) == []


def test_a_reopened_incident_closes_again() -> None:
    life = Life(Board(), DWELL)
    placed(life, 0, alert("web", 0))
    placed(life, 5, alert("web", 0, 5))
    assert len(list(life.pass_time(at(9)))) == 1
    (step,) = placed(life, 9, alert("web", 9))
    assert isinstance(step.placed.placement, Reopens)
    placed(life, 12, alert("web", 9, 12))
    (closed,) = life.pass_time(at(60))
    assert (closed.id, closed.run) == ("INC-1", 2)


def test_an_incident_that_was_reopened_often_still_closes() -> None:
    life = Life(Board(), DWELL)
    ends = 0
    for round_ in range(12):
        placed(life, round_ * 9, alert("web", round_ * 9))
        placed(life, round_ * 9 + 1, alert("web", round_ * 9, round_ * 9 + 1))
        ends += len(list(life.pass_time(at(round_ * 9 + 8.9))))
    list(life.pass_time(at(1000)))
    assert ends
    assert not life.board.ids()
