"""A letter is written once, taken by one, and what became of it stands in its own row, over restarts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from lamplighter.domain.letter import Letter, LetterState
from lamplighter.store import SqlStore
from lamplighter.store.tables import outbox
from lamplighter.testing import NOON
from tests.unit.domain.letters import ALL

LATER = NOON + timedelta(minutes=2)


def letter(moment: str = "ask", channel: str = "chat", **changes: object) -> Letter:
    message = ALL[moment]
    made = Letter(f"{channel}|{message.key}", channel, message, 1, NOON, NOON, said="abc", lead="t1")
    return replace(made, **changes)


def claimed(store: SqlStore, channel: str = "chat", minutes: float = 0) -> list[Letter]:
    now = NOON + timedelta(minutes=minutes)
    return list(store.outbox.claim(channel, now, until=now + timedelta(minutes=2)))


def test_a_letter_is_read_back_as_it_was_written_and_written_once(store: SqlStore) -> None:
    assert store.outbox.post([letter(), letter("blind")]) == 2
    assert store.outbox.post([letter(), letter("blind")]) == 0
    newest, oldest = store.outbox.listed()
    assert (oldest.message, oldest.said, oldest.lead, oldest.run) == (ALL["ask"], "abc", "t1", 1)
    assert newest.message.incident_id == ""


def test_a_letter_is_taken_by_one_and_again_only_after_its_time(store: SqlStore) -> None:
    store.outbox.post([letter(), letter(channel="other")])
    (mine,) = claimed(store)
    assert mine.channel == "chat"
    assert claimed(store) == []
    assert [one.attempts for one in claimed(store, minutes=3)] == [1]


def test_a_letter_that_was_put_back_waits_until_its_time(store: SqlStore) -> None:
    store.outbox.post([letter()])
    claimed(store)
    store.outbox.later(letter().key, LATER, "500")
    assert claimed(store, minutes=1) == []
    (again,) = claimed(store, minutes=2)
    assert (again.problem, again.attempts) == ("500", 1)


def test_what_waits_after_a_failure_is_superseded_by_what_says_more(store: SqlStore) -> None:
    store.outbox.post([letter("detected"), letter("detected", "other")])
    claimed(store)
    store.outbox.later(letter("detected").key, LATER, "500")
    store.outbox.post([letter("ask"), letter("ask", "other")])
    states = {one.key: one.state for one in store.outbox.of_incident("INC-142")}
    assert states[letter("detected").key] is LetterState.SUPERSEDED
    # The other channel has not failed: both are told, in their order.
    assert states[letter("detected", "other").key] is LetterState.QUEUED
    for moment in ("detected", "ask"):
        assert [one.message for one in claimed(store, "other")] == [ALL[moment]]
        store.outbox.end(letter(moment, "other").key, LetterState.SENT, NOON)


def put_back(store: SqlStore, waiting: Letter) -> None:
    store.outbox.post([waiting])
    claimed(store)
    store.outbox.later(waiting.key, LATER, "500")


def state_of(store: SqlStore, key: str) -> LetterState:
    return next(one.state for one in store.outbox.listed() if one.key == key)


def changed(moment: str, key: str, **changes: object) -> Letter:
    return letter(moment, key=f"chat|{key}", message=replace(ALL[moment], key=key, **changes))


def test_an_update_supersedes_updates_alone(store: SqlStore) -> None:
    put_back(store, letter("detected"))
    store.outbox.post([changed("running", "first", loud=False, update=True)])
    assert state_of(store, letter("detected").key) is LetterState.QUEUED
    claimed(store)
    store.outbox.later("chat|first", LATER, "500")
    store.outbox.post([changed("running", "second", loud=False, update=True)])
    assert state_of(store, "chat|first") is LetterState.SUPERSEDED
    assert state_of(store, letter("detected").key) is LetterState.QUEUED


def test_what_takes_the_place_of_a_loud_letter_is_loud(store: SqlStore) -> None:
    put_back(store, letter("detected"))
    store.outbox.post([changed("self_cleared", "quiet", loud=False)])
    assert state_of(store, letter("detected").key) is LetterState.SUPERSEDED
    assert [(one.key, one.message.loud) for one in claimed(store)] == [("chat|quiet", True)]


def test_a_reminder_is_superseded_by_what_is_heard_now_alone(store: SqlStore) -> None:
    reminder = letter("ask", due_at=NOON + timedelta(minutes=30))
    store.outbox.post([reminder])
    store.outbox.post([changed("running", "quiet", loud=False)])
    assert state_of(store, reminder.key) is LetterState.QUEUED
    store.outbox.post([letter("needs_you")])
    assert state_of(store, reminder.key) is LetterState.SUPERSEDED


def test_the_newest_delivery_is_what_an_edit_changes(store: SqlStore) -> None:
    assert store.outbox.reference("chat", "INC-142") == ""
    store.outbox.post([letter("detected"), letter("ask")])
    store.outbox.end(letter("detected").key, LetterState.SENT, NOON, reference="42:1")
    assert store.outbox.reference("chat", "INC-142") == "42:1"
    store.outbox.end(letter("ask").key, LetterState.SENT, LATER, reference="42:2")
    assert store.outbox.reference("chat", "INC-142") == "42:2"
    assert store.outbox.reference("other", "INC-142") == ""


def test_the_dead_are_listed_and_the_old_are_forgotten(store: SqlStore) -> None:
    store.outbox.post([letter("detected"), letter("ask")])
    store.outbox.end(letter("detected").key, LetterState.DEAD, NOON, problem="403")
    assert [one.problem for one in store.outbox.listed(LetterState.DEAD)] == ["403"]
    assert store.outbox.prune(NOON) == 0
    assert store.outbox.prune(LATER) == 1
    assert [one.key for one in store.outbox.listed()] == [letter("ask").key]


def test_incidents_that_people_last_heard_of_as_open_are_found(store: SqlStore) -> None:
    store.outbox.post([letter("detected"), letter("ask")])
    assert [one.message.moment for one in store.outbox.threads()] == ["asked"]
    store.outbox.post([letter("resolved")])
    assert store.outbox.threads() == []


def test_marks_are_kept_by_name_and_replaced(store: SqlStore) -> None:
    assert store.outbox.mark("offset") == ""
    for value in ("1", "2"):
        store.outbox.note("offset", value)
    assert store.outbox.mark("offset") == "2"


def test_what_another_version_wrote_in_its_own_form_is_dead_and_holds_up_nothing(store: SqlStore) -> None:
    store.outbox.post([letter("detected"), letter("ask")])
    with store._database.writing() as connection:
        odd = outbox.update().where(outbox.c.key == letter("detected").key)
        connection.execute(odd.values(content='{"key": 1}'))
    assert [one.message.moment for one in claimed(store)] == ["asked"]
    with store._database.reading() as connection:
        row = connection.execute(outbox.select().where(outbox.c.key == letter("detected").key)).one()
    assert row.state == "dead"
    assert "another version" in row.problem
    assert [one.key for one in store.outbox.listed()] == [letter("ask").key]


def test_two_letters_about_one_incident_are_never_on_their_way_at_once(store: SqlStore) -> None:
    store.outbox.post([letter("detected"), letter("blind")])
    assert [one.message.moment for one in claimed(store)] == ["opened", "blind"]
    # Somebody else's process finds an update that would be nothing yet, or old news before the message that it changes.
    store.outbox.post([changed("running", "later", loud=False, update=True)])
    assert claimed(store) == []
    store.outbox.end(letter("detected").key, LetterState.SENT, NOON, reference="42:1")
    assert [one.key for one in claimed(store)] == ["chat|later"]


def test_what_a_killed_process_was_sending_comes_before_what_was_written_since(store: SqlStore) -> None:
    store.outbox.post([letter("detected")])
    claimed(store)
    store.outbox.post([letter("ask")])
    assert [one.message.moment for one in claimed(store, minutes=3)] == ["opened"]


def test_of_two_who_take_at_once_one_gets_what_is_about_an_incident(store: SqlStore) -> None:
    store.outbox.post([letter(moment) for moment in ("detected", "ask", "resolved")])
    with ThreadPoolExecutor(8) as many:
        found = list(many.map(lambda _: store.outbox.claim("chat", NOON, until=LATER, limit=1), range(24)))
    assert [one.message.moment for taken in found for one in taken] == ["opened"]
