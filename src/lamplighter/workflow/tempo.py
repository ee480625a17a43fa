"""How fast to place: in a flood the receivers come first, because senders wait for answers and placing does not."""

from __future__ import annotations

from dataclasses import dataclass

BATCH_MAX = 500
# A small batch holds the database and the event loop for a few milliseconds only. A backlog to which nobody adds
# doubles it each time.
BATCH_BUSY = 50
# Deliveries that come in during one batch, from which on receiving counts as busy.
BUSY_ARRIVALS = 8
REST_SHARE = 3.0
REST_SECONDS_MAX = 0.25
LAG_SECONDS_MAX = 25.0


@dataclass(slots=True)
class Tempo:
    """Watches what comes in while a batch is placed.

    `batch` is how many entries to place at once, `lag_seconds` how long the oldest waiting entry has waited.
    """

    arrivals: int = 0
    lag_seconds: float = 0.0
    batch: int = BATCH_BUSY

    def arrived(self) -> None:
        """A delivery was journaled."""
        self.arrivals += 1

    def rest_seconds(self, placed: int, took_seconds: float) -> float:
        """How long to let the receivers go first after a batch; nothing where the placing lags too far behind."""
        full = placed >= self.batch
        late = self.lag_seconds >= LAG_SECONDS_MAX
        busy = self.arrivals >= BUSY_ARRIVALS and not late
        self.arrivals = 0
        self.batch = min(BATCH_MAX, 2 * self.batch) if full and not busy else BATCH_BUSY
        return min(REST_SECONDS_MAX, REST_SHARE * took_seconds) if full and busy else 0.0
