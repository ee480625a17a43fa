from __future__ import annotations

from collections.abc import Sequence

from lamplighter.integrations.kubernetes.inventory import ClusterInventory
from lamplighter.integrations.kubernetes.objects import Meta, Spec, Thing


class Listing:
    async def things(self) -> Sequence[Thing]:
        return (Thing("Pod", Meta("web-1", "shop", "u1"), Spec("worker-1")),)


async def test_what_is_listed_becomes_components() -> None:
    (pod,) = await ClusterInventory(Listing()).components()  # type: ignore[arg-type]  # the one call that it makes
    assert (pod.system, pod.kind, pod.name, pod.id, pod.group) == ("kubernetes", "pod", "web-1", "u1", "shop")
    assert [(edge.target, edge.kind) for edge in pod.edges] == [("worker-1", "runs_on")]
