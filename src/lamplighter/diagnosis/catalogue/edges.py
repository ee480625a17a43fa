"""Faults between components and of whole machines: refused, blocked, parted, slow, gone; and the container engine."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, Clue, sign
from lamplighter.diagnosis.catalogue.spoken import complaint, gauge, told_kind

EDGE_FAULTS = (
    told_kind(
        "connection_refused",
        0.0,
        (
            complaint("refused", 2.6),
            Clue("state", -4.0, {"running": 0.0}),
            Clue("state", -3.0, {"restarting": 1.0}),
            Clue("complaint", -1.6, {"role": ("database", "cache")}),
        ),
        "connections are refused at {component}",
        ": {by} complains",
    ),
    told_kind(
        "dns_failure",
        2.2,
        (
            complaint("dns", 0.8),
            sign("dependency_missing_at_start", -2.5),
            Clue("probe", 3.2, {"probe": "dns", "state": "failing"}, decisive=True),
            Clue("state", 1.0, {"role": "resolver"}),
            Clue("complaint", 1.0, {"role": "resolver"}),
        ),
        "a name cannot be resolved at {component}",
    ),
    told_kind(
        "tls_certificate_expired",
        3.2,
        (gauge("certificate", 4.0), complaint("tls", 1.0)),
        "a certificate that {component} uses has expired",
    ),
    told_kind(
        "firewall_or_policy_block",
        3.6,
        (complaint("timeout", 0.4, decisive=False),),
        "a firewall or a rule blocks the way to {component}",
        credible=ANY_CONDITION,
        at_once=(
            ("find the rule that drops it: nft list ruleset, iptables -vnL, the firewall's log", " ({port})"),
            ("see what changed in the rules last, and allow this one way",),
        ),
        later=(("keep the rules in version control, and test the ways that must be open after each change",),),
    ),
    told_kind(
        "network_partition",
        3.0,
        (
            Clue("probe", 1.6, {"error": "unreachable"}, decisive=True),
            Clue("alive", 2.4),
            Clue("complaint", 0.6, {"error": ("timeout", "no_route")}),
            complaint("parted", 3.4),
            gauge("probe", 2.6, site=1.0),
        ),
        "{component} is cut off from the others",
        credible=ANY_CONDITION,
        at_once=(
            ("look at the way to {component}: link lights, switch port, tunnel, and who still reaches whom",),
            ("see that only one side takes writes until the way is back",),
        ),
        later=(("give the way a second path, and the cluster a third vote",),),
    ),
    told_kind(
        "host_down",
        2.4,
        (
            complaint("no_route", 2.0),
            Clue("gauge", -2.0, {"meaning": "probe", "site": 1.0}),
            sign("network_partition", -1.5),
            Clue("probe", 3.6, {"probe": ("ping", "node"), "error": "unreachable"}, decisive=True),
            gauge("probe", 2.0),
            Clue("state", -4.0, {"running": 1.0}),
            Clue("alive", -6.0),
        ),
        "the host {component} does not answer at all",
        credible=ANY_CONDITION,
        at_once=(
            ("look at {component} itself: power, console, its management board",),
            ("start what it carried elsewhere, if that may be done",),
        ),
        later=(("find why it went down before it carries anything again: power, memory, disk, heat",),),
    ),
    told_kind(
        "network_latency",
        2.6,
        (
            gauge("round_trip", 2.8),
            gauge("packet_loss", 2.4),
            Clue("probe", 2.8, {"error": "loss"}, decisive=True),
            Clue("probe", 1.6, {"probe": "route", "state": "failing"}),
            sign("latency_injected", -2.0),
        ),
        "the way to {component} became slow or loses packets",
        credible=ANY_CONDITION,
        at_once=(
            ("measure the way hop by hop with mtr, from both ends",),
            ("look at errors, speed and duplex of the ports on it, and at who fills the line",),
        ),
        later=(("watch loss and round trip of the way, and set timeouts that fit them",),),
    ),
    told_kind(
        "health_endpoint_failing",
        2.4,
        (complaint("unhealthy", 2.6), gauge("backend_up", 2.2)),
        "{component} runs, but its health check fails",
        generic=True,
        troubled=False,
    ),
    told_kind(
        "docker_daemon_unavailable",
        3.4,
        (
            Clue("engine_away", 3.8, {"sign": "docker_daemon_unavailable"}, decisive=True),
            gauge("engine_up", 3.0),
        ),
        "the container engine of {component} does not answer",
        credible=ANY_CONDITION,
        at_once=(
            (
                (
                    "read journalctl -u docker -u containerd of the last start: a broken daemon.json, a full disk, a "
                    "storage driver"
                ),
            ),
            ("check the file with dockerd --validate, then start docker again",),
        ),
        later=(("turn live-restore on, so that containers outlive the engine, and watch the engine itself",),),
    ),
    told_kind(
        "dependency_missing_at_start",
        3.8,
        (Clue("complaint", 0.0), Clue("state", 1.4, {"running": 0.0}), Clue("state", 0.6, {"start_failed": 1.0})),
        "{component} ended at its start because something that it needs was not there yet",
        at_once=(
            ("see whether what {component} needs runs now; if it does, start {component} again",),
            ("see why it came later: the order of units or of compose's depends_on",),
        ),
        later=(("let {component} wait and retry at its start, or start it only once the other is healthy",),),
    ),
)
