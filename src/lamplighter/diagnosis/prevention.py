"""What keeps each kind of fault from coming again, as data: steps of clauses, each said where its values are known."""

from __future__ import annotations

from lamplighter.diagnosis.first_aid import Step

PREVENTION: dict[str, tuple[Step, ...]] = {
    "config_error": (
        (
            "check the configuration of {component} before it is loaded",
            ": {file}",
            ", in the pipeline or with its own test command",
        ),
    ),
    "port_conflict": (("keep one list of ports of the host, and give {component} a fixed one that is its own",),),
    "permission_denied": (("set the owner and the mode where {component} is set up, not by hand", " ({path})"),),
    "missing_file": (("let the deployment put the file in place and check it before {component} starts", ": {path}"),),
    "missing_environment_variable": (
        ("list the variables that {component} needs, and check them in the pipeline", " ({variable})"),
    ),
    "oom_killed": (
        ("alert when {component} uses nine tenths of its memory", " of {memory_limit}"),
        ("find out by its memory over days whether it leaks",),
    ),
    "out_of_memory": (("size the heap and the caches of {component} by its limit", " of {memory_limit}"),),
    "memory_leak": (
        ("compare two heap dumps of {component}, and fix what only grows",),
        ("restart it by a timer until that is done",),
    ),
    "disk_full": (
        ("alert on the day on which the disk will be full, not when it is", ": {target}"),
        ("rotate logs and keep old backups elsewhere",),
    ),
    "fd_exhausted": (("alert at eight tenths of the limit of {component}, and set the limit where it is started",),),
    "connection_pool_exhausted": (
        ("set timeouts on transactions and on waiting for a connection", " in {component}"),
        ("watch pool use and its waiters",),
    ),
    "thread_pool_exhausted": (("give calls that may hang their own small pool and a timeout in {component}",),),
    "cpu_saturation": (
        ("limit what may run on {component} at once, and alert on its pressure (PSI) rather than its use",),
    ),
    "process_hung": (("give {component} a health check that asks for real work, and let it be restarted by that",),),
    "process_crashed": (
        ("restart {component} by its engine (Restart=on-failure), with a limit",),
        ("keep its core dumps",),
    ),
    "process_stopped": (("note planned stops of {component} as silences, so that others know",),),
    "crash_loop": (("test the start of a new {component} beside the old one before it is replaced",),),
    "health_endpoint_failing": (("let the health check of {component} say which of its parts fails",),),
    "database_down": (("give {component} a replica or a restore that was tried, and let clients retry",),),
    "lock_contention": (("keep transactions of {component} short, take locks in one order, and set lock_timeout",),),
    "slow_queries": (("log slow statements of {component}, and review the slowest each week",),),
    "replication_lag": (("alert on lag by time, and keep long reads off the replica {component}",),),
    "connection_refused": (
        ("let callers of {component} retry with a growing pause, and watch its port from outside",),
    ),
    "dns_failure": (("give every host two resolvers that share nothing, and watch both",),),
    "tls_certificate_expired": (
        ("renew by itself, and alert two weeks before the end, as clients see the certificate",),
    ),
    "host_down": (("put what must not stop on two hosts",),),
    "network_latency": (("watch round trip and loss between the two ends",),),
}
