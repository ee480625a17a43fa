"""By which name a component goes, where a pod, its container, its replica set and its workload all have one."""

from __future__ import annotations

from dataclasses import dataclass, field

from lamplighter.diagnosis.readers.kube_names import controller_name, of_replica_set, workload_of


@dataclass(frozen=True, slots=True)
class Naming:
    """`bare` are pods that were seen to belong to nothing; `allowed` are the only names that may be answered."""

    workloads: frozenset[str] = frozenset()
    owners: dict[str, str] = field(default_factory=dict)
    bare: frozenset[str] = frozenset()
    pods: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    containers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of_pod(self, pod: str) -> str:
        """The name of a pod's workload; the pod's own where it has none, or where only that may be answered."""
        name = self._workload(pod)
        if self.allowed and name not in self.allowed:
            return pod if pod in self.allowed else next(iter(sorted(self._near(name))), name)
        return name

    def of(self, name: str, kind: str = "") -> str:
        """The component that any name means."""
        if kind in {"replicaset", "job"}:
            name = self.owned(f"{kind}/{name}")
        return name if not self.allowed or name in self.allowed else next(iter(sorted(self._near(name))), name)

    def said(self, name: str) -> str:
        """The component behind a name that a log, an alert or a series gives: a pod's, a container's or its own."""
        plain = name.rsplit("/", maxsplit=1)[-1]
        if plain in self.pods:
            return self.of_pod(plain)
        if of_replica_set(plain):
            return self.of_pod(plain)
        holders = {self.of_pod(pod) for pod, names in self.containers.items() if plain in names}
        if plain not in self.workloads and plain not in self.allowed and len(holders) == 1:
            return holders.pop()
        return name

    def owned(self, owner: str) -> str:
        """The workload behind an owner, and behind that one's own owner."""
        name = owner.rpartition("/")[2]
        above = self.owners.get(name, "")
        return controller_name(above) if above else controller_name(owner)

    def _workload(self, pod: str) -> str:
        owner = self.owners.get(pod, "")
        if owner:
            return self.owned(owner) or pod
        if pod in self.bare and not of_replica_set(pod):
            return pod
        # A pod's own name is its workload's and a suffix; the longest known workload that fits is meant.
        known = [one for one in self.workloads if pod == one or pod.startswith(f"{one}-")]
        guessed = workload_of(pod)
        fitting = [one for one in known if one == guessed or len(pod) - len(one) <= len("-5d98ffcfd1-tz4nc")]
        return max(fitting, key=len, default=guessed)

    def _near(self, name: str) -> set[str]:
        """The names that may be answered and differ from this one by a namespace in front of it alone."""
        return {one for one in self.allowed if one.rsplit("/", maxsplit=1)[-1] == name}
