"""How far the audit log's chain was looked through for the pages: a bounded piece at each look, then on from there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lamplighter.domain.audit import Row, hash_of
from lamplighter.domain.chain import LOST, Broken, Checked, Fault, Head, judged, looked_through
from lamplighter.ports import Audit

ROWS_PER_LOOK_MAX = 1000
# What was looked through is looked through again, because somebody may change it afterwards.
AGAIN_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the chain: looked through up to a row, of so many; and where it is broken, if it is."""

    upto: int = 0
    newest: int = 0
    broken: Broken | None = None
    unread: bool = False

    @property
    def wrong(self) -> bool:
        """Whether it is broken, or nobody can say."""
        return self.broken is not None or self.unread

    @property
    def whole(self) -> bool:
        """Whether all of it was looked through, and nothing is wrong."""
        return not self.wrong and self.upto >= self.newest

    @property
    def words(self) -> str:
        """The same for people."""
        if self.unread:
            return "audit log cannot be read"
        if self.broken is not None:
            return f"broken at row {self.broken.seq}"
        return "chain ok" if self.whole else f"chain ok, checked up to row {self.upto} of {self.newest}"


@dataclass(slots=True)
class ChainWatch:
    """Keeps in memory how far the chain was looked through; a start begins anew."""

    elapsed: Callable[[], float] = time.monotonic
    rows_max: int = ROWS_PER_LOOK_MAX
    _known: Checked = field(default_factory=Checked)
    _upto: int = 0
    _begun: float = 0.0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def look(self, log: Audit) -> Seen:
        """Look at the next rows. Blocks; raises `StoreUnavailable`."""
        with self._turn:
            return self._next(log)

    def _next(self, log: Audit) -> Seen:
        # The head first: every row up to it is there when it can be read.
        head = log.head()
        rows = log.after(self._known.last, self.rows_max)
        if self._known.rows and rows and rows[0].seq > self._known.last + 1:
            # What comes next may have been pruned meanwhile, which the chain itself must say.
            self._known = Checked()
            rows = log.after(0, self.rows_max)
        behind = _behind(log, rows, head)
        found = behind or looked_through([row for row in rows if row.seq <= head.seq], self._known, head)
        if isinstance(found, Broken):
            return Seen(max(0, found.seq - 1), head.seq, found)
        self._known = found
        self._upto = max(self._upto, found.last)
        if len(rows) == self.rows_max and found.last < head.seq:
            return Seen(self._upto, head.seq)
        broken = judged(found, head)
        if broken is None and self.elapsed() - self._begun >= AGAIN_SECONDS:
            self._known, self._begun = Checked(), self.elapsed()
        return Seen(self._upto, head.seq, broken)


def _behind(log: Audit, rows: Sequence[Row], head: Head) -> Broken | None:
    """A row behind the newest. What came while rows were read is behind the head of then, but not that of now."""
    if not rows or rows[-1].seq <= head.seq:
        return None
    newest = log.head()
    late = next((row.seq for row in rows if row.seq > newest.seq), 0)
    if not late or newest == LOST:
        return None
    return Broken(
        late, Fault.INSERTED, f"there is a row {late}, but the store remembers row {newest.seq} as the newest"
    )


def with_rows(seen: Seen, rows: list[Row]) -> Seen:
    """The same, with a look at some rows by themselves, which may lie where the chain was not looked at yet."""
    changed = min((row.seq for row in rows if hash_of(row) != row.hash), default=0)
    if not changed or (seen.broken is not None and seen.broken.seq <= changed):
        return seen
    words = f"row {changed} says something else than when it was written"
    return Seen(seen.upto, seen.newest, Broken(changed, Fault.CHANGED, words))
