"""The first tables: journal, incidents and their timelines, dossiers, approvals, ledger, lessons, samples."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table of the first release."""
    _journal()
    _incidents()
    _response()
    _memory()


def _serial(name: str) -> sa.Column[int]:
    return sa.Column(name, SERIAL, primary_key=True)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _delivery() -> sa.Column[int]:
    return sa.Column("delivery_id", SERIAL, sa.ForeignKey("deliveries.id"), nullable=False)


def _journal() -> None:
    op.create_table(
        "deliveries",
        _serial("id"),
        *_words("source"),
        _time("received_at"),
        *_counts("alert_count", "bad_count", "truncated_count"),
        sqlite_autoincrement=True,
    )
    op.create_table("bodies", sa.Column("digest", sa.Text, primary_key=True), *_words("payload"))
    op.create_table(
        "journal",
        _serial("seq"),
        _delivery(),
        *_words("source", "fingerprint", "trouble"),
        _time("received_at"),
        sa.Column("digest", sa.Text, sa.ForeignKey("bodies.digest"), nullable=False),
        _time("placed_at", nullable=True),
        sa.Column("incident_number", SERIAL),
        sa.Column("placement", sa.Text),
        sa.Column("reason", sa.Text),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("placed_at IS NULL")
    op.create_index("journal_unplaced", "journal", ["seq"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "dead_letters",
        _serial("id"),
        _delivery(),
        _time("received_at"),
        *_words("source", "reason", "payload"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "episodes",
        sa.Column("trouble", sa.Text, primary_key=True),
        _time("starts_at"),
        *_words("status"),
        _time("ends_at", nullable=True),
    )


def _incidents() -> None:
    op.create_table(
        "incidents",
        _serial("number"),
        sa.Column("open_key", sa.Text, unique=True),
        *_words("trouble", "title", "state", "severity", "alert"),
        _time("opened_at"),
        _time("updated_at"),
        *_counts("run"),
        *_words("component"),
        *_counts("alert_count"),
        _time("signal_cleared_at", nullable=True),
        _time("closed_at", nullable=True),
        *_words("resolution", "resolved_by"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incidents_trouble", "incidents", ["trouble"])
    op.create_index("ix_incidents_state", "incidents", ["state"])
    op.create_table(
        "events",
        _serial("seq"),
        sa.Column("incident_number", SERIAL, sa.ForeignKey("incidents.number"), nullable=False),
        *_words("key"),
        _time("at"),
        *_words("moment", "crew", "text", "data"),
        sa.UniqueConstraint("incident_number", "key", name="events_once"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dossiers",
        sa.Column("incident_id", sa.Text, primary_key=True),
        sa.Column("run", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        *_words("content"),
    )


def _response() -> None:
    op.create_table(
        "approvals",
        _serial("seq"),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *_words("incident_id", "plan_hash", "summary"),
        _time("asked_at"),
        _time("expires_at"),
        *_words("state", "approver", "reason"),
        _time("answered_at", nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_approvals_state", "approvals", ["state"])
    op.create_table(
        "attempts",
        _serial("seq"),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        *_words(
            "incident_id", "plan_hash", "granted_by", "system", "verb", "target_id", "target_name", "params", "state"
        ),
        _time("planned_at"),
        _time("started_at", nullable=True),
        _time("ended_at", nullable=True),
        *_words("before", "detail", "undo_of"),
        sqlite_autoincrement=True,
    )
    for column in ("incident_id", "state", "planned_at"):
        op.create_index(f"ix_attempts_{column}", "attempts", [column])
    started = sa.text("state = 'started'")
    op.create_index(
        "attempts_one_started", "attempts", ["target_id"], unique=True, sqlite_where=started, postgresql_where=started
    )
    op.create_table("frozen", sa.Column("target_id", sa.Text, primary_key=True), *_words("reason"), _time("at"))


def _memory() -> None:
    op.create_table(
        "lessons",
        _serial("seq"),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        *_words("incident_id", "trouble", "component", "fault", "actions", "outcome"),
        sa.Column("confidence", sa.Float(53), nullable=False),
        sa.Column("seconds", sa.Float(53), nullable=False),
        _time("at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_lessons_trouble", "lessons", ["trouble"])
    op.create_index("ix_lessons_fault", "lessons", ["fault"])
    op.create_table(
        "samples",
        _serial("id"),
        *_words("check_name"),
        _time("at"),
        *_words("state", "detail"),
        sa.Column("value", sa.Float(53)),
        sqlite_autoincrement=True,
    )
    op.create_index("samples_by_time", "samples", ["check_name", "at"])
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _time("at"),
        *_words("padding"),
    )
