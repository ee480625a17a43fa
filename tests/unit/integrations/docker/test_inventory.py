from __future__ import annotations

from lamplighter.integrations.docker.container import Network, Port, Summary
from lamplighter.integrations.docker.inventory import component, edges_of

KEY = "1f" * 32


def test_a_compose_project_is_the_group() -> None:
    part = component(Summary(KEY, ["/store"], {"com.docker.compose.project": "shop"}, "running", "Up"))
    assert (part.system, part.kind, part.name, part.id, part.group) == ("docker", "container", "store", KEY, "shop")
    assert part.running


def test_a_container_without_labels_has_no_group() -> None:
    part = component(Summary(KEY, ["/store"], None, "exited", "Exited (0)"))
    assert (part.labels, part.group, part.running) == ({"lamplighter.state": "exited"}, "", False)


def test_what_the_engine_says_is_told_and_a_label_cannot_say_it_instead() -> None:
    ports = [Port(9090, 19090), Port(9090, 19090), Port(8080, 0)]
    told = {"lamplighter.image": "lie", "lamplighter.ports": "22>22", "lamplighter.state": "running", "own": "1"}
    part = component(Summary(KEY, ["/p"], told, "running", "Up (unhealthy)", "prom/prometheus", ports=ports))
    assert part.labels == {
        "own": "1",
        "lamplighter.image": "prom/prometheus",
        "lamplighter.ports": "19090>9090",
        "lamplighter.state": "unhealthy",
    }
    assert component(Summary(KEY, ["/p"], told)).labels == {"own": "1"}


def entry(name: str, number: int, mode: str = "bridge", **labels: str) -> Summary:
    return Summary(f"{number:064x}", [f"/{name}"], labels, "running", "Up", host_config=Network(mode))


def edges(near: Summary, *others: Summary, volumes: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    return [(edge.source, edge.target, edge.kind) for edge in edges_of(near, (near, *others), {near.id: volumes})]


def test_a_borrowed_network_is_needed() -> None:
    vpn = entry("vpn", 1)
    needed = [("torrent", "vpn", "depends_on")]
    assert edges(entry("torrent", 2, f"container:{vpn.id}"), vpn) == needed
    assert edges(entry("torrent", 2, "container:vpn"), vpn) == needed
    assert edges(entry("torrent", 2, "bridge"), vpn) == []
    assert edges(entry("torrent", 2, "container:gone"), vpn) == []


def test_a_service_is_looked_for_in_its_own_project() -> None:
    project, service = "com.docker.compose.project", "com.docker.compose.service"
    ours = entry("a-vpn-1", 1, **{project: "a", service: "vpn"})
    theirs = entry("b-vpn-1", 3, **{project: "b", service: "vpn"})
    torrent = entry("a-torrent-1", 2, "service:vpn", **{project: "a"})
    assert edges(torrent, theirs, ours) == [("a-torrent-1", "a-vpn-1", "depends_on")]


def test_borrowed_volumes_are_needed() -> None:
    data = entry("data", 1)
    assert edges(entry("backup", 2), data, volumes=("data:ro", data.id)) == [("backup", "data", "stores_in")]


def test_nothing_needs_itself() -> None:
    assert edges(entry("web", 1, "container:web")) == []
