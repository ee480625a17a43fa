"""The statements that are sent to PostgreSQL 10 and later, each a SELECT of its views. Nothing is decided here."""

from __future__ import annotations

from psycopg.sql import SQL, Composed, Identifier

SETTINGS = """
    SELECT current_setting('server_version') AS server_version,
           current_setting('max_connections')::int AS max_connections,
           current_setting('superuser_reserved_connections')::int
             + coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int AS reserved_connections,
           pg_is_in_recovery() AS in_recovery,
           extract(epoch FROM pg_postmaster_start_time())::float8 AS started_epoch_seconds,
           pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER') AS sees_all
"""
# The type of a backend is hidden from those who may not see it all.
TOTALS = """
    SELECT count(*) AS connections,
           count(*) FILTER (WHERE state = 'active') AS active,
           count(*) FILTER (WHERE state = 'idle') AS idle,
           count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
           count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting_for_locks,
           coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8 AS longest_transaction_seconds,
           coalesce(extract(epoch FROM max(clock_timestamp() - state_change)
             FILTER (WHERE state LIKE 'idle in transaction%')), 0)::float8 AS longest_idle_in_transaction_seconds
      FROM pg_stat_activity
     WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
       AND pid <> pg_backend_pid()
"""
CONNECTIONS = """
    SELECT datname AS database, usename AS username, application_name AS application,
           coalesce(state, 'hidden') AS state, count(*) AS connections,
           coalesce(extract(epoch FROM max(clock_timestamp() - state_change)), 0)::float8 AS longest_seconds
      FROM pg_stat_activity
     WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
       AND pid <> pg_backend_pid()
     GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT 50
"""
LONGEST = """
    SELECT pid, datname AS database, usename AS username, application_name AS application, state,
           wait_event_type, wait_event, left(query, 4000) AS statement,
           extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction_seconds,
           extract(epoch FROM clock_timestamp() - state_change)::float8 AS state_seconds
      FROM pg_stat_activity
     WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()
     ORDER BY xact_start LIMIT 10
"""
WAITING = """
    SELECT a.pid, pg_blocking_pids(a.pid) AS blocked_by, a.datname AS database, a.usename AS username,
           a.application_name AS application, l.mode, l.locktype AS kind, l.relation::regclass::text AS relation,
           extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS waited_seconds,
           left(a.query, 4000) AS statement
      FROM pg_stat_activity a
      JOIN (SELECT DISTINCT ON (pid) pid, mode, locktype, relation FROM pg_locks WHERE NOT granted ORDER BY pid) l
        ON l.pid = a.pid
     ORDER BY a.query_start LIMIT 50
"""
SESSIONS = """
    SELECT pid, datname AS database, usename AS username, application_name AS application, state,
           pg_blocking_pids(pid) AS blocked_by, client_addr::text AS client,
           extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction_seconds,
           extract(epoch FROM clock_timestamp() - state_change)::float8 AS state_seconds,
           left(query, 4000) AS statement
      FROM pg_stat_activity WHERE pid = ANY(%s) ORDER BY xact_start LIMIT 50
"""
RUNNING = """
    SELECT pid, datname AS database, usename AS username, application_name AS application, wait_event_type, wait_event,
           extract(epoch FROM clock_timestamp() - query_start)::float8 AS running_seconds,
           left(query, 4000) AS statement
      FROM pg_stat_activity
     WHERE state = 'active' AND pid <> pg_backend_pid()
       AND coalesce(backend_type, 'client backend') = 'client backend'
     ORDER BY query_start LIMIT 20
"""
EXTENSION = """
    SELECT n.nspname AS schema, e.extversion AS version
      FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
"""
REPLICAS = """
    SELECT application_name AS application, client_addr::text AS client, state, sync_state,
           extract(epoch FROM write_lag)::float8 AS write_lag_seconds,
           extract(epoch FROM replay_lag)::float8 AS replay_lag_seconds,
           pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                           replay_lsn)::float8 AS lag_bytes
      FROM pg_stat_replication ORDER BY 7 DESC NULLS LAST LIMIT 50
"""
SLOTS = """
    SELECT slot_name AS slot, slot_type AS kind, active,
           pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                           restart_lsn)::float8 AS kept_bytes
      FROM pg_replication_slots ORDER BY 4 DESC NULLS LAST LIMIT 50
"""
# A replica that has replayed all that it received lags only where it receives nothing any more.
RECEIVER = """
    SELECT (SELECT status FROM pg_stat_wal_receiver) AS status,
           CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END AS replay_paused,
           CASE WHEN NOT pg_is_in_recovery() THEN NULL
                WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                     AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN 0
                ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8
           END AS lag_seconds,
           CASE WHEN pg_is_in_recovery()
                THEN pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 END AS lag_bytes
"""
_COUNTED = """
    SELECT left(query, 4000) AS statement, calls, rows,
           {total}::float8 AS total_milliseconds, {mean}::float8 AS mean_milliseconds
      FROM {view} ORDER BY 4 DESC LIMIT 20
"""


def counted(schema: str, *, newer: bool) -> Composed:
    """What `pg_stat_statements` in this schema has counted; version 1.8 gave its columns other names."""
    names = ("total_exec_time", "mean_exec_time") if newer else ("total_time", "mean_time")
    view = Identifier(schema, "pg_stat_statements")
    return SQL(_COUNTED).format(total=Identifier(names[0]), mean=Identifier(names[1]), view=view)
