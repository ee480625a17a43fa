"""Faults of a process's life: it hangs, was stopped, crashed, or never stays up."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import Absent, AtLeast, Below, Clue, Condition, FaultKind, sign, told

SIGNALLED = (-1.0, 129.0, 130.0, 131.0, 134.0, 135.0, 136.0, 137.0, 139.0, 143.0)
STOPPED = (
    Clue("event", -4.0, {"action": "stop", "since_start": 1.0}),
    Clue("state", -4.0, {"stopped_on_purpose": 1.0}),
)
OOM = (
    Clue("state", -4.0, {"oom_killed": 1.0}),
    Clue("event", -3.0, {"action": "oom", "since_start": 1.0}),
)

PROCESS_FAULTS = (
    FaultKind(
        "process_hung",
        (
            Clue("probe", 3.0, {"probe": "http", "error": "timeout", "connected": 1.0}, decisive=True),
            Clue("probe", 2.0, {"probe": "http", "error": "timeout", "connected": Absent()}, decisive=True),
            Clue("probe", 0.6, {"probe": "tcp", "state": "ok"}),
            Clue("state", 1.2, {"running": 1.0}),
            Clue("probe", 0.6, {"probe": "process", "state": "ok"}),
            sign("workers_wait", 0.4),
            Clue("usage", 0.0, {"memory_share": Below(0.9)}),
            Clue("usage", -1.0, {"memory_share": AtLeast(0.97)}),
            # What computes does not hang.
            Clue("usage", -3.0, {"throttled_share": AtLeast(0.5)}),
            Clue("usage", -3.0, {"cpu_wanted_share": AtLeast(0.8)}),
            Clue("state", -6.0, {"running": 0.0}),
            Clue("state", -4.0, {"paused": 1.0}),
            Clue("state", -3.0, {"restarting": 1.0}),
        ),
        (
            "{component} hangs: its process runs and takes connections, but its {probe} probe gets no answer ({error})",
            ", while what it needs answers{below}",
        ),
        ("state", "probe"),
        frozenset({Condition.FAILING}),
        yields=True,
        below_answers=1.2,
    ),
    FaultKind(
        "process_stopped",
        (
            Clue("state", 5.2, {"stopped_on_purpose": 1.0}, decisive=True),
            Clue("state", 3.0, {"status": "STOPPED", "stopped_on_purpose": 0.0}, decisive=True),
            Clue("event", 4.6, {"action": "stop", "since_start": 1.0}, decisive=True),
            Clue("event", 3.4, {"action": "kill", "since_start": 1.0}, decisive=True),
            Clue("state", 3.0, {"running": 0.0, "exit_code": 0.0}, decisive=True),
            Clue("state", 2.4, {"running": 0.0, "exit_code": 143.0}, decisive=True),
            Clue("state", 0.8, {"running": 0.0}),
            Clue("state", -0.4, {"exit_code": (1.0, 2.0)}),
            *OOM,
        ),
        (
            "{component} was stopped and did not crash",
            " (status {status})",
            ", at {at}",
        ),
        ("state", "event"),
        frozenset({Condition.DOWN}),
    ),
    FaultKind(
        "process_crashed",
        (
            Clue("state", 4.4, {"running": 0.0, "exit_code": AtLeast(1.0)}, decisive=True),
            Clue("state", 4.4, {"running": 0.0, "exit_code": Below(0.0)}, decisive=True),
            Clue("probe", 2.6, {"probe": "process", "state": "failing"}, decisive=True),
            Clue("event", 0.4, {"action": "die", "since_start": 1.0}),
            sign("crash_report", 0.5),
            Clue("unit_result", -3.0, {"failed": 1.0}),
            Clue("watcher", -3.0, {"down": 1.0}),
            Clue("log_error", 0.0),
            Clue("event", -3.0, {"action": "kill", "since_start": 1.0}),
            Clue("state", -1.0, {"restarting": 1.0}),
            Clue("state", -3.0, {"job": 1.0}),
            Clue("state", -0.4, {"gave_up": 1.0}),
            Clue("state", -6.0, {"running": 1.0}),
            *STOPPED,
            *OOM,
        ),
        ("{component} crashed", ": it exited with code {exit_code}", " at {at}", ", and nothing restarted it"),
        ("state", "log"),
        frozenset({Condition.DOWN}),
        generic=True,
    ),
    FaultKind(
        "crash_loop",
        (
            Clue("state", 4.4, {"restarting": 1.0}, decisive=True),
            # The kubelet restarts whatever ends, for whatever reason: that it does so says less than elsewhere.
            Clue("state", -0.8, {"engine": "kubernetes"}),
            told("kube_proxy_down", -3.0),
            told("kube_scheduler_down", -3.0),
            told("cluster_dns_down", -3.0),
            Clue("state", 4.2, {"gave_up": 1.0}, decisive=True),
            Clue("state", 2.6, {"restart_count": AtLeast(3.0)}, decisive=True),
            Clue("event", 3.0, {"action": "die", "unforced": AtLeast(3.0)}, decisive=True),
            Clue("state", 0.6, {"exit_code": AtLeast(1.0)}),
            sign("crash_report", 0.4),
            Clue("log_error", 0.0),
            *STOPPED,
        ),
        ("{component} does not stay up: each start ends soon", ", the last with code {exit_code}", " ({start_error})"),
        ("state", "log"),
        generic=True,
        at_once=(
            ("read the last lines that {component} wrote before it ended, those of its earlier life above all",),
            ("go back to the last version or configuration with which {component} stayed up",),
        ),
        later=(("let {component} say in one line why it ends, and alert on starts that come too often",),),
        runbooks=("KubePodCrashLooping",),
    ),
    FaultKind(
        "health_endpoint_failing",
        (
            Clue("probe", 3.2, {"probe": "http", "status": (500.0, 501.0, 505.0, 507.0, 508.0)}, decisive=True),
            Clue(
                "probe",
                2.6,
                {"probe": "http", "state": "failing", "status": (401.0, 403.0, 404.0, 405.0)},
                decisive=True,
            ),
            Clue("probe", 1.4, {"probe": "http", "status": (502.0, 503.0, 504.0)}, decisive=True),
            Clue("health", 3.0, {"status": "unhealthy"}, decisive=True),
            Clue("health", -1.8, {"by": "kubelet"}),
            Clue("health", -3.0, {"node": 1.0}),
            told("probe_answered_badly", 3.6, decisive=True),
            # 400 is what a server says of a question that it does not understand, not of its health.
            told("probe_answered_badly", -2.6, code=400.0),
            told("probe_failing", 0.9, decisive=True),
            told("probe_failing", 1.2, error="command"),
            told("probe_port_wrong", -2.0),
            told("probe_protocol_wrong", -2.0),
            Clue("state", 0.5, {"running": 1.0}),
            Clue("log_error", 0.2),
            Clue("state", -4.0, {"running": 0.0}),
        ),
        ("{component} runs, but its health check fails", " with status {status_code}"),
        ("log",),
        frozenset({Condition.FAILING, Condition.RESTARTING}),
        yields=True,
        generic=True,
        below_answers=0.4,
        at_once=(
            ("ask the health check of {component} by hand, and read what it answers beside its log",),
            ("see whether what {component} needs answers, as many health checks ask that too",),
        ),
        later=(("let the check tell a fault of {component} from a fault of what it needs",),),
        runbooks=("KubePodNotReady",),
    ),
)
