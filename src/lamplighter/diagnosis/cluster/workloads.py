"""What workloads themselves show: how many pods they want and have, jobs that failed, what pods use of their limits."""

from __future__ import annotations

from collections.abc import Iterator

from lamplighter.diagnosis.cluster.drafting import Ground, fact_of, sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.cluster.pods import specification
from lamplighter.diagnosis.readers.document import at, items, number, text
from lamplighter.diagnosis.readers.draft import known
from lamplighter.diagnosis.readers.kube_quantity import quantity
from lamplighter.domain.evidence import Fact

_SCALED = frozenset({"deployment", "statefulset", "replicaset"})


def workload_facts(found: Inventory) -> list[Fact]:
    """Facts of deployments, sets and jobs, and of what `kubectl top` measured."""
    facts: list[Fact] = []
    for one in found.of("deployment", "statefulset", "daemonset"):
        facts += _counts(found, one)
    for one in found.of("job"):
        facts += _job(found, one)
    for one in found.of("top"):
        facts += _usage(found, one)
    return facts


def _counts(found: Inventory, one: Seen) -> Iterator[Fact]:
    wanted = number(one.body, "spec", "replicas")
    has = next(
        (
            n
            for key in ("availableReplicas", "readyReplicas", "numberReady")
            if (n := number(one.body, "status", key)) is not None
        ),
        None,
    )
    pods = found.pods_of(one.namespace, found.component(one))
    if wanted == 0 and one.kind in _SCALED:
        words = f"{one.kind} {one.name} is scaled to 0: replicas 0, {has or 0:.0f}/0 ready"
        yield sign_fact(found, one, "scaled_to_zero", words)
    elif (
        wanted
        and (has or 0) < wanted
        and (has is not None or number(one.body, "status", "replicas") is not None or one.whole)
    ):
        if has is None and not _unavailable(one):
            return
        words = f"{one.kind} {one.name} has {has or 0:.0f} of {wanted:.0f} pods ready"
        yield sign_fact(found, one, "pods_missing", words, missing=wanted - (has or 0), none=(has or 0) == 0)
        if not pods:
            ground = Ground(one.evidence, one.query, found.component(one))
            yield from _unseen(found, one, ground, words, has or 0.0)


def _unseen(found: Inventory, one: Seen, ground: Ground, words: str, has: float) -> Iterator[Fact]:
    """The state of a workload none of whose pods was printed: by the events of its pods, as far as they tell."""
    component = found.component(one)
    mine = [told for told in found.events if told.kind == "pod" and found.naming.of_pod(told.name) == component]
    loops = any(told.reason == "BackOff" and "restarting" in told.message for told in mine)
    made = bool(number(one.body, "status", "replicas")) or bool(mine)
    if loops or not made:
        status = "CrashLoopBackOff" if loops else "unavailable"
        values = known(engine="kubernetes", target=one.name, status=status, running=bool(has), restarting=loops)
        yield fact_of(ground, "state", words, values)
    elif not has:
        yield fact_of(ground, "health", words, known(status="unhealthy", target=one.name, by="kubelet"))


def _unavailable(one: Seen) -> bool:
    return bool(number(one.body, "status", "unavailableReplicas"))


def _job(found: Inventory, one: Seen) -> Iterator[Fact]:
    failed = number(one.body, "status", "failed") or 0.0
    conditions = [held for held in items(one.body, "status", "conditions") if text(held, "type") == "Failed"]
    over = any(text(held, "status") == "True" for held in conditions) or text(one.body, "listed", "status") == "Failed"
    done = number(one.body, "status", "succeeded") or 0.0
    if over or (failed and not done):
        why = "; ".join(f"{text(held, 'reason')}: {text(held, 'message')}" for held in conditions)
        words = f"job {one.name} failed: {failed:.0f} pods failed" + (f" ({why})" if why else "")
        yield sign_fact(found, one, "job_failed", words, over=over)


def _usage(found: Inventory, one: Seen) -> Iterator[Fact]:
    """What a pod uses, beside its limit where that is known; a node's own share where `top` gives it."""
    cpu, memory = quantity(text(one.body, "cpu")), quantity(text(one.body, "memory"))
    node = number(one.body, "cpu_percent") is not None
    component = one.name if node else found.naming.of_pod(one.name)
    limits = {} if node else _limits(found, one, component)
    cpu_limit, memory_limit = quantity(limits.get("cpu")), quantity(limits.get("memory"))
    cpu_share = cpu / cpu_limit if cpu is not None and cpu_limit else None
    memory_share = memory / memory_limit if memory is not None and memory_limit else None
    percent, full = number(one.body, "cpu_percent"), number(one.body, "memory_percent")
    if node:
        cpu_share, memory_share = (percent or 0) / 100, (full or 0) / 100
    words = f"{one.name} uses {text(one.body, 'cpu')} of cpu" + (
        f" (limit {limits['cpu']})" if limits.get("cpu") else ""
    )
    words += f" and {text(one.body, 'memory')} of memory" + (
        f" (limit {limits['memory']})" if limits.get("memory") else ""
    )
    values = known(
        target=one.name,
        node=1.0 if node else None,
        cpu_share=round(cpu_share, 4) if cpu_share is not None else None,
        memory_share=round(memory_share, 4) if memory_share is not None else None,
        cpu_limited=1.0 if cpu_limit else None,
        cores=cpu,
        memory_used_bytes=memory,
    )
    yield fact_of(Ground(one.evidence, one.query, component), "usage", words, values)


def _limits(found: Inventory, one: Seen, component: str) -> dict[str, str]:
    """The limits of a pod: those of its containers together."""
    held = found.find("pod", one.namespace, one.name)
    spec = specification(held)
    if not items(spec, "containers"):
        owner = next(
            (w for w in found.of("deployment", "statefulset", "daemonset") if found.component(w) == component), None
        )
        spec = specification(owner)
    boxes = items(spec, "containers")
    if len(boxes) != 1:
        return {}
    limits = at(boxes[0], "resources", "limits")
    return {key: str(value) for key, value in limits.items()} if isinstance(limits, dict) else {}
