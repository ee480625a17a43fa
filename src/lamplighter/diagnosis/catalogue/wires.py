"""Faults of the wires between nodes and pods, where somebody measured them by hand: loss and delay."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, Clue, FaultKind, Step, told

HELP: tuple[Step, ...] = (
    ("ping and trace {component} from two sides, and compare with a node that is well",),
    ("look at the counters of its interface (ip -s link, ethtool -S), its cable, its port, and tc qdisc show",),
)

WIRE_FAULTS = (
    FaultKind(
        "node_network_packet_loss",
        (told("packet_loss", 4.6, decisive=True, node=1.0), told("slow_ping", -0.5, node=1.0)),
        ("node {component} loses packets", ": {percent} %"),
        ("ping",),
        ANY_CONDITION,
        at_once=HELP,
        later=(("watch the error counters of every interface",),),
    ),
    FaultKind(
        "node_network_delay",
        (
            told("slow_ping", 4.4, decisive=True, node=1.0),
            told("added_delay", 4.8, decisive=True, node=1.0),
            Clue("origin", 0.1, {"lead": "node_network"}, decisive=True),
            Clue("metric_shift", 0.0, {"family": "latency"}),
        ),
        ("the network of node {component} is slow", ": {milliseconds} ms"),
        ("ping",),
        ANY_CONDITION,
        at_once=HELP,
        later=(("watch round trips between nodes",),),
    ),
    FaultKind(
        "pod_network_delay",
        (
            told("slow_ping", 4.2, decisive=True, node=0.0),
            told("added_delay", 4.8, decisive=True, node=0.0),
            Clue("origin", 0.1, {"lead": "pod_network"}, decisive=True),
            Clue("metric_shift", 0.0, {"family": "latency"}),
        ),
        ("the network of {component} is slow", ": {milliseconds} ms"),
        ("ping",),
        ANY_CONDITION,
        at_once=HELP,
        later=(("watch the latency of calls by pod, not by service alone",),),
    ),
    FaultKind(
        "pod_network_packet_loss",
        (told("packet_loss", 4.2, decisive=True, node=0.0),),
        ("the network of {component} loses packets", ": {percent} %"),
        ("ping",),
        ANY_CONDITION,
        at_once=HELP,
        later=(("watch the error counters of every interface",),),
    ),
)
