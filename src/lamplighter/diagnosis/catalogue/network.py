"""Faults between components: names, ports, certificates, hosts."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, Clue, Condition, FaultKind, sign
from lamplighter.diagnosis.catalogue.resources import running_short

NETWORK_FAULTS = (
    FaultKind(
        "connection_refused",
        (
            Clue("probe", 3.2, {"error": ("refused",), "state": "failing"}, decisive=True),
            Clue("state", 1.4, {"running": 1.0}),
            sign("connection_refused", 2.2, decisive=True),
            Clue("state", -4.0, {"running": 0.0}),
            Clue("state", -3.0, {"restarting": 1.0}),
        ),
        ("connections are refused at {component}", ": its {probe} probe is {error}, though its process runs"),
        ("state", "probe"),
        yields=True,
        below_answers=0.2,
    ),
    running_short(
        "dns_failure",
        "a name cannot be resolved at {component}",
        weight=2.8,
        also=(Clue("probe", 3.6, {"error": "dns"}, decisive=True),),
    ),
    running_short(
        "tls_certificate_expired",
        "a certificate that {component} uses has expired",
        weight=3.0,
        also=(
            Clue("probe", 4.2, {"error": "tls", "certificate_expired": 1.0}, decisive=True),
            Clue("probe", 1.8, {"error": "tls"}, decisive=True),
        ),
    ),
    FaultKind(
        "network_latency",
        (
            Clue("metric_shift", 2.2, {"family": "latency"}, decisive=True),
            Clue("probe", 0.4, {"error": "timeout"}),
        ),
        ("{component} became slow",),
        ("traces",),
        ANY_CONDITION,
        yields=True,
        ceiling=0.5,
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
