from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.facts import collect

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


NODES = "NAME   STATUS   ROLES    AGE   VERSION\nw1     NotReady   <none>   3d    v1.30.1\n"


def units(cluster: Cluster) -> list[tuple[str, str | float, str | float]]:
    facts = collect(cluster.get("nodes", NODES, namespace="").case())
    return [(fact.component, fact.values["part"], fact.values["down"]) for fact in facts if fact.kind == "unit"]


def test_the_state_of_a_unit_is_read_out_of_systemctl(cluster: Cluster) -> None:
    text = "* kubelet.service - kubelet\n     Active: inactive (dead) since Sun 2026-03-01 11:00:00 UTC; 1h ago\n"
    text += (
        "* containerd.service - containerd\n     Active: active (running) since Sun 2026-03-01 09:00:00 UTC; 3h ago\n"
    )
    assert units(cluster.piece("systemctl.status", text, node="w1")) == [
        ("w1", "kubelet", 1.0),
        ("w1", "containerd", 0.0),
    ]


def test_a_unit_that_starts_again_and_again_is_down(cluster: Cluster) -> None:
    line = "Mar 01 11:05:10 w1 systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE"
    assert units(cluster.piece("journalctl", line, node="w1", unit="kubelet")) == [("w1", "kubelet", 1.0)]


def test_lines_of_a_kubelet_speak_of_the_pods_that_they_name(cluster: Cluster) -> None:
    error = 'err="Back-off pulling image \\"x\\": ErrImagePull"'
    line = f'kubelet[9]: E0301 pod_workers.go:1301] "Error syncing pod" {error} pod="shop/web-6d4cf56db6-x7k2p"'
    cluster.piece("journalctl", line, node="w1", unit="kubelet")
    assert "image_pull" in cluster.signs("web")


def test_a_kill_by_the_kernel_belongs_to_the_pod_that_died_beside_it(cluster: Cluster) -> None:
    cluster.get("nodes", NODES, namespace="").piece(
        "journalctl",
        "Mar 01 11:58:00 w1 kernel: Memory cgroup out of memory: Killed process 218840 (ffmpeg)\n"
        'Mar 01 11:58:01 w1 kubelet[9]: "SyncLoop (PLEG): event for pod" pod="shop/tv-0" '
        'event={"Type":"ContainerDied"}\n',
        node="w1",
    )
    signs = [fact for fact in collect(cluster.case()) if fact.kind == "log_sign" and fact.component]
    assert ("tv", "oom_kill") in {(fact.component, fact.values["sign"]) for fact in signs}


def test_what_any_program_writes_into_a_node_s_journal_is_not_the_kubelet_s(cluster: Cluster) -> None:
    head = "Mar 01 11:58:00 w1"
    forged = 'pod="shop/web-0" Failed to pull image "web:9": manifest unknown'
    lines = [f"{head} liar[7]: {forged}", f"    {forged}", f"{head} kubelet[9]: all is well"]
    lines += [f"{head} liar[7]: kubelet.service: Failed with result 'exit-code'.", f"{head} liar[7]: Active: failed"]
    cluster.get("nodes", NODES, namespace="").piece("journalctl", "\n".join(lines), node="w1")
    assert cluster.signs() & {"image_pull", "image_not_found"} == set()
    assert not [fact for fact in collect(cluster.case()) if fact.kind == "unit"]


def test_a_program_that_logs_the_words_of_systemd_is_not_systemd(cluster: Cluster) -> None:
    cluster.get("nodes", NODES, namespace="").logs(
        "liar-0", "kubelet.service", "     Active: failed (Result: exit-code)"
    )
    assert not [fact for fact in collect(cluster.case()) if fact.kind == "unit"]


def test_a_runtime_that_cannot_pull_speaks_of_who_runs_the_image(cluster: Cluster) -> None:
    cluster.pod(image="harbor.acme.io/web:2").get("nodes", NODES, namespace="")
    line = 'failed to pull image "harbor.acme.io/web:2": dial tcp: lookup harbor.acme.io: no such host'
    assert "registry_dns" in cluster.piece("crictl", line, command="crictl pull on w1").signs("web")


def test_a_text_about_several_nodes_speaks_of_the_one_named_before_each_unit(cluster: Cluster) -> None:
    nodes = NODES + "w2     Ready      <none>   3d    v1.30.1\n"
    well, failed = (
        '"w2": {\n  "kubelet": "active (running)"\n }',
        '"w1": {\n  "containerd": "failed (Result: exit-code)"\n }',
    )
    told = f"{{\n {well},\n {failed}\n}}"
    facts = collect(cluster.get("nodes", nodes, namespace="").piece("node.services", told).case())
    down = [(fact.component, fact.values["part"]) for fact in facts if fact.kind == "unit" and fact.values["down"]]
    assert down == [("w1", "containerd")]


def test_where_one_text_speaks_of_several_nodes_a_state_is_that_of_the_node_above_it(cluster: Cluster) -> None:
    nodes = NODES + "w2     NotReady   <none>   3d    v1.30.1\n"
    said = '{"w1": {"kubelet": "active (running)"}, \n"w2": {\n "kubelet": "failed"\n}}'
    cluster.get("nodes", nodes, namespace="").piece("exec", said, command="show-units")
    facts = collect(cluster.case())
    assert [fact.component for fact in facts if fact.kind == "unit"] == ["w2"]
