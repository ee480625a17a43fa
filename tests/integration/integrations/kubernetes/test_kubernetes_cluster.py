"""The inventory against a server with the API's own paths, pages and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from lamplighter.domain.topology import Component
from lamplighter.integrations.kubernetes import INTEGRATION
from lamplighter.ports import Surroundings, ToolError
from tests.integration.integrations.kubernetes.cluster import TOKEN, Cluster, FakeKubernetes

Look = Callable[..., object]


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def fake(cluster: Cluster) -> Iterator[FakeKubernetes]:
    server = FakeKubernetes(cluster)
    yield server
    server.close()


async def look(fake: FakeKubernetes, around: Surroundings, token: str = TOKEN, **more: object) -> Sequence[Component]:
    config = INTEGRATION.config.model_validate({"url": fake.url, "bearer_token": token, "timeout_seconds": 5, **more})
    return await INTEGRATION.build(config, around).inventories[0].components()


async def test_everything_is_listed_with_its_edges(fake: FakeKubernetes, surroundings: Surroundings) -> None:
    parts = {part.name: part for part in await look(fake, surroundings)}
    assert set(parts) == {
        "worker-1",
        "worker-2",
        "web",
        "store",
        "store-headless",
        "outside",
        "agent",
        "web-5d4f8c7b9d",
        "web-5d4f8c7b9d-x2x7k",
        "web-5d4f8c7b9d-q8zzl",
        "store-0",
        "agent-7kx2p",
        "kube-proxy-worker-1",
    }
    assert (parts["web"].kind, parts["web"].id, parts["web"].running) == ("deployment", "uid-shop-web", False)
    edges = {(edge.source, edge.target, edge.kind) for part in parts.values() for edge in part.edges}
    assert {
        ("web", "web-5d4f8c7b9d", "contains"),
        ("web", "web-5d4f8c7b9d-x2x7k", "contains"),
        ("web-5d4f8c7b9d", "web-5d4f8c7b9d-q8zzl", "contains"),
        ("store", "store-0", "contains"),
        ("store-headless", "store-0", "contains"),
        ("agent", "agent-7kx2p", "contains"),
        ("store-0", "worker-1", "runs_on"),
        ("kube-proxy-worker-1", "worker-1", "runs_on"),
    } <= edges
    assert not any(source == "worker-1" for source, _, _ in edges)


async def test_pages_are_followed_to_their_end(
    fake: FakeKubernetes, cluster: Cluster, surroundings: Surroundings
) -> None:
    whole = await look(fake, surroundings)
    cluster.page_items = 2
    assert await look(fake, surroundings) == whole


async def test_only_some_namespaces(fake: FakeKubernetes, cluster: Cluster, surroundings: Surroundings) -> None:
    parts = await look(fake, surroundings, namespaces=["other"])
    assert {part.kind for part in parts} == {"node"}
    assert "/api/v1/namespaces/other/pods" in cluster.asked
    assert "/api/v1/pods" not in cluster.asked


@pytest.mark.parametrize("denied", ["pods", "replicasets", "nodes"])
async def test_half_a_cluster_is_none(
    fake: FakeKubernetes, cluster: Cluster, surroundings: Surroundings, denied: str
) -> None:
    cluster.denied = denied
    with pytest.raises(ToolError, match="403"):
        await look(fake, surroundings)


async def test_a_wrong_token_is_told_without_the_token(fake: FakeKubernetes, surroundings: Surroundings) -> None:
    with pytest.raises(ToolError, match="401") as problem:
        await look(fake, surroundings, "hunter2hunter2")
    assert "hunter2" not in str(problem.value)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"kind": "PodList"}', b'{"kind": "PodList", "items": [1]}', b"\xff"])
async def test_rubbish_is_no_cluster(
    fake: FakeKubernetes, cluster: Cluster, surroundings: Surroundings, body: bytes
) -> None:
    cluster.rubbish = body
    with pytest.raises(ToolError):
        await look(fake, surroundings)


async def test_pages_without_end_are_left(fake: FakeKubernetes, cluster: Cluster, surroundings: Surroundings) -> None:
    cluster.endless = True
    with pytest.raises(ToolError, match="more than"):
        await look(fake, surroundings, timeout_seconds=60)


async def test_a_server_that_never_answers_is_left_in_time(
    fake: FakeKubernetes, cluster: Cluster, surroundings: Surroundings
) -> None:
    cluster.hangs = True
    with pytest.raises(ToolError, match="no whole list in 5 s"):
        await look(fake, surroundings)
