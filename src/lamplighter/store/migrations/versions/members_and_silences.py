"""Members, silences, edges, leases, pairs kept apart; incidents of issue 2 become incidents with one member each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.incident import CLOSED
from lamplighter.store.columns import Moment
from lamplighter.store.values import packed, unpacked

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ROWS_AT_ONCE = 500
ALERTS_IN_A_GENERATION = 1000
GONE = ("open_key", "trouble", "alert")
WORDS_ADDED = ("digest", "held", "regression_of", "merged_into", "acknowledged_by", "grouping", "words")
FLAGS_ADDED = ("flapping", "again")
INDICES = {
    "journal": (("journal_unplaced", ("seq",)),),
    "incidents": (
        ("incidents_by_state", ("state", "number")),
        ("incidents_by_severity", ("severity", "number")),
        ("incidents_by_component", ("component", "number")),
        ("ix_incidents_closed_at", ("closed_at",)),
    ),
    "dead_letters": (),
}


def upgrade() -> None:
    """Add the new tables and columns, fill them from what is there, drop what they replace."""
    _new_tables()
    _bodies_and_episodes()
    _widen_incidents()
    connection = op.get_bind()
    for row in _old_incidents(connection):
        _convert(connection, row)
    if connection.dialect.name == "sqlite":
        _rebuild_for_sqlite()
    else:
        _trim_for_postgresql()


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _serial(name: str) -> sa.Column[int]:
    return sa.Column(name, SERIAL, primary_key=True)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _new_tables() -> None:
    op.create_table(
        "members",
        sa.Column("incident_number", SERIAL, sa.ForeignKey("incidents.number"), primary_key=True, autoincrement=False),
        _key("trouble"),
        sa.Column("open_trouble", sa.Text, unique=True),
        sa.Column("seq", SERIAL, nullable=False),
        *_words("digest", "component", "link", "reason"),
        _time("joined_at"),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_index("members_by_trouble", "members", ["trouble"])
    op.create_table("apart", _key("one"), _key("other"), _time("at"))
    op.create_table(
        "silences",
        _serial("seq"),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *_words("matchers"),
        _time("starts_at"),
        _time("ends_at"),
        *_words("author", "reason", "origin", "outside_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_silences_ends_at", "silences", ["ends_at"])
    op.create_index("ix_silences_outside_id", "silences", ["outside_id"])
    op.create_table("edges", *(_key(name) for name in ("source", "target", "kind", "origin")), _time("seen_at"))
    op.create_index("ix_edges_seen_at", "edges", ["seen_at"])
    op.create_table(
        "leases",
        _key("name"),
        *_words("holder"),
        sa.Column("token", SERIAL, nullable=False, unique=True),
        _time("ends_at"),
    )


def _bodies_and_episodes() -> None:
    op.add_column("bodies", sa.Column("seen", sa.Integer, nullable=False, server_default="0"))
    serial: sa.Function[Any] = sa.func.max(sa.column("seq"))
    newest: sa.Select[Any] = sa.select(sa.func.coalesce(serial, 0)).select_from(sa.table("journal"))
    seen = op.get_bind().execute(newest).scalar_one() // ALERTS_IN_A_GENERATION
    bodies = sa.table("bodies", sa.column("seen"))
    op.execute(bodies.update().values(seen=seen))
    op.create_index("ix_bodies_seen", "bodies", ["seen"])
    op.add_column("episodes", sa.Column("penalty", sa.Float(53), nullable=False, server_default="0"))
    op.add_column("episodes", _time("changed_at", nullable=True))
    op.execute(sa.text("UPDATE episodes SET changed_at = starts_at"))
    op.create_index("ix_episodes_changed_at", "episodes", ["changed_at"])


def _widen_incidents() -> None:
    for name in WORDS_ADDED:
        op.add_column("incidents", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name in FLAGS_ADDED:
        op.add_column("incidents", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    for name in ("member_count", "edition"):
        op.add_column("incidents", sa.Column(name, sa.Integer, nullable=False, server_default="1"))


def _old_incidents(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
    names = ("number", "open_key", "trouble", "title", "component", "alert", "opened_at", "alert_count", "state")
    columns: list[Any] = [sa.column(name) for name in names if name != "opened_at"]
    times = [sa.column(name, Moment()) for name in ("opened_at", "signal_cleared_at")]
    return connection.execute(sa.select(*columns, *times).select_from(sa.table("incidents"))).all()


def _convert(connection: sa.Connection, row: sa.Row[Any]) -> None:
    alert = unpacked(row.alert, Alert)
    lead = _body(connection, row.alert)
    if row.signal_cleared_at is not None and alert.status is AlertStatus.FIRING:
        over = {"status": AlertStatus.RESOLVED, "ends_at": row.signal_cleared_at}
        ended = Alert(**{name: getattr(alert, name) for name in Alert.__slots__} | over)
        digest = _body(connection, packed(ended))
    else:
        digest = lead
    words = f"{row.title} {row.component} {alert.name}".lower()[:2000]
    incidents = sa.table("incidents", *(sa.column(name) for name in ("number", "digest", "words")))
    change = incidents.update().where(incidents.c.number == row.number)
    connection.execute(change.values(digest=lead, words=words))
    member = {
        "incident_number": row.number,
        "trouble": row.trouble,
        "open_trouble": row.open_key if row.state not in CLOSED else None,
        "seq": 0,
        "digest": digest,
        "component": row.component,
        "link": "opened",
        "reason": "nobody worked on this trouble yet",
        "joined_at": row.opened_at,
        "count": row.alert_count,
    }
    times = [sa.column("joined_at", Moment())]
    members = sa.table("members", *(sa.column(name) for name in member if name != "joined_at"), *times)
    connection.execute(members.insert().values(member))


def _body(connection: sa.Connection, payload: str) -> str:
    digest = hashlib.blake2b(payload.encode(), digest_size=16).hexdigest()
    keep = sa.text("INSERT INTO bodies (digest, payload, seen) VALUES (:d, :p, 0) ON CONFLICT (digest) DO NOTHING")
    connection.execute(keep, {"d": digest, "p": payload})
    return digest


def _trim_for_postgresql() -> None:
    for table, constraint in (
        ("journal", "journal_delivery_id_fkey"),
        ("journal", "journal_digest_fkey"),
        ("dead_letters", "dead_letters_delivery_id_fkey"),
    ):
        op.drop_constraint(constraint, table, type_="foreignkey")
    for name in GONE:
        op.drop_column("incidents", name)
    op.drop_index("ix_incidents_state", "incidents")
    for name, columns in INDICES["incidents"]:
        op.create_index(name, "incidents", list(columns))
    for name in (*WORDS_ADDED, *FLAGS_ADDED, "member_count", "edition"):
        op.alter_column("incidents", name, server_default=None)
    op.alter_column("bodies", "seen", server_default=None)
    op.alter_column("episodes", "penalty", server_default=None)


def _rebuild_for_sqlite() -> None:
    """SQLite drops neither a unique column nor a foreign key, so the tables are copied."""
    for table, indices in INDICES.items():
        gone = GONE if table == "incidents" else ()
        kept = [column for column in _columns(table) if column.name not in gone]
        op.create_table(f"new_{table}", *kept, sqlite_autoincrement=True)
        names = ", ".join(column.name for column in kept)
        op.execute(f"INSERT INTO new_{table} ({names}) SELECT {names} FROM {table}")  # noqa: S608 - our own names
        op.drop_table(table)
        op.rename_table(f"new_{table}", table)
        for name, columns in indices:
            waiting = sa.text("placed_at IS NULL") if name == "journal_unplaced" else None
            op.create_index(name, table, list(columns), sqlite_where=waiting)


def _columns(table: str) -> list[sa.Column[Any]]:
    inspector = sa.inspect(op.get_bind())
    keys = set(inspector.get_pk_constraint(table)["constrained_columns"])
    return [
        sa.Column(one["name"], one["type"], primary_key=one["name"] in keys, nullable=one["nullable"])
        for one in inspector.get_columns(table)
    ]
