"""Faults between components: names, ports, certificates, hosts."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import (
    ANY_CONDITION,
    IN_TROUBLE,
    AtLeast,
    Below,
    Clue,
    Condition,
    FaultKind,
    sign,
    told,
)
from lamplighter.diagnosis.catalogue.resources import running_short

NETWORK_FAULTS = (
    FaultKind(
        "connection_refused",
        (
            Clue("probe", 3.2, {"error": ("refused",), "state": "failing"}, decisive=True),
            Clue("state", 1.4, {"running": 1.0}),
            sign("connection_refused", 2.2, decisive=True),
            told("refuses_calls", 4.0, decisive=True),
            told("refuses_calls", 0.8, loopback=1.0),
            told("call_refused", -0.8, exists=1.0),
            told("address_wrong", -1.5),
            told("target_port_wrong", -2.8),
            told("protocol_wrong", -2.8),
            told("selector_matches_nothing", -2.8),
            Clue("state", -4.0, {"running": 0.0}),
            Clue("state", -3.0, {"restarting": 1.0}),
            # Who dies again and again refuses in between.
            Clue("event", -7.0, {"action": "die", "unforced": AtLeast(3.0)}),
        ),
        ("connections are refused at {component}", ": its {probe} probe is {error}, though its process runs"),
        ("state", "probe"),
        IN_TROUBLE | {Condition.RUNNING, Condition.UNKNOWN},
        yields=True,
        below_answers=0.2,
    ),
    running_short(
        "dns_failure",
        "a name cannot be resolved at {component}",
        weight=2.8,
        also=(
            Clue("probe", 3.6, {"error": "dns"}, decisive=True),
            told("cluster_dns_down", 5.4, decisive=True),
            told("cluster_dns_suspected", 3.8, decisive=True),
            told("cluster_dns_suspected", -1.0, alone=1.0),
            told("call_dns", -1.2, missing=1.0),
        ),
        credible=IN_TROUBLE | {Condition.RUNNING, Condition.UNKNOWN},
    ),
    running_short(
        "tls_certificate_expired",
        "a certificate that {component} uses has expired",
        weight=3.0,
        credible=IN_TROUBLE | {Condition.RUNNING, Condition.UNKNOWN},
        also=(
            told("certificate_expired", 4.8, decisive=True),
            Clue("probe", 4.2, {"error": "tls", "certificate_expired": 1.0}, decisive=True),
            Clue("probe", 1.8, {"error": "tls"}, decisive=True),
        ),
    ),
    running_short("network_partition", "{component} lost the rest of its cluster", weight=3.0),
    FaultKind(
        "network_latency",
        (
            Clue("metric_shift", 2.2, {"family": "latency"}, decisive=True),
            Clue("probe", 3.4, {"error": "slow", "state": "failing"}, decisive=True),
            Clue("probe", 0.4, {"error": "timeout"}),
            Clue("usage", 0.6, {"cpu_wanted_share": Below(0.5)}),
            Clue("usage", 0.6, {"cpu_share": Below(0.5), "throttled_share": Below(0.1)}),
            Clue("usage", -2.5, {"cpu_wanted_share": AtLeast(0.8)}),
            Clue("usage", -2.5, {"throttled_share": AtLeast(0.5)}),
            Clue("usage", -1.0, {"memory_share": AtLeast(0.9)}),
        ),
        ("{component} became slow",),
        ("traces",),
        ANY_CONDITION,
        yields=True,
        below_answers=0.4,
        ceiling=0.8,
    ),
    FaultKind(
        "host_down",
        (
            Clue("probe", 2.4, {"error": ("unreachable", "no_route"), "state": "failing"}, decisive=True),
            Clue("probe", 1.6, {"error": "timeout", "connected": 0.0, "state": "failing"}, decisive=True),
            Clue("look_failed", 1.0),
            Clue("up", 0.5),
            Clue("state", -4.0, {"running": 1.0}),
            Clue("state", -4.0, {"running": 0.0}),
        ),
        ("the host of {component} does not answer at all",),
        ("state",),
        frozenset({Condition.FAILING}),
    ),
)
