from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.kube_things import Printed, printed, singular
from lamplighter.domain.evidence import Evidence

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def read(content: str, tool: str = "kubectl.get", **params: str) -> Printed:
    return printed(Evidence("e1", tool, "", params, "text/plain", content, NOW))


def names(found: Printed) -> list[tuple[str, str, str]]:
    return [(thing.kind, thing.namespace, thing.name) for thing in found.things]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("pods", "pod"),
        ("po", "pod"),
        ("Deployments.apps", "deployment"),
        ("NetworkPolicies", "networkpolicy"),
        ("endpoints", "endpoints"),
        ("storageclasses", "storageclass"),
        ("ingress", "ingress"),
        ("ingresses", "ingress"),
        ("pvc", "persistentvolumeclaim"),
        ("svc", "service"),
    ],
)
def test_kinds_have_one_name(said: str, kind: str) -> None:
    assert singular(said) == kind


def test_one_object_or_a_list_as_json_or_yaml() -> None:
    pod = {"kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop", "labels": {"app": "web"}}}
    assert names(read(json.dumps(pod))) == [("pod", "shop", "web-0")]
    assert names(read(json.dumps({"kind": "PodList", "items": [{"metadata": {"name": "a"}}]}))) == [("pod", "", "a")]
    many = "apiVersion: v1\nkind: List\nitems:\n- kind: Service\n  metadata:\n    name: web\n"
    assert names(read(many, namespace="shop")) == [("service", "shop", "web")]


def test_a_table_of_several_kinds() -> None:
    content = "NAME        READY   STATUS    RESTARTS   AGE\npod/web-0   1/1     Running   0          4d\n\n"
    content += (
        "NAME          TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
        "service/web   ClusterIP   10.0.0.1     <none>        80/TCP    4d\n"
    )
    assert names(read(content, kind="all", namespace="shop")) == [("pod", "shop", "web-0"), ("service", "shop", "web")]


def test_rows_of_pods_without_their_header() -> None:
    row = (
        "shop      web-0      0/1     CrashLoopBackOff   3 (9s ago)   4d    10.0.0.1   w1   <none>   <none>   app=web\n"
    )
    found = read(row, kind="pod", keyword="web")
    assert names(found) == [("pod", "shop", "web-0")]
    assert found.things[0].labels == {"app": "web"}


def test_a_description_with_the_events_at_its_end() -> None:
    text = (
        "Name:  web-0\nNamespace:  shop\nNode:  w1/10.0.0.1\nControlled By:  StatefulSet/web\nEvents:\n"
        "  Type     Reason   Age               From     Message\n"
        "  ----     ------   ----              ----     -------\n"
        "  Warning  BackOff  3s (x9 over 4m)   kubelet  Back-off restarting failed container\n"
    )
    found = read(text, "kubectl.describe")
    assert names(found) == [("pod", "shop", "web-0")]
    assert found.things[0].owner == "StatefulSet/web"
    assert [(told.reason, told.count, told.name) for told in found.events] == [("BackOff", 9, "web-0")]


def test_what_the_server_refused_is_unreadable_and_empty_output_holds_nothing() -> None:
    with pytest.raises(Unreadable):
        read('Error from server (NotFound): pods "x" not found', "kubectl.describe")
    assert names(read("No resources found in shop namespace.")) == []


@pytest.mark.parametrize(
    "content", ["{", "[1, 2]", "kind: [", "NAME\n\x00\x01", "Name:\n  :::\n", "apiVersion: v1\n\t- x"]
)
def test_broken_output_is_read_or_unreadable_and_nothing_else(content: str) -> None:
    with suppress(Unreadable):
        assert isinstance(read(content), Printed)
