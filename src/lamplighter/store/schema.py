"""Brings the database's schema to this program's revision, once, whoever starts first. Alembic does the steps."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from lamplighter.ports import StoreUnavailable
from lamplighter.store.engine import Database

HEAD = "0006"
MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 4_914_206_781
WAIT_SECONDS = 60


def bring_up_to_date(database: Database) -> None:
    """Migrate where the schema is behind. Raises `StoreUnavailable` where it is newer than this program."""
    with database.reading() as connection:
        if _revision(connection) == HEAD:
            return
    with database.migrating() as connection:
        if not database.is_sqlite:
            for setting in ("lock_timeout", "statement_timeout"):
                connection.execute(select(func.set_config(setting, f"{WAIT_SECONDS}s", True)))
            connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        found = _revision(connection)
        if found != HEAD:
            _migrate(connection, found, database.name)


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or "")


def _migrate(connection: Connection, found: str, name: str) -> None:
    # Alembic costs a tenth of a second to import, which a start that has nothing to migrate need not pay.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found and found not in known:
        raise StoreUnavailable(
            f"{name} has schema {found}, which this version does not know; it was written by a newer Lamplighter: "
            "install that version again, or restore the backup from before it"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
