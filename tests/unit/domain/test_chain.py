"""Any single change of a chain is found, and at the right place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.audit import NOTHING, Row, What, act, chained, hash_of
from lamplighter.domain.chain import LOST, Broken, Checked, Fault, Head, judged, looked_through

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
OTHER = "f" * 64
FIELDS = ("seq", "at", "actor", "what", "on", "detail", "previous", "hash")


def chain(length: int) -> list[Row]:
    acts = [act(NOON, "lamplighter", What.CHAIN_BEGUN, "here", form="1")]
    acts += [act(NOON + timedelta(seconds=n), "ann", What.PAUSED, "all", note=str(n)) for n in range(1, length)]
    rows: list[Row] = []
    for seq, one in enumerate(acts, start=1):
        rows.append(chained(one, seq, rows[-1].hash if rows else NOTHING))
    return rows


def verdict(rows: Sequence[Row], head: Head | None = None, anchor: Head = Head()) -> Checked | Broken:  # noqa: B008 - a frozen value
    found = looked_through(rows, head=head, anchor=anchor)
    return found if isinstance(found, Broken) else judged(found, head, anchor) or found


def head_of(rows: Sequence[Row]) -> Head:
    return Head(rows[-1].seq, rows[-1].hash)


def rehashed(row: Row) -> Row:
    return replace(row, hash=hash_of(row))


lengths = st.integers(2, 30)


@given(lengths)
def test_a_whole_chain_is_whole(length: int) -> None:
    rows = chain(length)
    found = verdict(rows, head_of(rows))
    assert isinstance(found, Checked)
    assert (found.rows, found.first, found.last, found.hash) == (length, 1, length, rows[-1].hash)


@given(lengths, st.data())
def test_a_changed_row_is_found_where_it_is(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    place = data.draw(st.integers(0, length - 1))
    name = data.draw(st.sampled_from([field for field in FIELDS if field != "seq"]))
    other = {"at": NOON - timedelta(days=1), "detail": {"note": "other"}}.get(name, OTHER)
    changed = replace(rows[place], **{name: other})
    if data.draw(st.booleans()) and name != "hash":
        changed = rehashed(changed)
    found = verdict([*rows[:place], changed, *rows[place + 1 :]], head_of(rows))
    assert isinstance(found, Broken)
    assert (found.seq, found.fault) == (place + 1, Fault.CHANGED)


@given(lengths, st.data())
def test_a_row_under_another_number_is_found(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    place, shift = data.draw(st.integers(0, length - 1)), data.draw(st.sampled_from([-40, -1, 1, 2, 40]))
    changed = rehashed(replace(rows[place], seq=rows[place].seq + shift))
    found = verdict([*rows[:place], changed, *rows[place + 1 :]], head_of(rows))
    assert isinstance(found, Broken)


@given(lengths, st.data())
def test_a_removed_row_is_found_where_it_was(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    place = data.draw(st.integers(0, length - 1))
    found = verdict([*rows[:place], *rows[place + 1 :]], head_of(rows))
    assert isinstance(found, Broken)
    assert found.seq == place + 1
    assert found.fault is (Fault.CUT if place == length - 1 else Fault.MISSING)


@given(st.integers(3, 30), st.data())
def test_two_rows_that_changed_places_are_found(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    first = data.draw(st.integers(0, length - 2))
    second = data.draw(st.integers(first + 1, length - 1))
    rows[first], rows[second] = rows[second], rows[first]
    found = verdict(rows, head_of(chain(length)))
    assert isinstance(found, Broken)
    # Where the very first row is another, a chain does not tell where it should begin.
    assert found.seq == first + 1 or first == 0


@given(lengths, st.data())
def test_contents_that_changed_places_are_found(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    first = data.draw(st.integers(0, length - 2))
    one, other = rows[first], rows[first + 1]
    rows[first] = replace(other, seq=one.seq)
    rows[first + 1] = replace(one, seq=other.seq)
    found = verdict(rows, head_of(chain(length)))
    assert isinstance(found, Broken)
    assert (found.seq, found.fault) == (first + 1, Fault.CHANGED)


@given(lengths, st.data())
def test_an_inserted_row_is_found_where_it_is(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    place = data.draw(st.integers(1, length - 1))
    forged = chained(act(NOON, "eve", What.APPROVAL_GRANTED, "INC-1"), place + 1, rows[place - 1].hash)
    if data.draw(st.booleans()):
        forged = rows[place]
    found = verdict([*rows[:place], forged, *rows[place:]], head_of(rows))
    assert isinstance(found, Broken)
    assert (found.seq, found.fault) == (place + 1, Fault.INSERTED)


def test_a_row_behind_the_newest_is_found() -> None:
    rows = chain(5)
    forged = chained(act(NOON, "eve", What.RESUMED, "all"), 6, rows[-1].hash)
    found = verdict([*rows, forged], head_of(rows))
    assert found == Broken(6, Fault.INSERTED, "the store remembers row 5 as the newest")


@pytest.mark.parametrize("seq", [0, -1])
def test_a_row_before_the_first_is_found(seq: int) -> None:
    rows = chain(3)
    forged = chained(act(NOON, "eve", What.RESUMED, "all"), seq, NOTHING)
    found = verdict([forged, *rows], head_of(rows))
    assert isinstance(found, Broken)
    assert (found.seq, found.fault) == (seq, Fault.INSERTED)


def test_a_store_that_does_not_know_where_its_log_ends_is_no_whole_one() -> None:
    for rows in ([], chain(3)):
        found = verdict(rows, LOST)
        assert isinstance(found, Broken)
        assert (found.seq, found.fault) == (len(rows) + 1, Fault.CUT)
    assert verdict(chain(3), Head()) == Broken(1, Fault.INSERTED, "the store remembers no row")
    assert verdict([], Head()) == Checked()


def test_a_whole_chain_written_anew_is_found_by_an_anchor_alone() -> None:
    rows = chain(5)
    anew = [rows[0]]
    for seq in range(2, 6):
        anew.append(chained(act(NOON, "eve", What.PAUSED, "all"), seq, anew[-1].hash))
    assert isinstance(verdict(anew, head_of(anew)), Checked)
    found = verdict(anew, head_of(anew), Head(3, rows[2].hash))
    assert isinstance(found, Broken)
    assert (found.seq, found.fault) == (3, Fault.CHANGED)
    assert isinstance(verdict(anew, head_of(anew), Head(0, rows[2].hash)), Broken)


@given(lengths, st.data())
def test_a_cut_tail_is_found_by_an_anchor_even_where_the_head_was_cut_too(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    left = rows[: data.draw(st.integers(1, length - 1))]
    assert isinstance(verdict(left, head_of(left)), Checked)
    for anchor in (head_of(rows), Head(0, rows[-1].hash)):
        found = verdict(left, head_of(left), anchor)
        assert isinstance(found, Broken)
        assert (found.seq, found.fault) == (len(left) + 1, Fault.CUT)


@given(lengths, st.data())
def test_an_anchor_that_is_in_the_chain_is_met(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    row = rows[data.draw(st.integers(0, length - 1))]
    for anchor in (Head(row.seq, row.hash), Head(0, row.hash)):
        assert isinstance(verdict(rows, head_of(rows), anchor), Checked)


@pytest.mark.parametrize("through", [1, 3, 5])
def test_what_was_pruned_is_vouched_for_by_the_row_that_says_so(through: int) -> None:
    rows = chain(6)
    gone = rows[through - 1]
    said = act(NOON, "lamplighter", What.ROWS_PRUNED, "audit", through=str(through), hash=gone.hash)
    left = [*rows[through:], chained(said, 7, rows[-1].hash)]
    assert isinstance(verdict(left, head_of(left)), Checked)
    assert isinstance(verdict(left, head_of(left), Head(0, gone.hash)), Checked)
    assert isinstance(verdict(left, head_of(left), Head(1, rows[0].hash)), Checked)
    assert isinstance(verdict(left, head_of(left), Head(through, gone.hash)), Checked)
    assert isinstance(verdict(left, head_of(left), Head(through, OTHER)), Broken), "another chain was pruned there"
    found = verdict(left[1:], head_of(left))
    assert isinstance(found, Broken)
    assert (found.seq, found.fault) == (1, Fault.MISSING)


def test_a_look_goes_on_where_an_earlier_one_ended() -> None:
    rows = chain(9)
    known = looked_through(rows[:4])
    assert isinstance(known, Checked)
    whole = looked_through(rows[4:], known)
    assert whole == looked_through(rows)
    assert isinstance(looked_through([replace(rows[4], actor="eve")], known), Broken)


def test_an_empty_chain_is_whole_unless_rows_are_remembered() -> None:
    assert verdict([]) == Checked()
    found = verdict([], Head(3, OTHER))
    assert isinstance(found, Broken)
    assert found.seq == 1
