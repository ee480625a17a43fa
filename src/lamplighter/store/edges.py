"""What was learned of what needs what, in SQL, with where it was learned and when it was last seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from lamplighter.domain.topology import Edge
from lamplighter.store.driver import Many, stamp_for
from lamplighter.store.engine import Database
from lamplighter.store.tables import edges
from lamplighter.store.values import bounded_key

EDGES_MAX = 100_000
_KEEP = Many(
    "INSERT INTO edges (source, target, kind, origin, seen_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (source, target, kind, origin) DO UPDATE SET seen_at = excluded.seen_at "
    "WHERE edges.seen_at < excluded.seen_at"
)


class SqlEdges:
    """The edges in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, edges_kept: Sequence[Edge], now: datetime) -> None:
        """Write, or note that it was seen again; at most EDGES_MAX at once."""
        # In order, so that two writers never wait for each other's rows.
        found = sorted({(edge.source, edge.target, edge.kind, edge.origin) for edge in edges_kept[:EDGES_MAX]})
        with self._database.writing() as connection:
            at = stamp_for(connection)(now)
            _KEEP.run(connection, [(*(bounded_key(word) for word in words), at) for words in found])

    def known(self, since: datetime) -> Sequence[Edge]:
        """The edges that were seen since then, the most lately seen first, at most EDGES_MAX."""
        query = select(edges.c.source, edges.c.target, edges.c.kind, edges.c.origin).where(edges.c.seen_at >= since)
        ordered = query.order_by(edges.c.seen_at.desc(), edges.c.source, edges.c.target, edges.c.kind)
        with self._database.reading() as connection:
            return [Edge(*row) for row in connection.execute(ordered.limit(EDGES_MAX))]
