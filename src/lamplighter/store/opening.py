"""The store as one: opened once, asked whether it can write, closed."""

from __future__ import annotations

from sqlalchemy.exc import DataError, IntegrityError

from lamplighter.ports import (
    Accounts,
    ApiTokens,
    Approvals,
    Audit,
    Clock,
    Dossiers,
    Edges,
    Incidents,
    Journal,
    Leases,
    Ledger,
    Lessons,
    Nonces,
    Outbox,
    Retention,
    Samples,
    Sessions,
    SetupLinks,
    Silences,
    StoreUnavailable,
)
from lamplighter.store.accounts import SqlAccounts
from lamplighter.store.api_tokens import SqlApiTokens
from lamplighter.store.approvals import SqlApprovals
from lamplighter.store.audit import SqlAudit
from lamplighter.store.dossiers import SqlDossiers
from lamplighter.store.edges import SqlEdges
from lamplighter.store.engine import Database, parsed
from lamplighter.store.incidents import SqlIncidents
from lamplighter.store.journal import APPEND_TIMEOUT_SECONDS, SqlJournal
from lamplighter.store.leases import SqlLeases
from lamplighter.store.ledger import SqlLedger
from lamplighter.store.lessons import SqlLessons
from lamplighter.store.nonces import SqlNonces
from lamplighter.store.outbox import SqlOutbox
from lamplighter.store.recent import RecentAlerts
from lamplighter.store.retention import SqlRetention
from lamplighter.store.samples import SqlSamples
from lamplighter.store.schema import bring_up_to_date
from lamplighter.store.sessions import SqlSessions
from lamplighter.store.setup_links import SqlSetupLinks
from lamplighter.store.silences import SqlSilences
from lamplighter.store.sqlite_file import prepare_file
from lamplighter.store.tables import heartbeat
from lamplighter.store.writes import insert_or_replace

# As many pages as an ordinary delivery changes: on a full disk the log may have room for a few, but for no alert.
HEARTBEAT_CHARS = 40_960


class SqlStore:
    """Everything durable, by aggregate, in one SQLite file or one PostgreSQL database."""

    def __init__(self, database: Database, clock: Clock, append_timeout_seconds: float) -> None:
        self._database = database
        self._clock = clock
        recent = RecentAlerts()
        self._journal = SqlJournal(database, clock, append_timeout_seconds=append_timeout_seconds, recent=recent)
        self.journal: Journal = self._journal
        self.incidents: Incidents = SqlIncidents(database, recent)
        self.silences: Silences = SqlSilences(database, clock)
        self.edges: Edges = SqlEdges(database)
        self.leases: Leases = SqlLeases(database, clock)
        self.retention: Retention = SqlRetention(database)
        self.dossiers: Dossiers = SqlDossiers(database)
        self.approvals: Approvals = SqlApprovals(database)
        self.ledger: Ledger = SqlLedger(database)
        self.lessons: Lessons = SqlLessons(database)
        self.samples: Samples = SqlSamples(database)
        self.outbox: Outbox = SqlOutbox(database)
        self.nonces: Nonces = SqlNonces(database)
        self.accounts: Accounts = SqlAccounts(database)
        self.sessions: Sessions = SqlSessions(database)
        self.api_tokens: ApiTokens = SqlApiTokens(database)
        self.setup_links: SetupLinks = SqlSetupLinks(database)
        self.audit: Audit = SqlAudit(database)

    def ready(self) -> str:
        """Empty where a durable write works now; otherwise the reason, after about a second at most."""
        values = {"id": 1, "at": self._clock.now(), "padding": "." * HEARTBEAT_CHARS}
        try:
            with self._database.probing() as connection:
                connection.execute(insert_or_replace(connection, heartbeat, values))
        except (StoreUnavailable, IntegrityError, DataError) as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Write what waits in the journal, then close every connection."""
        self._journal.close()
        self._database.close()


def open_store(url: str, *, clock: Clock, append_timeout_seconds: float = APPEND_TIMEOUT_SECONDS) -> SqlStore:
    """Open the store at `url`: `sqlite:////folder/file.db`, whose folder must exist, or `postgresql://…`.

    Makes the SQLite file (mode 0600) and brings the schema up to date. Raises `ValueError` for a URL of another kind,
    and `StoreUnavailable`, which says what to do, where the database is damaged, newer, out of reach or read-only.
    """
    database = Database(parsed(url))
    try:
        if database.path is not None:
            prepare_file(database.path)
        bring_up_to_date(database)
    except StoreUnavailable:
        database.close()
        raise
    return SqlStore(database, clock, append_timeout_seconds)
