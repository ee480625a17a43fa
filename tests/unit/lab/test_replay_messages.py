"""How many messages a stream would have been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.board import Board
from lamplighter.lab.replay_life import Life
from lamplighter.lab.replay_messages import LOOKING, Messages

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Told:
    """A life whose steps and ends are told."""

    def __init__(self) -> None:
        self.life = Life(Board(), timedelta(seconds=30))
        self.messages = Messages(self.life.board.incident)

    def pass_time(self, minutes: float) -> None:
        now = START + timedelta(minutes=minutes)
        self.messages.pass_time(now)
        for incident in self.life.pass_time(now):
            self.messages.closed(incident)

    def hear(self, minutes: float, began: float, *, over: bool = False) -> None:
        self.pass_time(minutes)
        now = START + timedelta(minutes=minutes)
        status = AlertStatus.RESOLVED if over else AlertStatus.FIRING
        labels = {"alertname": "Down", "name": "web"}
        begins = START + timedelta(minutes=began)
        for step in self.life.place((Alert("test", "f", status, labels, {}, begins, now if over else None),), now):
            self.messages.step(step)


def test_what_is_gone_before_it_was_looked_at_is_one_message() -> None:
    told = Told()
    told.hear(0, 0)
    told.hear(1, 0, over=True)
    told.pass_time(60)
    assert told.messages.count == 1


def test_what_stays_is_a_persons_and_its_end_is_told() -> None:
    told = Told()
    told.hear(0, 0)
    told.pass_time(LOOKING / timedelta(minutes=1))
    assert told.messages.count == 2
    told.hear(20, 0, over=True)
    told.pass_time(60)
    assert told.messages.count == 3


def test_repeats_are_not_told() -> None:
    told = Told()
    for minute in range(60):
        told.hear(minute, 0)
    assert told.messages.count == 2


def test_thirty_cycles_in_ten_minutes_are_three_messages_at_most() -> None:
    told = Told()
    for cycle in range(30):
        told.hear(cycle / 3, cycle / 3)
        told.hear(cycle / 3 + 0.15, cycle / 3, over=True)
    told.pass_time(600)
    assert 1 <= told.messages.count <= 3
