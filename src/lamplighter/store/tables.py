"""Every table, in SQLAlchemy's words. What is done with them lives in one file for each aggregate."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from lamplighter.store.columns import Key, Moment, Serial, Words

metadata = MetaData()

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
# `seen` is a generation of journal entries, not a time: what none of those that are left brought may be forgotten.
bodies = Table(
    "bodies",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("payload", Words, nullable=False),
    Column("seen", Integer, nullable=False, index=True),
)
# No foreign keys here: one transaction writes all three tables, and each key would be looked up at every alert.
journal = Table(
    "journal",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("delivery_id", Serial, nullable=False),
    Column("source", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("trouble", Key, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("digest", Text, nullable=False),
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
    Column("delivery_id", Serial, nullable=False),
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
    Column("penalty", Float(53), nullable=False),
    Column("changed_at", Moment, index=True),
)
# `digest` names the body of the lead's alert; `words` is what a search for text looks through, in lower case.
incidents = Table(
    "incidents",
    metadata,
    Column("number", Serial, primary_key=True),
    Column("title", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Words, nullable=False),
    Column("digest", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("run", Integer, nullable=False),
    Column("component", Key, nullable=False),
    Column("alert_count", Integer, nullable=False),
    Column("member_count", Integer, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("flapping", Boolean, nullable=False),
    Column("again", Boolean, nullable=False),
    Column("held", Words, nullable=False),
    Column("regression_of", Words, nullable=False),
    Column("merged_into", Words, nullable=False),
    Column("acknowledged_by", Words, nullable=False),
    Column("grouping", Words, nullable=False),
    Column("signal_cleared_at", Moment),
    Column("closed_at", Moment, index=True),
    Column("resolution", Words, nullable=False),
    Column("resolved_by", Words, nullable=False),
    Column("words", Words, nullable=False),
    sqlite_autoincrement=True,
)
# One page of a list is read from the end of one of these, whatever else is filtered.
Index("incidents_by_state", incidents.c.state, incidents.c.number)
Index("incidents_by_severity", incidents.c.severity, incidents.c.number)
Index("incidents_by_component", incidents.c.component, incidents.c.number)
# `open_trouble` is the trouble while its incident is open and NULL afterwards: its unique index decides every race.
members = Table(
    "members",
    metadata,
    Column("incident_number", Serial, ForeignKey("incidents.number"), primary_key=True, autoincrement=False),
    Column("trouble", Key, primary_key=True),
    Column("open_trouble", Key, unique=True),
    Column("seq", Serial, nullable=False),
    Column("digest", Text, nullable=False),
    Column("component", Words, nullable=False),
    Column("link", Text, nullable=False),
    Column("reason", Words, nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("count", Integer, nullable=False),
)
Index("members_by_trouble", members.c.trouble)
apart = Table(
    "apart",
    metadata,
    Column("one", Key, primary_key=True),
    Column("other", Key, primary_key=True),
    Column("at", Moment, nullable=False),
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
silences = Table(
    "silences",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("matchers", Words, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
    Column("author", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("origin", Words, nullable=False),
    Column("outside_id", Key, nullable=False, index=True),
    sqlite_autoincrement=True,
)
edges = Table(
    "edges",
    metadata,
    Column("source", Key, primary_key=True),
    Column("target", Key, primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("origin", Key, primary_key=True),
    Column("seen_at", Moment, nullable=False, index=True),
)
# `token` is unique over all names, so that a token alone says which lease is meant.
leases = Table(
    "leases",
    metadata,
    Column("name", Key, primary_key=True),
    Column("holder", Words, nullable=False),
    Column("token", Serial, nullable=False, unique=True),
    Column("ends_at", Moment, nullable=False),
)
# `thread` is the incident's id, or empty for what is about none.
outbox = Table(
    "outbox",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("key", Key, nullable=False, unique=True),
    Column("channel", Key, nullable=False),
    Column("thread", Key, nullable=False, index=True),
    Column("moment", Words, nullable=False),
    Column("run", Integer, nullable=False),
    Column("content", Words, nullable=False),
    Column("said", Words, nullable=False),
    Column("lead", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment, index=True),
    Column("reference", Words, nullable=False),
    Column("problem", Words, nullable=False),
    sqlite_autoincrement=True,
)
Index("outbox_due", outbox.c.channel, outbox.c.state, outbox.c.due_at)
nonces = Table(
    "nonces",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("incident_id", Key, nullable=False),
    Column("run", Integer, nullable=False),
    Column("press", Text, nullable=False),
    Column("approval_id", Key, nullable=False),
    Column("plan_hash", Words, nullable=False),
    Column("holder", Words, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("used_at", Moment),
    Column("used_by", Words, nullable=False),
)
marks = Table(
    "marks",
    metadata,
    Column("name", Key, primary_key=True),
    Column("value", Words, nullable=False),
)
accounts = Table(
    "accounts",
    metadata,
    Column("name", Key, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
# Cookies and tokens are random and long, so that a plain digest of them cannot be turned back.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("name", Key, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("number", Serial, primary_key=True),
    Column("name", Words, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("used_at", Moment),
    sqlite_autoincrement=True,
)
setup_links = Table(
    "setup_links",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("at_start", Boolean, nullable=False, server_default=true()),
)
# What is done is in the transaction that does it; `key` is for what must be written once, and is in no hash.
audit = Table(
    "audit",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False, index=True),
    Column("actor", Words, nullable=False, index=True),
    Column("what", Text, nullable=False, index=True),
    Column("subject", Words, nullable=False, index=True),
    Column("detail", Words, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("key", Text, unique=True),
)
# One row. Whoever appends locks it, after every other lock.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Serial, nullable=False),
    Column("hash", Text, nullable=False),
    Column("installation", Text, nullable=False),
)
