"""How fast to place: in a flood the receivers come first, because senders wait for answers and placing does not."""

from __future__ import annotations

from dataclasses import dataclass

BATCH_MAX = 500
# A small batch holds the database and the event loop for a few milliseconds only.
BATCH_BUSY = 100
# Deliveries that come in during one batch, from which on receiving counts as busy.
BUSY_ARRIVALS = 8
REST_SHARE = 2.0
REST_SECONDS_MAX = 0.25
LAG_SECONDS_MAX = 15.0


@dataclass(slots=True)
class Tempo:
    """Watches what comes in while a batch is placed. `lag_seconds` is how long the oldest waiting entry has waited."""

    arrivals: int = 0
    lag_seconds: float = 0.0
    _busy: bool = False

    def arrived(self) -> None:
        """A delivery was journaled."""
        self.arrivals += 1

    @property
    def batch(self) -> int:
        """How many entries to place at once."""
        return BATCH_BUSY if self._busy else BATCH_MAX

    def rest_seconds(self, placed: int, took_seconds: float) -> float:
        """How long to let the receivers go first after a batch; nothing where the placing lags too far behind."""
        full = placed >= self.batch
        self._busy = full and self.arrivals >= BUSY_ARRIVALS and self.lag_seconds < LAG_SECONDS_MAX
        self.arrivals = 0
        return min(REST_SECONDS_MAX, REST_SHARE * took_seconds) if self._busy else 0.0
