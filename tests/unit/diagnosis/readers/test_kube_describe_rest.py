from __future__ import annotations

from lamplighter.diagnosis.readers import kube_describe_rest as rest
from lamplighter.diagnosis.readers.document import at
from lamplighter.diagnosis.readers.kube_outline import Node, outline


def root(text: str) -> Node:
    return outline(text)[0]


def test_a_node_with_taints_and_room() -> None:
    body = rest.node_body(
        root(
            "Name: w1\nTaints: dedicated=gpu:NoSchedule\nUnschedulable: true\nConditions:\n"
            "  Type    Status   Reason             Message\n  ----    ------   ------             -------\n"
            "  Ready   Unknown  NodeStatusUnknown  Kubelet stopped posting node status.\n"
            "Allocatable:\n  cpu:   4\n  pods:  110\nAllocated resources:\n  Resource  Requests     Limits\n"
            "  cpu       3900m (97%)  0 (0%)\n"
        )
    )
    assert at(body, "spec", "taints") == [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]
    assert at(body, "spec", "unschedulable") is True
    assert at(body, "status", "conditions")[0]["message"] == "Kubelet stopped posting node status."
    assert at(body, "status", "allocatable", "pods") == "110"
    assert at(body, "status", "allocated", "cpu", "percent") == 97.0


def test_a_service_with_its_ports_and_endpoints() -> None:
    body = rest.service_body(
        root(
            "Name: web\nSelector: app=web\nIP: 10.0.0.1\nPort: http  80/TCP\nTargetPort: 8080/TCP\nEndpoints: <none>\n"
        )
    )
    assert at(body, "spec", "ports") == [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}]
    assert body["endpoints"] == []


def test_endpoints_ready_and_away() -> None:
    text = "Name: web\nSubsets:\n  Addresses:          10.1.0.4\n  NotReadyAddresses:  10.1.0.5\n"
    body = rest.endpoints_body(root(text))
    assert (body["ready"], body["away"]) == (["10.1.0.4"], ["10.1.0.5"])


def test_claims_and_volumes() -> None:
    claim = rest.claim_body(root("Name: d\nStorageClass: fast\nStatus: Pending\nUsed By: db-0\nAccess Modes: RWO\n"))
    assert (at(claim, "spec", "storageClassName"), claim["usedBy"]) == ("fast", ["db-0"])
    volume = rest.volume_body(root("Name: pv\nStorageClass: fast\nStatus: Bound\nClaim: shop/d\nCapacity: 5Gi\n"))
    assert at(volume, "spec", "claimRef") == {"namespace": "shop", "name": "d"}


def test_a_quota_used_and_hard() -> None:
    body = rest.quota_body(
        root("Name: q\nNamespace: shop\nResource  Used  Hard\n--------  ----  ----\nlimits.cpu  4  4\n")
    )
    assert body["status"] == {"used": {"limits.cpu": "4"}, "hard": {"limits.cpu": "4"}}


def test_the_backends_of_an_ingress() -> None:
    text = (
        "Name: i\nRules:\n  Host  Path  Backends\n"
        "  ----  ----  --------\n"
        "  a.io\n        /x   web:80 (<error: not found>)\n"
    )
    [backend] = rest.ingress_body(root(text))["backends"]
    assert (backend["path"], backend["service"], backend["port"]) == ("/x", "web", "80")
    assert "error" in backend["state"]


def test_a_policy_tells_whom_it_selects_and_what_it_lets_in() -> None:
    text = (
        "Name: p\nSpec:\n  PodSelector:     app=db\n  Allowing ingress traffic:\n    To Port: 5432/TCP\n"
        "    From:\n      PodSelector: app=api\n  Policy Types: Ingress\n"
    )
    body = rest.policy_body(root(text))
    assert at(body, "spec", "podSelector", "matchLabels") == {"app": "db"}
    assert at(body, "spec", "policyTypes") == ["Ingress"]
    assert "app=api" in str(body["ingressText"])
