from __future__ import annotations

from lamplighter.diagnosis.readers.kube_scheduling import refusals


def test_each_reason_is_counted_and_the_last_that_was_asked_is_closest() -> None:
    found = refusals(
        "0/6 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
        "2 node(s) didn't match Pod's node affinity/selector, 3 Insufficient memory. "
        "preemption: 0/6 nodes are available"
    )
    assert [(one.reason, one.nodes, one.closest) for one in found] == [
        ("control_plane", 1.0, False),
        ("affinity", 2.0, False),
        ("memory", 3.0, True),
    ]
    assert {one.of for one in found} == {6.0}


def test_two_resources_stand_equally_close() -> None:
    found = refusals("0/2 nodes are available: 1 Insufficient cpu, 2 Insufficient memory.")
    assert {one.reason for one in found if one.closest} == {"cpu", "memory"}


def test_taints_and_devices_are_named() -> None:
    [taint] = refusals("0/1 nodes are available: 1 node(s) had taint {dedicated: gpu}, that the pod didn't tolerate.")
    assert taint.values["taint"] == "dedicated: gpu"
    [device] = refusals("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")
    assert device.values["device"] == "nvidia.com/gpu"


def test_claims_that_are_unbound_or_missing() -> None:
    assert (
        refusals("0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.")[0].reason
        == "unbound_claim"
    )
    [missing] = refusals('0/2 nodes are available: persistentvolumeclaim "data" not found.')
    assert missing.values["claim"] == "data"


def test_other_messages_refuse_nothing() -> None:
    assert refusals("Successfully assigned shop/web-0 to w1") == []
