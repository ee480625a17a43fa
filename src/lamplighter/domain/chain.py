"""What a chain of the audit log's rows shows: whether it is whole, and if not, where it was first changed, and how.

The same look serves the store, an exported file and the console; nothing is read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from lamplighter.domain.audit import NOTHING, Row, What, hash_of


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row, as the store or a person remembers it. A `seq` of 0 with a hash: somewhere in the chain."""

    seq: int = 0
    hash: str = NOTHING


# What a store has that does not say, or says twice, where its chain ends.
LOST = Head(-1, "")


class Fault(StrEnum):
    """What can be wrong with a chain."""

    CHANGED = "changed row"
    MISSING = "missing row"
    INSERTED = "inserted row"
    CUT = "cut tail"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not what it was, and what kind of wrong it is."""

    seq: int
    fault: Fault
    words: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a chain was looked through in order, and what is still to be vouched for."""

    rows: int = 0
    first: int = 0
    began: str = NOTHING
    last: int = 0
    hash: str = NOTHING
    met: bool = False
    pruned: tuple[tuple[str, str], ...] = ()


def looked_through(
    rows: Iterable[Row], so_far: Checked = Checked(), head: Head | None = None, anchor: Head = Head()
) -> Checked | Broken:
    """Go on from where an earlier look ended, row by row in the order they are given."""
    walk: Iterator[Row] = iter(rows)
    known, row = so_far, next(walk, None)
    while row is not None:
        following = next(walk, None)
        wrong = _wrong(known, row, following, head) or _against(anchor, row)
        if wrong is not None:
            return wrong
        known, row = _further(known, row, anchor), following
    return known


def judged(known: Checked, head: Head | None = None, anchor: Head = Head()) -> Broken | None:
    """What is wrong with a chain that was looked through to its end: how it begins, and how it ends.

    Without a `head` nobody says where it should end, as in an export.
    """
    if known.rows and known.first > 1 and (str(known.first - 1), known.began) not in known.pruned:
        return Broken(1, Fault.MISSING, f"rows 1 to {known.first - 1} are missing, and no row says why")
    if head == LOST:
        return Broken(
            known.last + 1, Fault.CUT, f"the store does not say any more where the log ends: row {known.last}?"
        )
    for other, name in ((head, "the store remembers"), (anchor, "the anchor names")):
        if other is not None and other.seq > known.last:
            words = f"the rows after {known.last} were cut off: {name} row {other.seq}"
            return Broken(known.last + 1, Fault.CUT, words)
    wrong = _other_end(known, head) if head is not None else None
    if wrong is None and anchor.hash != NOTHING and not known.met:
        return _unmet(known, anchor)
    return wrong


def _other_end(known: Checked, head: Head) -> Broken | None:
    if head.seq < known.last:
        remembered = f"row {head.seq} as the newest" if head.seq else "no row"
        return Broken(head.seq + 1, Fault.INSERTED, f"the store remembers {remembered}")
    if head.hash != known.hash:
        return Broken(known.last, Fault.CHANGED, f"row {known.last} is not the newest one that the store remembers")
    return None


def _unmet(known: Checked, anchor: Head) -> Broken | None:
    if anchor.hash == known.began or 0 < anchor.seq < known.first - 1:
        # What it names was pruned, which a row of the chain says.
        return None
    words = f"no row has the hash {anchor.hash[:16]}…: rows were cut off, or an older state was put in their place"
    return Broken(known.last + 1, Fault.CUT, words)


def _wrong(known: Checked, row: Row, following: Row | None, head: Head | None) -> Broken | None:
    if row.seq < 1:
        return Broken(row.seq, Fault.INSERTED, f"there is a row {row.seq}, but the first of a chain is row 1")
    expected = known.last + 1 if known.rows else row.seq
    if row.seq < expected:
        return Broken(row.seq, Fault.INSERTED, f"row {row.seq} is there again, or not in its place")
    if row.seq > expected:
        more = f" to {row.seq - 1}" if row.seq - 1 > expected else ""
        return Broken(expected, Fault.MISSING, f"row {expected}{more} is missing; row {row.seq} follows {known.last}")
    if following is not None and following.seq == row.seq:
        return Broken(row.seq, Fault.INSERTED, f"there are two rows {row.seq}")
    if hash_of(row) != row.hash:
        return Broken(row.seq, Fault.CHANGED, f"row {row.seq} says something else than when it was written")
    return _unlinked(known, row, following, head)


def _unlinked(known: Checked, row: Row, following: Row | None, head: Head | None) -> Broken | None:
    if not known.rows:
        starts = row.seq != 1 or (row.previous == NOTHING and row.what == What.CHAIN_BEGUN)
        return None if starts else Broken(1, Fault.CHANGED, "row 1 is not the beginning of a chain")
    if row.previous == known.hash:
        return None
    # Both rows fit their own hashes, so one was written anew; what comes after says which.
    last = head.hash if head is not None and head.seq == row.seq else NOTHING
    named = following.previous if following is not None else last
    bad = row.seq if named not in {row.hash, NOTHING} else known.last
    return Broken(bad, Fault.CHANGED, f"row {bad} was written anew: rows {known.last} and {row.seq} do not fit")


def _against(anchor: Head, row: Row) -> Broken | None:
    if anchor.seq and row.seq == anchor.seq and row.hash != anchor.hash:
        return Broken(
            row.seq, Fault.CHANGED, f"row {row.seq} has another hash than the anchor: the chain was written anew"
        )
    return None


def _further(known: Checked, row: Row, anchor: Head) -> Checked:
    first = known if known.rows else replace(known, first=row.seq, began=row.previous)
    pruned = known.pruned
    if row.what == What.ROWS_PRUNED:
        # Each is of a later cut than those before it, and only the last can vouch for how the chain begins now.
        pruned = ((row.detail.get("through", ""), row.detail.get("hash", "")),)
    met = known.met or row.hash == anchor.hash
    return replace(first, rows=known.rows + 1, last=row.seq, hash=row.hash, met=met, pruned=pruned)
