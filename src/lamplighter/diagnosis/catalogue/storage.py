"""Faults of disks and of what a machine counts: space, inodes, time on the disk, descriptors, and who takes it all."""

from __future__ import annotations

from collections.abc import Mapping

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, AtLeast, Clue, sign
from lamplighter.diagnosis.catalogue.spoken import gauge, told_kind

_ENOSPC = {"sign": "disk_full"}
_INODES: Mapping[str, str] = {"probe": "inodes", "state": "failing"}

STORAGE_FAULTS = (
    told_kind(
        "disk_full",
        3.0,
        (
            gauge("disk_free", 4.0),
            gauge("disk_used", 3.6),
            Clue("usage", 3.4, {"disk_share": AtLeast(0.98)}, decisive=True),
            gauge("inodes_free", -3.5, decisive=False),
            Clue("probe", -3.5, _INODES),
        ),
        "the disk that {component} writes to is full",
        ": {target}",
        ": {place}",
    ),
    told_kind(
        "inodes_exhausted",
        3.4,
        (
            gauge("inodes_free", 4.2),
            gauge("inodes_used", 3.8),
            Clue("probe", 4.4, _INODES, decisive=True),
            Clue("log_sign", 0.8, _ENOSPC),
        ),
        "the file system of {component} has no inodes left, though it may have space",
        ": {target}",
        ": {place}",
        at_once=(
            ("find where the many small files of {component} are: df -i, then du --inodes -x",),
            ("delete what is old there, and start again what stopped writing",),
        ),
        later=(("clean that folder up by a timer, or give it a file system with more inodes",),),
    ),
    told_kind(
        "disk_io_saturation",
        2.6,
        (
            gauge("io_busy", 3.4),
            gauge("io_wait", 2.2),
            Clue("usage", 3.4, {"io_busy_share": AtLeast(0.9)}, decisive=True),
            Clue("usage", 1.4, {"io_wait_share": AtLeast(0.3)}, decisive=True),
            Clue("processes", 1.0, {"blocked": AtLeast(2.0)}),
        ),
        "the disk of {component} is busy all the time, and what writes to it waits",
        ": {device}",
        ": {place}",
        at_once=(
            ("see who writes with iotop or pidstat -d on {component}",),
            ("pause the copy, backup or scrub that takes the disk", " {device}"),
        ),
        later=(("limit the rate of such jobs, or move them to another disk or another hour",),),
    ),
    told_kind(
        "fd_exhausted",
        3.4,
        (
            gauge("fds", 3.4),
            Clue("usage", 3.4, {"fd_share": AtLeast(0.97)}, decisive=True),
        ),
        "{component} has no file descriptors left",
        ": {level} of them are open",
    ),
    told_kind(
        "cpu_saturation",
        0.0,
        (
            sign("cpu_saturation", 0.6),
            gauge("cpu_host", 3.0),
            gauge("cpu", 2.2),
            Clue("gauge", 1.0, {"meaning": "cpu", "ratio": AtLeast(3.0)}),
            gauge("cpu_pressure", 1.6),
            gauge("load", 1.0, decisive=False),
            gauge("throttled", 2.4),
            Clue("process", 2.6, {"cpu_percent": AtLeast(180.0)}, decisive=True),
            gauge("latency", 0.8, decisive=False),
            gauge("traffic", -1.6, decisive=False, rose=1.0),
            Clue("neighbour", -2.5, {"hog": 1.0}),
        ),
        "{component} uses all the processor time that it may use",
        " ({name})",
        yields=True,
    ),
    told_kind(
        "memory_leak",
        0.0,
        (
            sign("memory_leak", 0.8),
            Clue("gauge", 3.2, {"meaning": "memory", "steady": 1.0}, decisive=True),
            Clue("gauge", 0.8, {"meaning": "memory", "steady": 0.0}, decisive=True),
            gauge("traffic", -1.4, decisive=False, rose=1.0),
        ),
        "{component} holds more and more memory, and gives none back",
    ),
    told_kind(
        "noisy_neighbour",
        0.0,
        (Clue("neighbour", 4.6, {"hog": 1.0}, decisive=True),),
        "{component} takes what {victim} lacks: both run on {host}",
        credible=ANY_CONDITION,
        at_once=(
            ("limit the processor of {component} (cpus, CPUQuota, cpulimit of the guest), or pause its job",),
            ("move {component} elsewhere if its job has to go on", ": off {host}"),
        ),
        later=(("give what must be fast its own share: weights, reservations, or a machine of its own",),),
    ),
    told_kind(
        "traffic_surge",
        1.2,
        (
            Clue("gauge", 3.4, {"meaning": "traffic", "rose": 1.0}, decisive=True),
            gauge("latency", 0.5, decisive=False),
            sign("thread_pool_exhausted", 0.3),
            gauge("threads", 0.3, decisive=False),
        ),
        "{component} gets far more requests than before, from {before} to {level}",
        credible=ANY_CONDITION,
        at_once=(
            ("see who asks: a few addresses are a bot or a retry storm, many are people",),
            ("limit the rate at the edge, serve from a cache, or add copies of {component}",),
        ),
        later=(("set limits per client and a scale rule before the next such day",),),
    ),
    told_kind(
        "traffic_drop",
        0.0,
        (
            Clue("gauge", 3.0, {"meaning": "traffic", "fell": 1.0}, decisive=True),
            gauge("errors", -1.4, decisive=False),
        ),
        "{component} gets far fewer requests than before, and does not fail itself: from {before} to {level}",
        yields=True,
        generic=True,
        credible=ANY_CONDITION,
        at_once=(
            ("try the way in from outside: name, load balancer, login, the page before {component}",),
            ("ask what changed for those who call {component}: a release, a campaign that ended, a feed",),
        ),
        later=(("alert on too few requests against the same hour of last week",),),
    ),
    told_kind(
        "thread_pool_exhausted",
        3.0,
        (gauge("threads", 2.0), gauge("threads_waiting", 2.4)),
        "{component} has no threads or workers left",
    ),
    told_kind(
        "connection_pool_exhausted",
        3.2,
        (
            gauge("pool_waiting", 2.6),
            gauge("pool_active", 1.6),
            Clue("database", 2.6, {"connections_share": AtLeast(0.95)}, decisive=True),
        ),
        "{component} has no connections left in its pool",
    ),
)
