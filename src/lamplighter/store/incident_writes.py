"""Many incidents written at once, as a batch of placements leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from lamplighter.domain.incident import Incident
from lamplighter.store.driver import Many, stamp_for
from lamplighter.store.incident_rows import WORDS_CHARS_MAX, columns_of, number_of, words_of
from lamplighter.store.tables import incidents
from lamplighter.store.values import bounded_key, clean
from lamplighter.store.writes import insert_numbered

Names = Mapping[str, Iterable[str]]
# Three statements: most placements only count, and a column that an index holds is written to that index even where it
# stays the same.
_COUNTED = Many(
    "UPDATE incidents SET digest = ?, updated_at = ?, alert_count = ?, member_count = ?, signal_cleared_at = ? "
    "WHERE number = ?"
)
_TOLD = Many(
    "UPDATE incidents SET title = ?, run = ?, flapping = ?, again = ?, held = ?, acknowledged_by = ?, resolution = ?, "
    "resolved_by = ?, merged_into = ? WHERE number = ?"
)
_INDEXED = Many("UPDATE incidents SET state = ?, severity = ?, component = ?, closed_at = ? WHERE number = ?")
_WORDS = Many(
    "UPDATE incidents SET words = substr(words || ?, 1, ?) "
    "WHERE number = ? AND length(replace(words, ?, '')) = length(words)"
)


def insert_incidents(
    connection: Connection, opened: Sequence[Incident], digests: Sequence[str], names: Names
) -> list[int]:
    """Insert incidents whose alerts' bodies are there; returns their numbers, in order."""
    rows = [
        columns_of(incident, digest) | {"words": words_of(incident, *names.get(incident.id, ()))}
        for incident, digest in zip(opened, digests, strict=True)
    ]
    return insert_numbered(connection, incidents, rows)


def update_incidents(connection: Connection, changed: Sequence[tuple[Incident, Incident, str]], names: Names) -> None:
    """Update incidents: as they were, as they are, and the digest of their alert's body."""
    stamp = stamp_for(connection)
    counted: list[tuple[object, ...]] = []
    told: list[tuple[object, ...]] = []
    indexed: list[tuple[object, ...]] = []
    words: list[tuple[object, ...]] = []
    for before, after, digest in changed:
        number = number_of(after.id)
        cleared_at = after.signal_cleared_at and stamp(after.signal_cleared_at)
        counted.append((digest, stamp(after.updated_at), after.alert_count, after.member_count, cleared_at, number))
        if (said := _told(after)) != _told(before):
            told.append((*(clean(one) if isinstance(one, str) else one for one in said), number))
        if _indexed(before) != _indexed(after):
            known = (str(after.state), clean(after.severity), bounded_key(after.component), stamp(after.closed_at))
            indexed.append((*known, number))
        new = _new_words(before, after, names.get(before.id, ()))
        words.extend((f"\n{word}", WORDS_CHARS_MAX, number, word) for word in new)
    _COUNTED.run(connection, counted)
    _TOLD.run(connection, told)
    _INDEXED.run(connection, indexed)
    _WORDS.run(connection, words)


def _told(incident: Incident) -> tuple[object, ...]:
    return (
        incident.title,
        incident.run,
        incident.flapping,
        incident.again,
        incident.held,
        incident.acknowledged_by,
        incident.resolution,
        incident.resolved_by,
        incident.merged_into,
    )


def _indexed(incident: Incident) -> tuple[object, ...]:
    return incident.state, incident.severity, incident.component, incident.closed_at


def _new_words(before: Incident, after: Incident, names: Iterable[str]) -> list[str]:
    known = {before.alert.name, before.title, before.component, ""}
    said = dict.fromkeys((*names, after.title, after.component))
    return [clean(word).lower() for word in said if word not in known]
