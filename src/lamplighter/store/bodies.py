"""Bodies: the text of alerts, each kept once by its digest, for the journal, the incidents and their members."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection

from lamplighter.domain.alert import Alert
from lamplighter.store.driver import Many
from lamplighter.store.values import packed_alert

DIGEST_BYTES = 16
# The generation of a body is renewed once in so many alerts, so that a repeated alert costs no write.
ALERTS_IN_A_GENERATION = 1000
_KEEP = Many(
    "INSERT INTO bodies (digest, payload, seen) VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE "
    "SET seen = excluded.seen WHERE bodies.seen < excluded.seen"
)

_NEWEST = Many("SELECT coalesce(max(seq), 0) FROM journal")


def digest(payload: str) -> str:
    """The name of a body."""
    return hashlib.blake2b(payload.encode(), digest_size=DIGEST_BYTES).hexdigest()


def digest_of(alert: Alert) -> str:
    """The name of an alert's body."""
    return digest(packed_alert(alert))


def generation(seq: int) -> int:
    """Which generation a journal entry belongs to."""
    return seq // ALERTS_IN_A_GENERATION


def present_generation(connection: Connection) -> int:
    """The generation of the newest entry that is seen; retention leaves that entry, so that it never falls back."""
    ((newest,),) = _NEWEST.rows(connection, ())
    return generation(int(newest))


def keep(connection: Connection, payloads: Iterable[tuple[str, str]], seen: int) -> None:
    """Write (digest, payload) pairs, or note that they were seen again."""
    # What an incident shows is written with no generation of its own: its journal row has brought one.
    # In order, so that two writers never wait for each other's rows.
    _KEEP.run(connection, [(name, payload, seen) for name, payload in sorted(payloads)])


def kept_digest(connection: Connection, alert: Alert) -> str:
    """The digest of an alert's body, which is there afterwards."""
    payload = packed_alert(alert)
    name = digest(payload)
    keep(connection, [(name, payload)], 0)
    return name
