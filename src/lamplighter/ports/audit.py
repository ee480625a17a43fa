"""The door to the audit log: who did what, in a chain that shows changes. A Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lamplighter.domain.audit import Act, Row
from lamplighter.domain.chain import Head


@dataclass(frozen=True, slots=True)
class ActsWanted:
    """Which rows are asked for. Empty means any; `on` is what was acted on, such as an incident's id."""

    actor: str = ""
    what: str = ""
    on: str = ""
    since: datetime | None = None


class Audit(Protocol):
    """Acts, in the order in which they were written. What is kept in the store writes its own act with itself."""

    def write(self, done: Act, *, key: str = "") -> bool:
        """Append one act that changes nothing else in the store; False where one of this key is there already."""
        ...

    def listed(self, wanted: ActsWanted = ActsWanted(), *, limit: int = 50, before: int = 0) -> Sequence[Row]:
        """Rows, newest first; `before` is the number that the last page ended with."""
        ...

    def after(self, seq: int, limit: int) -> Sequence[Row]:
        """Rows past a number, in order."""
        ...

    def head(self) -> Head:
        """The newest row, as the store remembers it."""
        ...
