"""Every table, in SQLAlchemy's words. What is done with them lives in one file for each aggregate."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from lamplighter.store.values import bounded_key, clean, utc

metadata = MetaData()
Serial = BigInteger().with_variant(Integer, "sqlite")


class Words(TypeDecorator[str]):
    """Text of any length, cleaned of what a database does not take."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Clean on the way in."""
        return None if value is None else clean(value)


class Key(TypeDecorator[str]):
    """Text that an index holds: clean, and short enough for PostgreSQL's index pages."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Clean and shorten on the way in, in comparisons too."""
        return None if value is None else bounded_key(value)


class Moment(TypeDecorator[datetime]):
    """A time in UTC: with its zone in PostgreSQL, as sortable text in SQLite, always with its zone in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite's text bears no zone."""
        if value is None:
            return None
        return utc(value).replace(tzinfo=None) if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        """Back, with the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("source", Words, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("alert_count", Integer, nullable=False),
    Column("bad_count", Integer, nullable=False),
    Column("truncated_count", Integer, nullable=False),
    sqlite_autoincrement=True,
)
# Monitoring systems repeat themselves word for word, so a body is kept once, by the digest of its text.
bodies = Table(
    "bodies",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("payload", Words, nullable=False),
)
journal = Table(
    "journal",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("delivery_id", Serial, ForeignKey("deliveries.id"), nullable=False),
    Column("source", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("trouble", Key, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("digest", Text, ForeignKey("bodies.digest"), nullable=False),
    Column("placed_at", Moment),
    Column("incident_number", Serial),
    Column("placement", Text),
    Column("reason", Words),
    sqlite_autoincrement=True,
)
Index(
    "journal_unplaced",
    journal.c.seq,
    sqlite_where=text("placed_at IS NULL"),
    postgresql_where=text("placed_at IS NULL"),
)
dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("delivery_id", Serial, ForeignKey("deliveries.id"), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("source", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("payload", Words, nullable=False),
    sqlite_autoincrement=True,
)
episodes = Table(
    "episodes",
    metadata,
    Column("trouble", Key, primary_key=True),
    Column("starts_at", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("ends_at", Moment),
)
# `open_key` is the trouble while the incident is open and NULL afterwards: its unique index decides every race.
incidents = Table(
    "incidents",
    metadata,
    Column("number", Serial, primary_key=True),
    Column("open_key", Key, unique=True),
    Column("trouble", Key, nullable=False, index=True),
    Column("title", Words, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("severity", Words, nullable=False),
    Column("alert", Words, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("run", Integer, nullable=False),
    Column("component", Words, nullable=False),
    Column("alert_count", Integer, nullable=False),
    Column("signal_cleared_at", Moment),
    Column("closed_at", Moment),
    Column("resolution", Words, nullable=False),
    Column("resolved_by", Words, nullable=False),
    sqlite_autoincrement=True,
)
events = Table(
    "events",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("incident_number", Serial, ForeignKey("incidents.number"), nullable=False),
    Column("key", Key, nullable=False),
    Column("at", Moment, nullable=False),
    Column("moment", Text, nullable=False),
    Column("crew", Text, nullable=False),
    Column("text", Words, nullable=False),
    Column("data", Words, nullable=False),
    UniqueConstraint("incident_number", "key", name="events_once"),
    sqlite_autoincrement=True,
)
dossiers = Table(
    "dossiers",
    metadata,
    Column("incident_id", Key, primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("content", Words, nullable=False),
)
approvals = Table(
    "approvals",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("incident_id", Key, nullable=False),
    Column("plan_hash", Words, nullable=False),
    Column("summary", Words, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("approver", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("answered_at", Moment),
    sqlite_autoincrement=True,
)
attempts = Table(
    "attempts",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("key", Key, nullable=False, unique=True),
    Column("incident_id", Key, nullable=False, index=True),
    Column("plan_hash", Words, nullable=False),
    Column("granted_by", Words, nullable=False),
    Column("system", Words, nullable=False),
    Column("verb", Words, nullable=False),
    Column("target_id", Key, nullable=False),
    Column("target_name", Words, nullable=False),
    Column("params", Words, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("planned_at", Moment, nullable=False, index=True),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("before", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("undo_of", Words, nullable=False),
    sqlite_autoincrement=True,
)
# One action at a time per target holds in the database itself, whatever the callers believe.
Index(
    "attempts_one_started",
    attempts.c.target_id,
    unique=True,
    sqlite_where=text("state = 'started'"),
    postgresql_where=text("state = 'started'"),
)
frozen = Table(
    "frozen",
    metadata,
    Column("target_id", Key, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("at", Moment, nullable=False),
)
lessons = Table(
    "lessons",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("key", Key, nullable=False, unique=True),
    Column("incident_id", Key, nullable=False),
    Column("trouble", Key, nullable=False, index=True),
    Column("component", Words, nullable=False),
    Column("fault", Key, nullable=False, index=True),
    Column("actions", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("confidence", Float(53), nullable=False),
    Column("seconds", Float(53), nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
samples = Table(
    "samples",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("check_name", Key, nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Words, nullable=False),
    Column("value", Float(53)),
    sqlite_autoincrement=True,
)
Index("samples_by_time", samples.c.check_name, samples.c.at)
heartbeat = Table(
    "heartbeat",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("padding", Text, nullable=False),
)
