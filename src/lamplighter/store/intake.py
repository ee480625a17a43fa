"""What waits for the journal's writer: a queue bounded in deliveries, rows and bytes. Pure threading, no database."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from lamplighter.domain.alert import BadAlert
from lamplighter.ports import StoreUnavailable

DELIVERIES_MAX = 4096
ROWS_MAX = 100_000
BYTES_MAX = 128 * 1024 * 1024
COMMIT_ROWS_MAX = 2000


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert, ready to be written; `digest` names its payload."""

    source: str
    fingerprint: str
    trouble: str
    digest: str
    payload: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery, ready to be written, and the future that waits for the commit."""

    source: str
    received_at: datetime
    alerts: tuple[AlertRow, ...]
    bad: tuple[BadAlert, ...]
    truncated_count: int
    size_bytes: int
    loop: asyncio.AbstractEventLoop
    waiting: asyncio.Future[int]

    @property
    def rows(self) -> int:
        """How many rows it writes, the delivery's own included."""
        return 1 + len(self.alerts) + len(self.bad)


class Intake:
    """First in, first out; full means `StoreUnavailable` at once, so that the sender hears of it and keeps its copy."""

    def __init__(
        self, *, deliveries_max: int = DELIVERIES_MAX, rows_max: int = ROWS_MAX, bytes_max: int = BYTES_MAX
    ) -> None:
        self._deliveries_max = deliveries_max
        self._rows_max = rows_max
        self._bytes_max = bytes_max
        self._parcels: deque[Parcel] = deque()
        self._rows = 0
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, parcel: Parcel) -> None:
        """Queue it. Raises `StoreUnavailable` where the queue is full or closed; an empty queue takes any parcel."""
        with self._changed:
            if self._closed:
                raise StoreUnavailable("the journal is closed")
            full = (
                len(self._parcels) >= self._deliveries_max
                or self._rows + parcel.rows > self._rows_max
                or self._bytes + parcel.size_bytes > self._bytes_max
            )
            if self._parcels and full:
                raise StoreUnavailable(f"{len(self._parcels)} deliveries wait for the journal, which is the limit")
            self._parcels.append(parcel)
            self._count(parcel, 1)
            self._changed.notify()

    def take(self) -> list[Parcel]:
        """Wait for parcels and take what fits into one commit; empty only when closed and drained."""
        with self._changed:
            # The wait ends with a parcel or with `close`; the period only guards against a lost wake-up.
            while not self._parcels and not self._closed:
                self._changed.wait(timeout=1.0)
            batch: list[Parcel] = []
            rows = 0
            while self._parcels and (not batch or rows + self._parcels[0].rows <= COMMIT_ROWS_MAX):
                parcel = self._parcels.popleft()
                self._count(parcel, -1)
                rows += parcel.rows
                batch.append(parcel)
            return batch

    def close(self) -> None:
        """Take nothing more in; what waits is still handed out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _count(self, parcel: Parcel, sign: int) -> None:
        self._rows += sign * parcel.rows
        self._bytes += sign * parcel.size_bytes
