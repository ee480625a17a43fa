from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lamplighter.domain.alert import Alert, AlertStatus, JournalEntry
from lamplighter.domain.course import opened
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import Clears, Joins, Opens, Placed, Placement, Reopens, Suppresses
from lamplighter.domain.timeline import Moment
from lamplighter.store.folding import folded, named, settled, stale_of

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def _placed(seq: int, placement: Placement, fingerprint: str = "") -> Placed:
    alert = Alert("am", fingerprint or f"f{seq}", AlertStatus.FIRING, {"alertname": f"Rule{seq}"}, {}, NOW)
    return Placed(JournalEntry(seq, NOW, alert), placement)


def _opens(seq: int) -> Placed:
    return _placed(seq, Opens(f"new:{seq}", "nobody works on it", "critical", f"c{seq}"))


def _incident(number: int) -> Incident:
    return replace(opened(_opens(number), NOW), id=f"INC-{number}")


def test_what_a_batch_names_is_told_from_what_it_opens() -> None:
    batch = (
        _opens(1),
        _placed(2, Joins("new:1", "same", Link.SAME_TROUBLE, absorbs=("INC-7",))),
        _placed(3, Reopens("INC-8", "back")),
        _placed(4, Clears("INC-8", "over")),
        _placed(5, Suppresses("late")),
    )
    assert named(batch) == {"INC-7": False, "INC-8": True}


def test_what_is_not_as_it_was_seen_is_stale() -> None:
    present = _incident(1)
    closed = replace(present, id="INC-2", state=State.RESOLVED)
    found = {"INC-1": present, "INC-2": closed}
    assert stale_of({"INC-1": False, "INC-2": True}, found, {"INC-1": 1}) == frozenset()
    assert stale_of({"INC-1": True, "INC-2": False, "INC-3": False}, found, {}) == {"INC-1", "INC-2", "INC-3"}
    assert stale_of({}, found, {"INC-1": 2, "INC-9": 1}) == {"INC-1", "INC-9"}


def test_placements_build_on_each_other_in_order() -> None:
    batch = (_opens(1), _placed(2, Joins("new:1", "same as new:1", Link.SAME_RULE)), _placed(3, Suppresses("late")))
    fold = folded(batch, {}, NOW)
    fold.number({"new:1": "INC-5"})
    outcome = fold.outcomes()["INC-5"]
    assert (outcome.id, outcome.alert_count, outcome.member_count) == ("INC-5", 2, 2)
    told = [fold.told(event) for event in fold.events]
    assert [(event.incident_id, event.moment) for event in told] == [("INC-5", Moment.OPENED), ("INC-5", Moment.JOINED)]
    assert told[1].text == "same as INC-5"


def test_a_stored_incident_that_is_absorbed_is_closed_and_both_say_so() -> None:
    found = {"INC-1": _incident(1), "INC-2": _incident(2)}
    fold = folded((_placed(3, Joins("INC-1", "db", Link.DEPENDS, absorbs=("INC-2",))),), found, NOW)
    assert fold.absorbed == {"INC-2": "INC-1"}
    assert (fold.incidents["INC-2"].state, fold.incidents["INC-2"].merged_into) == (State.MERGED, "INC-1")
    assert (fold.incidents["INC-1"].member_count, fold.incidents["INC-1"].alert_count) == (3, 3)
    assert [event.incident_id for event in fold.events if event.moment is Moment.MERGED] == ["INC-2", "INC-1"]


def test_what_was_opened_and_absorbed_at_once_is_only_another_name() -> None:
    batch = (
        _opens(1),
        _opens(2),
        _placed(3, Joins("new:1", "db", Link.DEPENDS, absorbs=("new:2",))),
        _placed(4, Joins("new:1", "later", Link.SAME_RULE, absorbs=("INC-9",))),
    )
    fold = folded(batch, {"INC-9": _incident(9)}, NOW)
    fold.number({"new:1": "INC-10"})
    assert list(fold.opened) == ["new:1"]
    assert fold.real == {"new:1": "INC-10", "new:2": "INC-10"}
    assert fold.outcomes()["INC-9"].merged_into == "INC-10"
    assert fold.outcomes()["INC-9"].resolution == "merged into INC-10"
    assert {fold.told(event).incident_id for event in fold.events} == {"INC-9", "INC-10"}


def test_members_go_where_their_incident_went() -> None:
    found = {f"INC-{number}": _incident(number) for number in (1, 2, 3)}
    batch = (
        _placed(4, Joins("INC-2", "x", Link.DEPENDS, absorbs=("INC-3",))),
        _placed(5, Joins("INC-1", "y", Link.DEPENDS, absorbs=("INC-2",))),
    )
    fold = folded(batch, found, NOW)
    alert = batch[0].entry.alert
    members = [Member("INC-3", "am:a", alert, "c", Link.OPENED, "first", NOW)]
    members.append(replace(members[0], incident_id="INC-1", reason="as it stands"))
    (member,) = settled(members, fold)
    assert (member.incident_id, member.reason) == ("INC-1", "as it stands")
    assert fold.survivor("INC-3") == "INC-1"


def test_a_clear_that_closes_is_told_as_the_end() -> None:
    waiting = replace(_incident(1), state=State.NEEDS_HUMAN)
    fold = folded((_placed(2, Clears("INC-1", "it ended"), "f1"),), {"INC-1": waiting}, NOW)
    assert fold.incidents["INC-1"].state is State.SELF_CLEARED
    assert [event.moment for event in fold.events] == [Moment.CLEARED, Moment.CLOSED]
    assert list(fold.last_words) == [("INC-1", "am:f1")]
