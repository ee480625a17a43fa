"""Which limit of a namespace is reached: by what admission refused, or by what a quota itself shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lamplighter.diagnosis.cluster.claimants import user_of
from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of, sign_fact
from lamplighter.diagnosis.cluster.events import Words, component_of, spoken
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen, same_namespace
from lamplighter.diagnosis.readers.document import at, number
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.diagnosis.readers.kube_messages import quota_values
from lamplighter.diagnosis.readers.kube_quantity import quantity
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 5_000
LOG_TOOLS = frozenset({"kubectl.logs", "logs", "docker.logs", "loki.query_range"})
NEAR = 0.999
_FORBIDDEN = re.compile(r"(?i)\b([a-z]{3,40})(?:\.[\w.]{1,60})? \\?[\"'`]([\w.-]{1,253})\\?[\"'`] is forbidden")
_ACCOUNT = re.compile(
    r"(?i)error looking up service account|serviceaccount \\?[\"'`]?[\w./-]{1,200}\\?[\"'`]? not found"
)


def family(resource: str) -> str:
    """The family of a quota's resource: cpu, memory, pods, services, storage or what else it is."""
    name = resource.strip()
    if "storage" in name or name in {"persistentvolumeclaims", "count/persistentvolumeclaims"}:
        return "storage"
    if name.startswith(("services", "count/services")):
        return "services"
    if name in {"pods", "count/pods"}:
        return "pods"
    plain = name.removeprefix("requests.").removeprefix("limits.")
    return plain if plain in {"cpu", "memory"} else "other"


def _amounts(said: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in said.split(","))
    return {key.strip(): value.strip() for key, mark, value in pairs if mark}


def exceeded(requested: str, used: str, limited: str) -> list[str]:
    """The resources of a refusal that do not fit; all that it names where the numbers cannot be read."""
    asks, held, hard = _amounts(requested), _amounts(used), _amounts(limited)
    over = [
        name
        for name in hard
        if (limit := quantity(hard[name])) is not None
        and (quantity(asks.get(name, "0")) or 0.0) + (quantity(held.get(name, "0")) or 0.0) > limit
    ]
    return over or list(hard)


def quota_facts(found: Inventory, texts: list[Evidence]) -> list[Fact]:
    """Facts `kube` quota_<family>: from refusals first, then from quotas that are used up."""
    facts = [fact for words in spoken(found) for fact in _refusal(found, words)]
    for evidence in texts:
        facts += _in_text(found, evidence)
    refused = {fact.component for fact in facts}
    for quota in found.of("resourcequota"):
        facts += _full(found, quota, refused)
    unique: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        unique.setdefault((fact.component, str(fact.values["sign"])), fact)
    return list(unique.values())


def _refusal(found: Inventory, words: Words) -> Iterator[Fact]:
    told = quota_values(words.message)
    if not told:
        return
    component = component_of(found, words)
    if words.kind == "namespace" or not component:
        component = words.namespace
    ground = Ground(words.evidence, words.query, component, words.at)
    said = f"{words.kind} {words.name}: {words.reason}: {words.message}"
    over = exceeded(str(told["requested"]), str(told["used"]), str(told["limited"]))
    for name in sorted({family(one) for one in over}):
        yield fact_of(ground, KUBE, said, {**told, **known(sign=f"quota_{name}", refused=1.0, target=words.name)})


def _in_text(found: Inventory, evidence: Evidence) -> Iterator[Fact]:
    """Refusals in the output of whatever tried: an apply, a pipeline, a controller's log."""
    for line in evidence.content.splitlines()[-LINES_MAX:]:
        refused = _FORBIDDEN.search(line[:2_000])
        if refused is None:
            continue
        told = quota_values(line[:2_000])
        if not told and not _ACCOUNT.search(line):
            continue
        component = _maker(found, refused[1].lower(), refused[2], evidence)
        ground = Ground(evidence.id, f"{evidence.tool}", component, evidence.at)
        if not told:
            values = known(sign="service_account_missing", target=refused[2])
            yield fact_of(ground, KUBE, shown(line, 500), values)
            continue
        over = exceeded(str(told["requested"]), str(told["used"]), str(told["limited"]))
        for name in sorted({family(one) for one in over}):
            values = known(sign=f"quota_{name}", refused=1.0, target=refused[2])
            yield fact_of(ground, KUBE, shown(line, 500), {**told, **values})


def _maker(found: Inventory, kind: str, name: str, evidence: Evidence) -> str:
    """Whose object was refused: a claim's or a pod's is its workload's, or that of the program that asked for it."""
    asked = evidence.params.get("name") or evidence.params.get("component") or ""
    owner = found.naming.said(asked.rsplit("/", maxsplit=1)[-1]) if asked else ""
    if owner and evidence.tool in LOG_TOOLS:
        # A program tells what it was refused itself; whom else it names, only the cluster's own words can blame.
        return owner
    if kind.startswith("pod"):
        component = found.naming.of_pod(name)
        made = component != name or found.find("pod", "", name) is not None
        return component if made or not owner else owner
    if kind.startswith("persistentvolumeclaim"):
        return user_of(found, evidence.params.get("namespace", ""), name)
    return found.naming.of(name)


def _full(found: Inventory, quota: Seen, refused: set[str]) -> Iterator[Fact]:
    used, hard = at(quota.body, "status", "used"), at(quota.body, "status", "hard")
    if not isinstance(used, dict) or not isinstance(hard, dict):
        return
    short = _short(found, quota.namespace)
    for name in hard:
        limit, taken = quantity(hard[name]), quantity(used.get(name))
        if limit is None or taken is None or taken < limit * NEAR:
            continue
        words = (
            f"quota {quota.name} of {quota.namespace or 'its namespace'}: {name} is used "
            f"up, {used.get(name)} of {hard[name]}"
        )
        for component in short or [quota.namespace or quota.name]:
            yield sign_fact(
                found,
                quota,
                f"quota_{family(name)}",
                words,
                component,
                full=1.0,
                quota=quota.name,
                resource=name,
                refused=1.0 if component in refused else None,
            )


def _short(found: Inventory, namespace: str) -> list[str]:
    """The workloads that have fewer pods than they want."""
    short: list[str] = []
    for one in found.of("deployment", "statefulset", "replicaset", "job"):
        wanted = number(one.body, "spec", "replicas")
        has = next(
            (
                n
                for key in ("readyReplicas", "availableReplicas", "replicas")
                if (n := number(one.body, "status", key)) is not None
            ),
            None,
        )
        if same_namespace(one.namespace, namespace) and wanted and has is not None and has < wanted:
            short.append(found.component(one))
    return sorted(set(short))
