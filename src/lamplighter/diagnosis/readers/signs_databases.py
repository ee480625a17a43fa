"""More known lines: what databases, caches and queues write of themselves, and what their clients write of them."""

from __future__ import annotations

# Name, pattern, and how vague it is: of the signs in one line only the least vague count.
DATABASE_SIGNS: tuple[tuple[str, str, int], ...] = (
    (
        "database_failover",
        (
            r"(?i)\bpromot(?:ed|ing) (?:self |itself |myself |replica |standby |slave |secondary |\S{1,60} )?(?:to"
            r"|as) (?:leader|primary|master)|received promote request|selected new timeline|\+switch-master"
            r"|\+failover-(?:state|end|detected|triggered)|\+elected-leader|acquired session lock as a leader"
            r"|no action\. I am .{0,80}the leader with the lock|\bfailover (?:completed|finished|started|triggered"
            r"|initiated|in progress)|stepping down (?:from|as) (?:primary|leader|master)|transition to (?:primary"
            r"|PRIMARY)|election succeeded, assuming primary|new (?:primary|master|leader)\b.{0,40}(?:elected|is"
            r"|selected|promoted)|demot(?:ed|ing) (?:self|itself|to|old)|MASTER MODE enabled"
            r"|cannot execute [A-Z ]{3,20} in a read-only transaction"
            r"|READONLY You can't write against a read only replica|not (?:master|primary)(?:OrSecondary)?\b"
        ),
        0,
    ),
    (
        "replication_lag",
        (
            r"(?i)\bSeconds_Behind_(?:Master|Source): {0,4}[1-9]\d{2,}|replica(?:tion)?\b.{0,60}\b(?:lag(?:s"
            r"|ging)?|behind)\b.{0,60}\d|standby .{0,60}(?:lag|behind|fall)"
            r"|requested WAL segment \S{1,60} has already been removed"
            r"|canceling statement due to conflict with recovery|too stale to (?:catch up|sync)|(?:slave"
            r"|replica) (?:SQL|I/?O)\b.{0,40}(?:stopped|error|not running)|Replica_SQL_Running: No"
            r"|Slave_SQL_Running: No"
        ),
        0,
    ),
    (
        "lock_contention",
        (
            r"(?i)process \d{1,10} (?:still waiting|acquired) .{0,30}lock|Lock wait timeout exceeded"
            r"|Waiting for (?:table )?(?:metadata|table|row|level)[a-z ]{0,20} lock|\bTRX .{0,80}LOCK WAIT"
            r"|waiting for (?:Share|AccessExclusive|RowExclusive|Exclusive|AccessShare)\w{0,12}Lock|SQLITE_BUSY"
            r"|database (?:table )?is locked|could not serialize access|WriteConflict\b|innodb_row_lock"
            r"|blocked by (?:pid|process|transaction|query) ?\d|long.?running transaction|deadlock victim"
            r"|ORA-00060|ORA-00054|Transaction .{0,40}was deadlocked on lock"
        ),
        0,
    ),
    (
        "slow_queries",
        (
            r"(?i)# Query_time: (?:[1-9]\d{0,6}|0\.[5-9])|\bduration: \d{4,}(?:\.\d{1,4})? ms\b|slow (?:query|sql"
            r"|statement|command|operation|request)\b.{0,80}\d|\bquery (?:took|time|duration)\W{1,3}\d{2,}"
            r"|COLLSCAN|Seq Scan on \S{1,80}.{0,80}rows=\d{5,}|canceling statement due to statement timeout"
            r"|Slow query\b|planSummary|durationMillis\W{1,4}\d{4,}|rows_examined\W{1,4}\d{6,}"
            r"|Rows_examined: \d{6,}|Maximum execution time exceeded|query execution was interrupted, maximum"
        ),
        0,
    ),
    (
        "connection_pool_exhausted",
        (
            r"(?i)Hikari(?:Pool|CP).{0,60}(?:Connection is not available|Timeout failure)|sorry, too many clients"
            r"|FATAL: .{0,40}too many connections|max(?:imum)?(?: number of)? (?:client |db |database "
            r"|server )?connections? .{0,30}(?:reached|exceeded)|no more connections allowed|query_wait_timeout"
            r"|pool (?:is )?(?:exhausted|depleted|full|empty)\b|waited .{0,40}for (?:a )?connection"
            r"|Timeout waiting for idle object|PoolExhausted|could not get (?:a )?(?:resource"
            r"|connection) from .{0,20}pool|Cannot get a connection, pool error|PoolTimeout|acquire(?:d"
            r"|ing)? connection.{0,30}time ?out|All pooled connections were in use|max_user_connections"
            r"|Timeout acquiring a connection|knex: timeout|no free connection|connection limit (?:exceeded"
            r"|reached)|\bidle in transaction\b.{0,200}\b(?:idle in transaction\b)|MISCONF max clients"
            r"|max number of clients"
        ),
        0,
    ),
    (
        "database_down",
        (
            r"(?i)server closed the connection unexpectedly|the database system is (?:starting|shutting"
            r"|in recovery|not)|can't connect to (?:local )?(?:mysql|mariadb|server)|MySQL server has gone away"
            r"|No suitable servers found|MongoServerSelectionError|ServerSelectionTimeoutError"
            r"|connection to (?:database|server) .{0,80}(?:failed|lost|closed)|(?:PostgreSQL|mysqld|mariadbd?"
            r"|mongod)\b.{0,60}(?:Shutdown complete|normal shutdown|got signal|Aborting)"
            r"|database .{0,30}(?:is down|went away|unreachable|not reachable)|InnoDB: .{0,60}(?:corrupt"
            r"|Unable to lock|Operating system error|Assertion failure)|invalid (?:page|checkpoint record"
            r"|primary checkpoint)|could not locate a valid checkpoint|received (?:fast|immediate"
            r"|smart) shutdown request|all server processes terminated"
            r"|terminating connection because of crash of another server process"
            r"|database files are incompatible with server|database disk image is malformed"
            r"|Database page corruption|invalid page in block|Upgrade after a crash is not supported"
            r"|Downgrade(?:ing)? is not supported|unsupported redo log format|Database is uninitialized"
            r"|WiredTiger error|Detected unclean shutdown|Table '\S{1,120}' is marked as crashed"
        ),
        1,
    ),
    (
        "cache_unavailable",
        (
            r"(?i)(?:redis|valkey|memcached?|sentinel|jedis|lettuce|predis|ioredis"
            r"|StackExchange)\b.{0,120}(?:refused|timed? ?out|unreachable|unavailable|went away|not connect"
            r"|unable to connect|no connection|closed|lost|reset|loading|dead|MISCONF|down\b)"
            r"|MISCONF Redis is configured to save|LOADING Redis is loading"
            r"|OOM command not allowed when used memory|RedisConnectionException|RedisConnectionFailureException"
            r"|MaxRetriesPerRequestError|Error (?:\d{1,3} )?connecting to (?:\S{1,80}:)?(?:6379|11211)"
            r"|cache (?:backend|server|store|cluster) .{0,40}(?:down|unavailable|unreachable|failed|dead|gone)"
            r"|No servers available|SERVER HAS FAILED AND IS DISABLED|CLUSTERDOWN"
            r"|marking .{0,40}memcached? .{0,20}dead|:(?:6379|11211)\b.{0,80}(?:refused|timed? ?out|unreachable)"
            r"|Could not connect to Redis|Connection to redis:? .{0,40}failed"
        ),
        0,
    ),
    (
        "queue_backlog",
        (
            r"(?i)\bqueue\b.{0,60}\b(?:depth|length|size|backlog|has|holds|messages)\b\W{0,4}.{0,20}\d{3,}"
            r"|\bbacklog\b.{0,40}\d{2,}|\d{3,} (?:messages|jobs|tasks|items|events) (?:waiting|pending|queued"
            r"|ready|in (?:the )?queue|behind)|consumer (?:lag|group .{0,60}lag)\b.{0,20}\d{3,}"
            r"|lag(?:ging)?\W{1,4}\d{4,}|(?:no|0) (?:active )?consumers?\b|consumers?\W{1,3}0\b"
            r"|consumer .{0,60}(?:cancel|closed|stopped|died|disconnected|timed out|left the group)"
            r"|memory resource limit alarm set|disk resource limit alarm set|publishers? will be blocked"
            r"|connection\.blocked|queue (?:is )?(?:growing|not draining|stuck)"
            r"|delivery acknowledgement .{0,60}timed out|member .{0,120}(?:removing|leaving|expired|rebalanc)"
        ),
        1,
    ),
)
