from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lamplighter.domain.alert import Alert, JournalEntry
from lamplighter.domain.board import REPEATS_TOLD, Board
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import Clears, Joins, Opens, Past, Placed, Placement, Reopens, Suppresses
from lamplighter.domain.topology import Edge
from lamplighter.testing import NOON, firing, resolved

MINUTE = timedelta(minutes=1)
WEB, API, DB = (firing("Down", service=name) for name in ("web", "api", "db"))


def take(board: Board, alert: Alert, placement: Placement, now: datetime = NOON) -> None:
    board.take(Placed(JournalEntry(1, now, alert), placement), now)


def opening(board: Board, alert: Alert, seq: int, now: datetime = NOON) -> str:
    component = alert.labels["service"]
    take(board, alert, Opens(f"new:{seq}", "nothing explains it", "critical", component), now)
    return f"new:{seq}"


def joins(incident_id: str, alert: Alert, *absorbs: str) -> Joins:
    return Joins(incident_id, "it needs it", Link.DEPENDS, alert.labels["service"], absorbs=absorbs)


def stored(incident_id: str = "INC-1", *alerts: Alert) -> tuple[Incident, Sequence[Member]]:
    held = alerts or (WEB,)
    incident = Incident(incident_id, "Down", State.ANALYSING, "critical", held[0].trouble, held[0], NOON, NOON)
    members = [
        Member(incident_id, one.trouble, one, one.labels["service"], Link.OPENED, "it opened", NOON) for one in held
    ]
    return replace(incident, edition=3, member_count=len(held)), members


def test_an_opened_incident_is_known_at_once() -> None:
    board = Board()
    opening(board, WEB, 1)
    assert len(board) == 1
    assert board.knows(WEB.trouble)
    member = board.member(WEB.trouble)
    assert member is not None
    assert (member.incident_id, member.link, member.component) == ("new:1", Link.OPENED, "web")
    assert list(board.at("web")) == [WEB.trouble]


def test_what_was_loaded_is_replaced_by_what_is_loaded_again() -> None:
    board = Board()
    board.put(*stored("INC-1", WEB, API))
    board.put(*stored("INC-1", WEB))
    assert not board.knows(API.trouble)
    assert list(board.at("api")) == []
    assert [member.trouble for member in board.members("INC-1")] == [WEB.trouble]
    board.drop("INC-1")
    board.drop("INC-1")
    assert len(board) == 0
    assert board.incident("INC-1") is None
    assert board.members("INC-1") == ()


def test_real_ids_come_with_the_commit_and_what_was_touched_is_forgotten() -> None:
    board = Board()
    opening(board, WEB, 1)
    take(board, API, joins("new:1", API))
    assert [member.incident_id for member in board.touched()] == ["new:1", "new:1"]
    assert board.editions(["new:1", "INC-9"]) == {}
    board.settled({"new:1": "INC-1"})
    assert list(board.ids()) == ["INC-1"]
    assert board.touched() == ()
    assert board.incident_of(API.trouble) == "INC-1"
    assert board.editions(["INC-1"]) == {"INC-1": 1}
    incident = board.incident("INC-1")
    assert incident is not None
    assert (incident.id, incident.member_count) == ("INC-1", 2)


def test_the_rows_of_the_store_are_taken_over_and_closed_ones_dropped() -> None:
    board = Board()
    board.put(*stored("INC-1", WEB))
    board.put(*stored("INC-2", API))
    one, other = stored("INC-1")[0], stored("INC-2", API)[0]
    rows = (replace(one, state=State.VERIFYING), replace(other, state=State.RESOLVED), replace(one, id="INC-3"))
    board.settled({}, {row.id: row for row in rows})
    held = board.incident("INC-1")
    assert held is not None
    assert held.state is State.VERIFYING
    assert list(board.ids()) == ["INC-1"]


def test_a_repeat_counts_and_an_older_delivery_changes_no_more() -> None:
    board = Board()
    board.put(*stored())
    same = Joins("INC-1", "same trouble", Link.SAME_TROUBLE, "web")
    take(board, replace(WEB, starts_at=NOON - MINUTE), same)
    member = board.member(WEB.trouble)
    assert member is not None
    assert (member.count, member.alert, member.link) == (2, WEB, Link.OPENED)


def test_what_has_ended_is_a_member_that_does_not_count() -> None:
    board = Board()
    board.put(*stored("INC-1", WEB, API))
    over = resolved(WEB, NOON + MINUTE)
    take(board, over, Clears("INC-1", "it ended", over=False), NOON + MINUTE)
    assert list(board.at("web")) == []
    assert list(board.firing("INC-1")) == [API.trouble]
    assert board.knows(WEB.trouble)
    take(
        board, replace(WEB, starts_at=NOON + 2 * MINUTE), Joins("INC-1", "again", Link.SAME_TROUBLE), NOON + 2 * MINUTE
    )
    assert list(board.at("web")) == [WEB.trouble]


def test_merging_moves_the_members_and_what_they_are_found_by() -> None:
    board = Board()
    board.put(*stored("INC-1", WEB))
    board.put(*stored("INC-2", API))
    take(board, DB, joins("INC-1", DB, "INC-2"), NOON + MINUTE)
    assert list(board.ids()) == ["INC-1"]
    assert {board.incident_of(alert.trouble) for alert in (WEB, API, DB)} == {"INC-1"}
    incident = board.incident("INC-1")
    assert incident is not None
    assert incident.member_count == 3
    assert board.grew_at("INC-1") == NOON + MINUTE
    assert {member.trouble for member in board.touched()} == {API.trouble, DB.trouble}


def test_an_incident_that_clears_by_itself_leaves_with_its_last_words() -> None:
    board = Board()
    incident, members = stored()
    board.put(replace(incident, state=State.NEEDS_HUMAN), members)
    take(board, resolved(WEB, NOON + MINUTE), Clears("INC-1", "it ended"), NOON + MINUTE)
    assert not board.knows(WEB.trouble)
    assert [(member.trouble, member.firing) for member in board.touched()] == [(WEB.trouble, False)]
    closed = board.closed(WEB.trouble)
    assert closed is not None
    assert closed.state is State.SELF_CLEARED
    board.settled({})
    assert board.closed(WEB.trouble) is None
    assert board.touched() == ()


def test_what_comes_back_in_the_same_batch_is_open_again() -> None:
    board = Board()
    closed = replace(stored()[0], state=State.RESOLVED, closed_at=NOON)
    board.recall(WEB.trouble, Past(last_closed=closed))
    take(board, replace(WEB, starts_at=NOON + MINUTE), Reopens("INC-1", "it is back", "web"), NOON + MINUTE)
    incident = board.incident("INC-1")
    assert incident is not None
    assert (incident.state, incident.run) == (State.RECEIVED, 2)
    assert board.closed(WEB.trouble) is None


def test_what_is_put_aside_leaves_no_trace_but_its_episode_until_the_commit() -> None:
    board = Board()
    entry = JournalEntry(1, NOON, WEB)
    episode = board.episode(WEB.trouble)
    assert episode is None
    known = Past(episode=None)
    board.recall(WEB.trouble, known)
    board.take(Placed(entry, Suppresses("late"), None), NOON)
    assert len(board) == 0
    board.settled({})
    assert board.episode(WEB.trouble) is None


def test_the_episode_of_a_loaded_member_is_read_from_its_alert() -> None:
    board = Board()
    board.put(*stored())
    episode = board.episode(WEB.trouble)
    assert episode is not None
    assert (episode.starts_at, episode.status, episode.penalty) == (WEB.starts_at, WEB.status, 1.0)


def test_a_new_topology_is_seen_by_what_fires_already() -> None:
    board = Board()
    board.put(*stored())
    assert list(board.needing("db")) == []
    board.survey(Graph([Edge("web", "db")]))
    assert list(board.needing("db")) == ["web"]
    board.survey(Graph(()))
    assert list(board.needing("db")) == []


def test_what_a_person_split_stays_split() -> None:
    board = Board(apart=[("Down@web", "Down@api")])
    board.put(*stored("INC-1", WEB))
    board.put(*stored("INC-2", API))
    assert board.split_from("Down@api", "INC-1")
    assert board.split_from("Down@web", "INC-2")
    assert not board.split_from("Down@web", "INC-1")
    assert not board.split_from("Down@db", "INC-1")
    assert board.split_between("INC-1", "INC-2")
    assert board.split_between("INC-2", "INC-1")
    board.put(*stored("INC-3", DB))
    assert not board.split_between("INC-1", "INC-3")


def test_many_batches_leave_nothing_behind() -> None:
    board = Board()
    for number in range(50):
        alert = firing("Down", service=f"web-{number}")
        opening(board, alert, number)
        board.settled({f"new:{number}": f"INC-{number}"})
        board.drop(f"INC-{number}")
    empty = Board()
    for name, value in vars(board).items():
        if isinstance(value, dict | list):
            assert value == vars(empty)[name], name


def told_often(board: Board, alert: Alert) -> None:
    incident, members = stored("INC-1", alert)
    board.put(incident, [replace(member, count=REPEATS_TOLD) for member in members])


def same(incident_id: str = "INC-1", *, flapping: bool = False) -> Joins:
    return Joins(incident_id, "still open", Link.SAME_TROUBLE, flapping=flapping)


def test_what_was_told_often_and_says_the_same_is_only_counted() -> None:
    board = Board()
    told_often(board, WEB)
    assert board.only_repeats(WEB, same())
    board.hear(WEB.trouble)
    board.hear(WEB.trouble)
    assert board.touched() == ()
    (heard,) = board.heard()
    assert (heard.incident_id, heard.trouble, heard.times) == ("INC-1", WEB.trouble, 2)
    board.counted(board.heard())
    member, incident = board.member(WEB.trouble), board.incident("INC-1")
    assert member is not None
    assert incident is not None
    assert (member.count, incident.alert_count) == (REPEATS_TOLD + 2, 3)
    assert board.heard() == ()


def test_anything_else_than_the_very_same_words_is_no_mere_repeat() -> None:
    board = Board()
    board.put(*stored("INC-1", WEB))
    assert not board.only_repeats(WEB, same()), "the first ones are told"
    told_often(board, WEB)
    assert not board.only_repeats(resolved(WEB, NOON), same())
    assert not board.only_repeats(replace(WEB, starts_at=NOON + MINUTE), same())
    assert not board.only_repeats(replace(WEB, annotations={"summary": "worse"}), same())
    assert not board.only_repeats(WEB, same(flapping=True))
    assert not board.only_repeats(WEB, joins("INC-1", WEB))
    assert not board.only_repeats(WEB, Suppresses("late"))
    incident, members = stored("INC-1", WEB)
    often = [replace(member, count=REPEATS_TOLD) for member in members]
    board.put(replace(incident, signal_cleared_at=NOON), often)
    assert not board.only_repeats(WEB, same()), "it had cleared, and fires again"


def test_counted_repeats_go_along_when_an_incident_is_absorbed() -> None:
    board = Board()
    told_often(board, WEB)
    board.put(*stored("INC-2", API))
    board.hear(WEB.trouble)
    take(board, API, joins("INC-2", API, "INC-1"))
    assert [(one.incident_id, one.times) for one in board.heard()] == [("INC-2", 1)]


def cleared(board: Board, alert: Alert, incident_id: str = "INC-1") -> None:
    others = [trouble for trouble in board.firing(incident_id) if trouble != alert.trouble]
    take(board, resolved(alert, NOON + MINUTE), Clears(incident_id, "it ended", over=not others), NOON + MINUTE)


def test_those_that_cleared_first_leave_once_the_batch_is_durable() -> None:
    board = Board(cleared_max=1)
    board.put(*stored("INC-1", WEB, API, DB))
    cleared(board, API)
    cleared(board, WEB)
    assert {member.trouble for member in board.touched()} == {API.trouble, WEB.trouble}
    board.settled({})
    assert not board.knows(API.trouble)
    assert board.episode(API.trouble) is None
    assert [member.trouble for member in board.members("INC-1")] == [WEB.trouble, DB.trouble]


def test_what_fires_never_leaves_and_what_fires_again_stays() -> None:
    board = Board(cleared_max=0)
    board.put(*stored("INC-1", WEB, API))
    cleared(board, WEB)
    take(board, replace(WEB, starts_at=NOON + MINUTE), Joins("INC-1", "again", Link.SAME_TROUBLE), NOON + MINUTE)
    board.settled({})
    assert board.knows(WEB.trouble)
    assert board.knows(API.trouble)


def left(board: Board) -> Member:
    """What the store has of WEB after it left INC-1, where API still fires."""
    board.put(*stored("INC-1", WEB, API))
    cleared(board, WEB)
    (member,) = board.touched()
    board.settled({})
    assert not board.knows(WEB.trouble)
    return member


def test_one_that_left_is_called_back_into_its_incident() -> None:
    board = Board(cleared_max=0)
    board.recall(WEB.trouble, Past(member=left(board)))
    member = board.member(WEB.trouble)
    assert member is not None
    assert (member.incident_id, member.firing) == ("INC-1", False)
    board.settled({})
    assert not board.knows(WEB.trouble)


def test_one_that_left_is_called_back_into_what_absorbed_its_incident_in_this_batch() -> None:
    board = Board(cleared_max=0)
    member = left(board)
    board.put(*stored("INC-2", DB))
    board.put(*stored("INC-3", replace(WEB, fingerprint="other")))
    take(board, DB, joins("INC-2", DB, "INC-1"))
    take(board, DB, joins("INC-3", DB, "INC-2"))
    board.recall(WEB.trouble, Past(member=member))
    assert board.incident_of(WEB.trouble) == "INC-3"


def test_one_whose_incident_closed_in_this_batch_returns_to_a_closed_one() -> None:
    board = Board(cleared_max=0)
    member = left(board)
    incident = board.incident("INC-1")
    assert incident is not None
    board.put(replace(incident, state=State.NEEDS_HUMAN), board.members("INC-1"))
    cleared(board, API)
    board.recall(WEB.trouble, Past(member=member))
    closed = board.closed(WEB.trouble)
    assert closed is not None
    assert closed.state is State.SELF_CLEARED
    assert not board.knows(WEB.trouble)


def test_the_seat_of_an_incident_that_nobody_knows_here_is_left_to_the_store() -> None:
    board = Board(cleared_max=0)
    member = left(board)
    board.drop("INC-1")
    board.recall(WEB.trouble, Past(member=member))
    assert not board.knows(WEB.trouble)


def test_repeats_of_one_that_left_still_count_for_its_incident() -> None:
    board = Board(cleared_max=0)
    board.put(*stored("INC-1", WEB, API))
    board.hear(WEB.trouble)
    cleared(board, WEB)
    board.settled({})
    before = board.incident("INC-1")
    board.counted(board.heard())
    after = board.incident("INC-1")
    assert before is not None
    assert after is not None
    assert after.alert_count == before.alert_count + 1
    assert board.heard() == ()
