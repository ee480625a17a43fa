"""Faults of the kubelet's own probes: they ask at the wrong port, in the wrong language, or too early."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, AtLeast, Clue, FaultKind, graded, told

OWN_END = (
    Clue("state", -3.0, {"oom_killed": 1.0}),
    Clue("state", -1.5, {"last_exit_code": (1.0, 2.0, 3.0, 126.0, 127.0, 139.0)}),
)


def _port(probe: str, effect: str) -> FaultKind:
    return FaultKind(
        f"{probe}_probe_incorrect_port",
        (
            *graded("probe_port_wrong", 3.4, 5.4, probe=probe),
            told("probe_failing", 0.3, probe=probe, error="refused"),
            told("probe_failing", 0.3, probe=probe, killed=1.0),
            *OWN_END,
        ),
        (
            f"the {probe} probe of {{component}} asks port",
            " {probe_port}",
            f", where nothing listens, so that {effect}",
        ),
        ("event", "state"),
        ANY_CONDITION,
        at_once=(
            (
                f"set the port of the {probe} probe to one that {{component}} listens on",
                " (its ports: {container_ports})",
            ),
            ("name the port in the pod's template and let probe and service use the name",),
        ),
        later=(("let a test of the chart compare the ports of probes, containers and services",),),
        runbooks=("KubePodNotReady", "KubePodCrashLooping"),
    )


def _protocol(probe: str, effect: str) -> FaultKind:
    return FaultKind(
        f"{probe}_probe_incorrect_protocol",
        (
            *graded("probe_protocol_wrong", 2.6, 5.0, probe=probe),
            told("probe_failing", 0.3, probe=probe, count=AtLeast(3.0)),
            *OWN_END,
        ),
        (f"the {probe} probe of {{component}} speaks another protocol than what it asks", f", so that {effect}"),
        ("event", "state"),
        ANY_CONDITION,
        at_once=(
            (
                (
                    f"make the {probe} probe speak what {{component}} serves at that port: scheme "
                    "HTTP or HTTPS, tcpSocket, or grpc"
                ),
            ),
            ("ask the port by hand from a debug container, once with each protocol",),
        ),
        later=(("serve health on a plain HTTP port of its own, apart from the traffic",),),
        runbooks=("KubePodNotReady", "KubePodCrashLooping"),
    )


PROBE_FAULTS = (
    _port("liveness", "the kubelet kills it again and again"),
    _port("readiness", "it gets no traffic"),
    _protocol("liveness", "the kubelet kills it again and again"),
    _protocol("readiness", "it gets no traffic"),
    FaultKind(
        "liveness_probe_incorrect_timing",
        (
            told("probe_too_early", 2.2, decisive=True, probe="liveness"),
            told("probe_too_early", 1.4, probe="liveness", strength=AtLeast(0.65)),
            told("probe_too_early", 1.8, probe="liveness", strength=AtLeast(0.95)),
            told("probe_too_early", 0.6, probe="liveness", killed=1.0),
            Clue("state", 0.5, {"last_exit_code": (137.0, 143.0)}),
            Clue("change", 0.2),
            told("probe_port_wrong", -3.0, probe="liveness"),
            told("probe_protocol_wrong", -3.0, probe="liveness"),
            *OWN_END,
        ),
        ("the kubelet kills {component} before it can answer: its liveness probe comes too early or waits too short",),
        ("event", "log"),
        ANY_CONDITION,
        at_once=(
            ("give {component} a startup probe, or raise initialDelaySeconds above the time that its start takes",),
            ("raise timeoutSeconds and failureThreshold of the liveness probe",),
        ),
        later=(("find out what makes its start slow, and whether its cpu limit is the reason",),),
        runbooks=("KubePodCrashLooping",),
    ),
)
