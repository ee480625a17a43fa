"""The integration `postgresql`: connections, locks, statements and replication as evidence. Read only."""

from __future__ import annotations

from lamplighter.integrations.postgresql.client import Database, PostgresqlConfig
from lamplighter.integrations.postgresql.tools import Activity, Locks, Replication, Statements
from lamplighter.ports import Integration, Roles, Surroundings


def _build(config: PostgresqlConfig, surroundings: Surroundings) -> Roles:
    database, now = Database(config), surroundings.clock.now
    return Roles(
        contact=database.contact,
        tools=tuple(tool(database, now) for tool in (Activity, Locks, Statements, Replication)),
    )


INTEGRATION = Integration(name="postgresql", config=PostgresqlConfig, build=_build)
