"""What a person can do about each kind of fault, as data: steps of clauses, each said where its values are known."""

from __future__ import annotations

Step = tuple[str, ...]

STEPS: dict[str, tuple[Step, ...]] = {
    "config_error": (
        ("put right the configuration of {component}", ": file {file}", ", line {line_number}", ", key {key}"),
        ("see what changed in it last, and go back to the version that worked",),
    ),
    "port_conflict": (
        ("find what holds the port", " {port}", " with ss -ltnp, and stop it or give {component} another port"),
        ("see whether a second copy of {component} runs",),
    ),
    "permission_denied": (
        ("compare the owner and the mode of what is refused", " ({path})", " with the user that {component} runs as"),
        ("see whether a volume or a security profile of {component} changed",),
    ),
    "missing_file": (
        ("put back the file that {component} looks for", ": {path}"),
        ("see whether a volume of {component} is mounted where it should be",),
    ),
    "missing_environment_variable": (
        ("set the environment variable that {component} needs", ": {variable}"),
        ("see whether its env file or secret was read at the last start",),
    ),
    "oom_killed": (
        ("raise the memory limit of {component}", " above {memory_limit}", " or lower what it may load at once"),
        ("look at its memory over the last days: a steady rise is a leak, a jump is load",),
    ),
    "out_of_memory": (
        ("see how much memory {component} may use, and raise it or lower its caches and workers",),
        ("look at its memory over the last days: a steady rise is a leak, a jump is load",),
    ),
    "disk_full": (
        ("free space on the disk that {component} writes to; df -h and df -i name it, du -xh shows what grew",),
        ("rotate or shorten the logs there, and start {component} again if it stopped writing",),
    ),
    "fd_exhausted": (
        ("count what {component} holds open with ls /proc/PID/fd, and see whether sockets or files pile up",),
        ("raise its limit of open files (nofile) and restart it",),
    ),
    "connection_pool_exhausted": (
        ("see who holds the connections of {component}, and end those that idle in a transaction",),
        ("set the pool of {component} no larger than what the other side takes, and close what is not used",),
    ),
    "thread_pool_exhausted": (
        ("see what the workers of {component} wait for before there are more of them",),
        ("raise the number of its workers or threads, or limit what is let in",),
    ),
    "process_stopped": (
        ("ask who stopped {component}, and why",),
        ("start {component} again if nobody needs it stopped",),
    ),
    "crash_loop": (
        ("read the last lines that {component} wrote before it ended",),
        ("go back to the version or the configuration of {component} that stayed up",),
    ),
    "memory_leak": (
        ("restart {component} before its memory runs out: that buys time, and is no cure",),
        ("take a heap dump of {component} first, if it can give one",),
    ),
    "cpu_saturation": (
        ("see what {component} computes with top or a profiler",),
        ("limit or pause the work that can wait, or give {component} more processors",),
    ),
    "health_endpoint_failing": (
        ("ask the health check of {component} by hand, and read which part it says is bad",),
        ("read the log of {component} at the minute when the check began to fail",),
    ),
    "process_hung": (
        ("see what the workers of {component} wait for: a dump of its threads says it",),
        ("restart {component} if nothing that it needs is slow",),
    ),
    "process_crashed": (
        ("read the trace at its end: the last frame that is its own names the place",),
        ("go back to the last version of {component} that ran, if it crashes since an update",),
    ),
    "database_down": (
        ("see whether the database of {component} runs and takes connections",),
        ("read the database's own log before {component} is restarted: it only waits for it",),
    ),
    "lock_contention": (
        ("find the transaction that holds the lock, and end it if it idles",),
        ("see whether two jobs of {component} write the same rows at once",),
    ),
    "slow_queries": (
        ("explain the slowest query of {component}, and see whether an index or fresh statistics are missing",),
        ("see whether the disk of the database is busy with something else",),
    ),
    "replication_lag": (
        ("see whether the replica of {component} still receives, and how far behind it is",),
        ("read from the primary until it has caught up",),
    ),
    "connection_refused": (
        ("see whether what {component} connects to runs and listens on the port that is named",),
        ("see whether its address or port changed, or {component} started before it",),
    ),
    "dns_failure": (
        ("resolve the name on the host of {component} itself, and look at the DNS server that it asks",),
        ("see whether the name changed, or a search domain is missing",),
    ),
    "tls_certificate_expired": (
        ("renew the certificate that {component} uses, and reload whatever serves it",),
        ("see why it was not renewed by itself: timer, challenge, or a reload that was left out",),
    ),
    "cache_unavailable": (
        ("see whether the cache of {component} runs and takes connections, and whether its memory or disk is full",),
        ("let {component} go on without its cache until it is back, if it can",),
    ),
    "queue_backlog": (
        ("see whether whoever empties the queue of {component} runs, and how fast",),
        ("add consumers, or stop what fills the queue, before it fills its disk",),
    ),
    "database_failover": (
        ("see which side is the primary of {component} now, and whether every client writes there",),
        ("find out why the old primary was given up: its host, its disk, its network",),
    ),
    "backup_failed": (
        ("read the end of the backup's log of {component}: a lock, a full target, a lost connection",),
        ("run it again by hand, and see that a restore of it works",),
    ),
    "network_partition": (
        ("see which members of the cluster of {component} still see each other, and where the cut runs",),
        ("leave the smaller side stopped until the network is whole, so that nothing is written twice",),
    ),
    "read_only_file_system": (
        ("look in the kernel's log for errors of the disk: a file system turns read-only to save itself",),
        ("check the disk's health before it is mounted for writing again",),
    ),
    "dependency_wait": (
        ("see what {component} waits for: look at it first, as {component} may be well",),
        ("see whether the network between the two drops or delays",),
    ),
}
