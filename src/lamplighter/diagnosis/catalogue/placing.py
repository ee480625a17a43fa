"""Faults that keep pods from being placed: too little room, wishes that no node meets, nodes that are closed."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, AtLeast, Clue, FaultKind, Step, told

PENDING = Clue("state", 0.3, {"pending": 1.0})


def _short(name: str, reason: str, what: str, *also: Clue) -> FaultKind:
    return FaultKind(
        name,
        (
            told(f"unplaced_{reason}", 1.8, decisive=True),
            told(f"unplaced_{reason}", 2.8, closest=1.0),
            told(f"unplaced_{reason}", 0.4, share=AtLeast(0.5)),
            PENDING,
            *also,
        ),
        (f"no node has enough {what} left for {{component}}", ": {nodes} of {of} nodes have too little"),
        ("event", "node"),
        ANY_CONDITION,
        at_once=(
            (
                (
                    f"compare the {what} that {{component}} requests with what the nodes have to "
                    "give (kubectl describe node)"
                ),
            ),
            (f"lower its request, stop what needs the {what} less, or add a node",),
        ),
        later=((f"let requests follow what was used, and alert before the {what} of the nodes is given away",),),
        runbooks=("KubePodNotReady", "KubeCPUOvercommit", "KubeMemoryOvercommit"),
    )


def _wish(name: str, clues: tuple[Clue, ...], clauses: tuple[str, ...], *at_once: Step) -> FaultKind:
    return FaultKind(name, (*clues, PENDING), clauses, ("event", "node"), ANY_CONDITION, at_once=at_once, later=LATER)


LATER: tuple[Step, ...] = (
    ("write down which pools of nodes there are, and let a check compare wishes with labels and taints",),
)

PLACING_FAULTS = (
    _short("insufficient_node_cpu", "cpu", "cpu"),
    _short(
        "insufficient_node_memory",
        "memory",
        "memory",
        told("evicted_memory", 3.6, decisive=True),
        told("node_memory_pressure", 3.2, decisive=True),
    ),
    FaultKind(
        "insufficient_gpu",
        (
            told("unplaced_device", 2.0, decisive=True, gpu=1.0),
            told("unplaced_device", 3.0, closest=1.0, gpu=1.0),
            PENDING,
        ),
        ("no node has a free GPU for {component}", ": {device}"),
        ("event", "node"),
        ANY_CONDITION,
        at_once=(
            ("see which nodes offer", " {device}", " and which pods hold it (kubectl describe node)"),
            ("see whether the device plugin runs on them; free one or add a node",),
        ),
        later=(("queue jobs for GPUs instead of letting pods wait",),),
    ),
    FaultKind(
        "pod_capacity_exceeded",
        (
            told("unplaced_pods", 3.4, decisive=True),
            told("unplaced_pods", 2.0, closest=1.0),
            told("node_pods_full", 4.4, decisive=True),
            PENDING,
        ),
        ("{component} finds no node, because the nodes hold as many pods as they may", ": {limit}"),
        ("node",),
        ANY_CONDITION,
        at_once=(
            ("count the pods on each node, and remove those that ended or are not needed",),
            ("raise maxPods of the kubelet where addresses allow it, or add a node",),
        ),
        later=(("alert when a node holds nine of ten pods that it may",),),
        runbooks=("KubeletTooManyPods",),
    ),
    _wish(
        "node_selector_mismatch",
        (
            told("unplaced_affinity", 1.6, decisive=True),
            told("unplaced_affinity", 2.0, closest=1.0),
            told("unplaced_affinity", 1.6, has_selector=1.0),
            told("unplaced_affinity", -1.6, has_selector=0.0),
            told("unplaced_affinity", -1.2, has_affinity=1.0),
            told("unplaced_node_name", 3.0, decisive=True),
            told("node_wish", 0.0),
        ),
        ("no node bears the labels that the node selector of {component} asks for", ": {selector}"),
        ("compare the node selector", " {selector}", " of {component} with kubectl get nodes --show-labels"),
        ("label a node, or correct the selector",),
    ),
    _wish(
        "node_affinity_mismatch",
        (
            told("unplaced_affinity", 1.4, decisive=True),
            told("unplaced_affinity", 1.8, closest=1.0),
            told("unplaced_affinity", 2.2, has_affinity=1.0),
            told("unplaced_affinity", 0.8, has_selector=0.0),
            told("unplaced_affinity", -2.0, has_selector=1.0),
            told("unplaced_volume_zone", 3.0, decisive=True, closest=1.0),
            told("node_wish", 0.0),
        ),
        ("no node meets the node affinity that {component} requires",),
        ("compare the required affinity of {component} with the labels of the nodes (zone, instance type, pool)",),
        ("correct it, make it preferred instead of required, or add a node that meets it",),
    ),
    _wish(
        "pod_anti_affinity_conflict",
        (
            told("unplaced_anti_affinity", 2.4, decisive=True),
            told("unplaced_anti_affinity", 2.4, closest=1.0),
            told("unplaced_spread", 1.8, decisive=True),
            told("unplaced_spread", 1.6, closest=1.0),
        ),
        ("{component} may not stand beside the pods that the nodes already hold (anti-affinity)",),
        ("count replicas of {component} against nodes: a required anti-affinity allows one on each",),
        ("lower the replicas, add a node, or make the anti-affinity preferred",),
    ),
    _wish(
        "taint_toleration_mismatch",
        (
            told("unplaced_taint", 2.2, decisive=True),
            told("unplaced_taint", 2.6, closest=1.0),
            told("unplaced_control_plane", 3.2, decisive=True, closest=1.0),
            told("unplaced_affinity", -0.4, closest=1.0),
        ),
        ("{component} does not tolerate the taint of the nodes", ": {taint}"),
        ("give {component} a toleration for the taint", " {taint}", ", or take the taint from a node"),
        ("see with kubectl describe node whether the taint is still wanted",),
    ),
    FaultKind(
        "node_cordoned",
        (
            told("node_cordoned", 3.2, decisive=True),
            told("node_cordoned_blocks", 1.8),
            told("unplaced_cordoned", 1.2, decisive=True),
            told("unplaced_cordoned", 1.2, closest=1.0),
            told("unplaced_cordon_taint", 1.6, decisive=True),
            told("node_unschedulable", 0.6),
            told("node_not_ready", -2.0),
        ),
        ("{component} is closed to new pods: it was cordoned (SchedulingDisabled)",),
        ("node",),
        ANY_CONDITION,
        at_once=(
            ("ask whether the maintenance of {component} is over, then kubectl uncordon it",),
            ("see which pods wait for it",),
        ),
        later=(("alert on nodes that stay cordoned longer than a maintenance takes",),),
        runbooks=("KubeNodeUnschedulable",),
    ),
)
