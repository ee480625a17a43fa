"""How events are cited."""

from __future__ import annotations

from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.reply import mark, marks
from lamplighter.testing import NOON


def test_an_event_is_cited_by_its_number_and_only_once() -> None:
    one = Event("INC-1", "k", NOON, Moment.STATE, Crew.HEALER, "", {}, 7)
    unnumbered = Event("INC-1", "k", NOON, Moment.STATE, Crew.HEALER, "")
    assert mark(one) == ("t7",)
    assert marks(one, None, unnumbered, one) == ("t7",)
