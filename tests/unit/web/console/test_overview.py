"""The command centre: every pane is made, what is not known is no zero, and what alerts say stays text."""

from __future__ import annotations

from lamplighter.domain.incident import State
from lamplighter.domain.timeline import Moment
from lamplighter.testing import firing
from lamplighter.web.console.hub import Key
from lamplighter.web.console.making import Maker
from lamplighter.web.console.overview import PANES, Overview
from tests.unit.reports.conftest import diagnosis
from tests.unit.web.console.conftest import SCRIPT, Room

KEY = Key("overview")


def test_an_empty_house_has_no_false_zeroes(room: Room, maker: Maker) -> None:
    made = Overview(maker).sheet(room.context, KEY)
    assert tuple(made) == PANES
    assert "0 %" not in made["kpis"]
    assert "unknown" in made["radar"]
    assert "0 %" not in made["radar"]
    assert "No incident in 7 days" in made["kinds"]
    assert "Nothing learned yet" in made["patterns"]


def test_incidents_are_counted_by_their_causes_and_a_cause_is_read_once(room: Room, maker: Maker) -> None:
    room.incidents.open(1, firing(SCRIPT), state=State.NEEDS_HUMAN)
    room.dossiers.found = diagnosis()
    view = Overview(maker)
    first = view.sheet(room.context, KEY)
    room.dossiers.found = None
    assert view.sheet(room.context, KEY)["kinds"] == first["kinds"]
    assert "1 of 1 in 7 days" in first["kinds"]


def test_the_log_tells_the_newest_first_without_what_is_told_twice(room: Room, maker: Maker) -> None:
    room.incidents.open(1, firing("Rule"))
    room.incidents.tell("INC-1", Moment.NOTIFIED, "told log: opened")
    room.incidents.tell("INC-1", Moment.DIAGNOSED, SCRIPT)
    made = Overview(maker).sheet(room.context, KEY)["log"]
    assert made.index("event-3") < made.index("event-1")
    assert "told log" not in made
    assert "<script" not in made
    assert "<img" not in made
