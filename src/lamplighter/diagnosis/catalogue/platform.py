"""Faults of what a cluster itself stands on: nodes, kubelet, runtime, proxy, scheduler; and jobs and scale."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, AtLeast, Clue, FaultKind, Step, told


def _part(name: str, sign: str, words: str, unit: str, *also: Clue) -> FaultKind:
    return FaultKind(
        name,
        (told(sign, 4.6, decisive=True), Clue("unit", 5.0, {"part": unit, "down": 1.0}, decisive=True), *also),
        (words,),
        ("journalctl", "systemctl.status"),
        ANY_CONDITION,
        at_once=(
            (f"look at {unit} on the node: systemctl status {unit}, journalctl -u {unit}",),
            (f"start {unit} again once its log says why it ended (disk, certificate, configuration, swap)",),
        ),
        later=((f"watch {unit} on every node, apart from what it reports itself",),),
        runbooks=("KubeNodeNotReady", "KubeletDown"),
    )


SCALE: tuple[Step, ...] = (
    ("ask who scaled {component} to 0 and why: the deployment's history, the autoscaler, a schedule",),
    ("scale it up again: kubectl scale --replicas",),
)

PLATFORM_FAULTS = (
    FaultKind(
        "node_not_ready",
        (
            told("node_not_ready", 4.1, decisive=True),
            told("node_unreachable", 0.4),
            told("network_plugin", 1.0),
            told("node_disk_pressure", 0.6),
            told("node_memory_pressure", 0.6),
        ),
        ("node {component} is not ready",),
        ("node", "journalctl"),
        ANY_CONDITION,
        generic=True,
        at_once=(
            (
                (
                    "see kubectl describe node {component} for the condition that failed first, "
                    "and whether its host answers"
                ),
            ),
            ("read the kubelet's log on it",),
            ("drain it if it does not come back, so that its pods start elsewhere",),
        ),
        later=(("let nodes be replaced by themselves when they stay away",),),
        runbooks=("KubeNodeNotReady", "KubeNodeUnreachable"),
    ),
    _part(
        "kubelet_unavailable",
        "kubelet_down",
        "the kubelet on {component} does not run or does not report",
        "kubelet",
        told("kubelet_silent", 2.6, decisive=True),
        Clue("alert", 2.4, {"name": ("KubeletDown", "KubeletNotReporting")}),
        told("node_unreachable", 0.3),
        told("runtime_down", -3.0),
        Clue("unit", -3.0, {"part": "containerd", "down": 1.0}),
        Clue("unit", -3.0, {"part": "docker", "down": 1.0}),
    ),
    _part(
        "containerd_unavailable",
        "runtime_down",
        "the container runtime on {component} does not answer",
        "containerd",
        told("runtime_docker", -1.5),
    ),
    _part(
        "docker_daemon_unavailable",
        "runtime_docker",
        "the Docker daemon on {component} does not answer",
        "docker",
    ),
    _part(
        "kube_proxy_unavailable",
        "kube_proxy_down",
        "kube-proxy does not run on a node, so that services are not reached there",
        "kube-proxy",
    ),
    _part(
        "kube_scheduler_unavailable",
        "kube_scheduler_down",
        "the scheduler does not run, so that new pods wait without being placed",
        "kube-scheduler",
    ),
    FaultKind(
        "job_failed",
        (
            told("job_failed", 4.2, decisive=True),
            told("job_backoff", 1.4, decisive=True),
            told("job_deadline", 2.4, decisive=True),
            Clue("state", 2.8, {"job": 1.0, "failed": 1.0}, decisive=True),
            Clue("log_error", 0.0),
        ),
        ("job {component} failed", ": its last pod ended with exit code {last_exit_code}"),
        ("log",),
        ANY_CONDITION,
        generic=True,
        at_once=(
            ("read the log of the job's last pod: kubectl logs job/{component}",),
            ("run it again by hand once the reason is gone",),
        ),
        later=(("alert on jobs that fail, and let them be safe to run twice",),),
        runbooks=("KubeJobFailed",),
    ),
    FaultKind(
        "scaled_to_zero",
        (
            told("scaled_to_zero", 4.8, decisive=True),
            told("endpoints_empty", 0.4),
            Clue("change", 0.3),
            Clue("state", -2.0, {"running": 1.0}),
        ),
        ("{component} has no pods because it is scaled to 0 replicas",),
        ("deployment",),
        ANY_CONDITION,
        at_once=SCALE,
        later=(("protect what must run with a lower bound in its autoscaler and in review",),),
        runbooks=("KubeDeploymentReplicasMismatch",),
    ),
    FaultKind(
        "pod_cpu_overload",
        (
            Clue("usage", 4.0, {"cpu_share": AtLeast(0.9), "cpu_limited": 1.0}, decisive=True),
            told("throttled", 3.8, decisive=True),
            Clue("state", -3.0, {"running": 0.0}),
        ),
        ("{component} uses all the cpu that its limit allows and is throttled",),
        ("usage",),
        ANY_CONDITION,
        at_once=(
            ("compare what {component} uses with its CPU limit, and raise the limit or take it away",),
            ("see whether its load grew: more replicas carry it",),
        ),
        later=(("set requests and limits from what was used over weeks",),),
        runbooks=("CPUThrottlingHigh",),
    ),
)
