"""What programs are refused, by their own logs: paths of volumes that they mount, and rights at the cluster's API."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory
from lamplighter.diagnosis.cluster.pods import specification
from lamplighter.diagnosis.readers.document import items, text
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.domain.evidence import Fact

LINES_MAX = 5_000
_DENIED = re.compile(
    r"(?i)permission denied|operation not permitted|EACCES|EPERM|read-only file system"
    r"|AccessDenied|access is denied|not writ(?:e)?able"
)
_PATH = re.compile(r"(/[\w.@+-]{1,100}(?:/[\w.@+-]{0,100}){0,20})")
_FORBIDDEN = re.compile(
    r"is forbidden: User \\?\"system:serviceaccount:([\w.-]{1,63}):([\w.-]{1,253})\\?\" cannot (\w{1,20}) re"
    r"source \\?\"([\w./-]{1,80})"
)
_OWN = frozenset({"/var/run/secrets/kubernetes.io/serviceaccount"})


def refusing_facts(found: Inventory, texts: dict[str, tuple[str, str]]) -> list[Fact]:
    """Facts `kube` mounted_path_denied and api_forbidden; `texts` are logs by component, each with its evidence."""
    facts: list[Fact] = []
    for component, (content, evidence) in sorted(texts.items()):
        ground = Ground(evidence, f"logs of {component}", component)
        lines = content.splitlines()[-LINES_MAX:]
        facts += _mounted(found, ground, lines)
        facts += _forbidden(ground, lines)
    return facts


def _mounts(found: Inventory, component: str) -> dict[str, str]:
    """The paths at which a component mounts volumes, and the volume of each."""
    held: dict[str, str] = {}
    for one in found.of("pod", "deployment", "statefulset", "daemonset", "job"):
        if found.component(one) != component:
            continue
        for box in [*items(specification(one), "containers"), *items(specification(one), "initContainers")]:
            for mount in items(box, "volumeMounts"):
                path = text(mount, "mountPath").rstrip("/")
                if path and path not in _OWN:
                    held[path] = text(mount, "name")
    return held


def _mounted(found: Inventory, ground: Ground, lines: list[str]) -> Iterator[Fact]:
    mounts = _mounts(found, ground.component)
    for line in lines:
        if not mounts or not _DENIED.search(line[:1_000]):
            continue
        for path in _PATH.findall(line[:1_000]):
            root = next(
                (
                    one
                    for one in sorted(mounts, key=len, reverse=True)
                    if path.rstrip("/.") == one or path.startswith(f"{one}/")
                ),
                "",
            )
            if root:
                words = f"log of {ground.component}: {shown(line, 300)}; {root} is the volume {mounts[root]}"
                values = known(sign="mounted_path_denied", path=path, volume=mounts[root], target=ground.component)
                yield fact_of(ground, KUBE, words, values)
                return


def _forbidden(ground: Ground, lines: list[str]) -> Iterator[Fact]:
    for line in lines:
        found = _FORBIDDEN.search(line[:1_500])
        if found:
            words = f"log of {ground.component}: {shown(line, 400)}"
            values = known(
                sign="api_forbidden", account=found[2], verb=found[3], resource=found[4], target=ground.component
            )
            yield fact_of(ground, KUBE, words, values)
            return
