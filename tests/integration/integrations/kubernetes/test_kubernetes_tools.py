"""Looks at the things of a cluster, against a server with the API's own paths, selectors and errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from lamplighter.diagnosis.facts import collect
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Case, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.kubernetes import INTEGRATION
from lamplighter.ports import Roles, Surroundings
from lamplighter.testing import NOON
from tests.integration.integrations.kubernetes.cluster import TOKEN, Cluster, FakeKubernetes, meta, pod

ILL = "web-5d4f8c7b9d-q8zzl"
WELL = "web-5d4f8c7b9d-x2x7k"
Looks = Callable[..., Any]


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def fake(cluster: Cluster) -> Iterator[FakeKubernetes]:
    server = FakeKubernetes(cluster)
    yield server
    server.close()


@pytest.fixture
def roles(fake: FakeKubernetes, surroundings: Surroundings) -> Roles:
    config = {"url": fake.url, "bearer_token": TOKEN, "timeout_seconds": 5}
    return INTEGRATION.build(INTEGRATION.config.model_validate(config), surroundings)


@pytest.fixture
def look(roles: Roles, ask: Callable[[Component], Question]) -> Looks:
    async def at(tool: str, name: str) -> Sequence[Evidence]:
        (part,) = [one for one in await roles.inventories[0].components() if one.name == name]
        (found,) = [one for one in roles.tools if one.name == tool]
        assert found.serves(part)
        return await found.gather(ask(part))

    return at


def by_kind(found: Sequence[Evidence]) -> dict[str, dict[str, Any]]:
    return {one.params["kind"]: json.loads(one.content) for one in found if not one.error}


def names(told: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in told["items"]]


async def test_a_deployment_comes_with_its_pods_and_all_they_need(look: Looks) -> None:
    found = await look("kubectl.get", "web")
    told = by_kind(found)
    assert all(not one.error and one.component == "web" for one in found)
    assert (told["deployment"]["kind"], told["deployment"]["status"]) == ("Deployment", {"readyReplicas": 1})
    assert names(told["pod"]) == [WELL, ILL, "migrate-1-abcde"]
    assert names(told["replicaset"]) == []  # the fake's replica sets bear no labels, as the API would want them to
    assert names(told["service"]) == ["web", "store-headless", "outside"]
    assert (names(told["endpoints"]), names(told["resourcequota"])) == (["web"], ["all"])
    assert names(told["persistentvolumeclaim"]) == ["data-store-0"]
    assert names(told["node"]) == ["worker-1", "worker-2"]
    assert "persistentvolume" not in told


async def test_lists_have_kubectls_form_without_managed_fields_and_secrets(look: Looks) -> None:
    (pods,) = [one for one in await look("kubectl.get", "web") if one.params["kind"] == "pod"]
    told = json.loads(pods.content)
    assert (told["apiVersion"], told["kind"]) == ("v1", "List")
    assert {(item["apiVersion"], item["kind"]) for item in told["items"]} == {("v1", "Pod")}
    assert "managedFields" not in pods.content
    assert "hunter2" not in pods.content
    assert "store:5432" in pods.content
    assert pods.params["query"] == "GET /api/v1/namespaces/shop/pods?limit=250&labelSelector=app=web"
    assert pods.params["namespace"] == "shop"


async def test_what_is_well_is_not_asked_about_further(look: Looks) -> None:
    told = by_kind(await look("kubectl.get", "store"))
    assert set(told) == {"statefulset", "service", "endpoints", "persistentvolumeclaim", "resourcequota", "pod"}


async def test_an_unbound_claim_brings_the_volumes(look: Looks, cluster: Cluster) -> None:
    cluster.objects["persistentvolumeclaims"][0]["status"] = {"phase": "Pending"}
    assert names(by_kind(await look("kubectl.get", "store"))["persistentvolume"]) == ["pv-1"]


async def test_a_service_that_selects_nothing_brings_what_it_could_select(look: Looks, cluster: Cluster) -> None:
    cluster.objects["services"].append({"metadata": meta("lost"), "spec": {"selector": {"app": "wbe"}}})
    told = by_kind(await look("kubectl.get", "lost"))
    assert told["service"]["kind"] == "List"
    assert {WELL, ILL, "store-0"} <= set(names(told["pod"]))


async def test_a_node_comes_with_the_pods_that_run_the_cluster_on_it(look: Looks, cluster: Cluster) -> None:
    proxy = {**pod("kube-proxy-7", None), "metadata": meta("kube-proxy-7", "kube-system")}
    cluster.objects["pods"].append(proxy)
    told = by_kind(await look("kubectl.get", "worker-1"))
    assert told["node"]["metadata"]["name"] == "worker-1"
    assert names(told["pod"]) == ["kube-proxy-7"]


async def test_ingresses_policies_and_jobs_of_the_namespace_come_with_it(look: Looks, cluster: Cluster) -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": "shop.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    cluster.objects["ingresses"] = [{"metadata": meta("front"), "spec": {"ingressClassName": "nginx", "rules": [rule]}}]
    cluster.objects["ingressclasses"] = [{"metadata": meta("traefik", ""), "spec": {"controller": "traefik.io/x"}}]
    cluster.objects["networkpolicies"] = [
        {"metadata": meta("deny-all"), "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
    ]
    template = {"spec": {"template": {"spec": pod("x", None)["spec"]}}}
    cluster.objects["cronjobs"] = [
        {"metadata": meta("report"), "spec": {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": template}}
    ]
    failed = {"failed": 4, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}
    cluster.objects["jobs"] = [{"metadata": meta("migrate-1"), "spec": template["spec"], "status": failed}]
    found = await look("kubectl.get", "web")
    told = by_kind(found)
    assert names(told["ingress"]) == ["front"]
    assert told["ingress"]["items"][0]["apiVersion"] == "networking.k8s.io/v1"
    assert names(told["ingressclass"]) == ["traefik"]
    assert names(told["networkpolicy"]) == ["deny-all"]
    assert (names(told["job"]), names(told["cronjob"])) == (["migrate-1"], ["report"])
    assert all("hunter2" not in one.content for one in found)
    facts = collect(Case("c", NOON, "web is failing", evidence=tuple(found)))
    signs = {str(fact.values.get("sign")) for fact in facts if fact.kind == "kube"}
    assert "ingress_class_missing" in signs


async def test_of_jobs_only_a_few_are_asked_for(look: Looks, cluster: Cluster) -> None:
    cluster.objects["jobs"] = [{"metadata": meta(f"job-{n}"), "spec": {}, "status": {}} for n in range(200)]
    (jobs,) = [one for one in await look("kubectl.get", "web") if one.params["kind"] == "job"]
    assert len(json.loads(jobs.content)["items"]) == 50
    assert jobs.truncated


async def test_what_may_not_be_seen_is_a_failed_look_and_the_rest_is_there(look: Looks, cluster: Cluster) -> None:
    cluster.denied = "resourcequotas"
    found = await look("kubectl.get", "store")
    (failed,) = [one for one in found if one.error]
    assert failed.error.startswith("GET /api/v1/namespaces/shop/resourcequotas?limit=250: HTTP 403: ")
    assert "is forbidden" in failed.error
    assert "statefulset" in by_kind(found)


async def test_a_thing_that_is_gone_is_told(roles: Roles, ask: Looks) -> None:
    (tool,) = [one for one in roles.tools if one.name == "kubectl.get"]
    (own, *_) = await tool.gather(ask(Component("kubernetes", "deployment", "gone", "u", group="shop")))
    assert "HTTP 404" in own.error
    assert "gone" in own.error


async def test_events_of_its_own_and_warnings_of_others_oldest_first(look: Looks) -> None:
    (found,) = await look("kubectl.events", "web")
    told = json.loads(found.content)["items"]
    assert [(one["involvedObject"]["name"], one["reason"]) for one in told] == [
        (ILL, "Scheduled"),
        ("agent-7kx2p", "FailedMount"),
        ("worker-2", "NodeNotReady"),
        (ILL, "BackOff"),
    ]
    (found,) = await look("kubectl.events", "worker-2")
    assert [one["reason"] for one in json.loads(found.content)["items"]] == ["NodeNotReady"]


async def test_of_too_many_events_its_own_newest_stay(look: Looks, cluster: Cluster) -> None:
    own = cluster.objects["events"][0]
    cluster.objects["events"] = [
        {**own, "lastTimestamp": f"2026-01-05T10:{n // 60:02}:{n % 60:02}Z", "message": "x" * 300} for n in range(600)
    ]
    (found,) = await look("kubectl.events", "web")
    told = [one["lastTimestamp"] for one in json.loads(found.content)["items"]]
    assert found.truncated
    assert len(found.content.encode()) <= EVIDENCE_BYTES_MAX
    assert told == sorted(told)
    assert told[-1] == "2026-01-05T10:09:59Z"


async def test_logs_begin_with_the_pod_that_crashed_and_tell_its_last_life(look: Looks) -> None:
    found = await look("kubectl.logs", "web")
    told = [(one.params["name"], one.params.get("previous", "")) for one in found]
    assert told == [(ILL, ""), (ILL, "true"), (WELL, "")]
    assert "the last life" in found[1].content
    assert all(one.media == "text/plain" and one.params["container"] == "main" for one in found)


async def test_pods_that_may_not_be_seen_have_no_log(cluster: Cluster, roles: Roles, ask: Looks) -> None:
    cluster.denied = "pods"
    (tool,) = [one for one in roles.tools if one.name == "kubectl.logs"]
    (failed,) = await tool.gather(ask(Component("kubernetes", "pod", "store-0", "u", group="shop")))
    assert failed.error.startswith("GET /api/v1/namespaces/shop/pods/store-0: HTTP 403")


async def test_usage_is_printed_as_kubectl_prints_it(look: Looks) -> None:
    (found,) = await look("kubectl.top", WELL)
    assert found.content.splitlines() == [
        "NAME                   CPU(cores)   MEMORY(bytes)",
        f"{WELL}   501m         128Mi",
    ]
    (found,) = await look("kubectl.top", "worker-1")
    assert found.content.splitlines() == [
        "NAME       CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)",
        "worker-1   251m         6%       64Mi            0%",
    ]


async def test_a_cluster_without_metrics_says_so(look: Looks, cluster: Cluster) -> None:
    cluster.metrics = False
    (found,) = await look("kubectl.top", "web")
    assert "GET /apis/metrics.k8s.io/v1beta1/namespaces/shop/pods" in found.error
    assert "Metrics API not available" in found.error


@pytest.mark.parametrize("tool", ["kubectl.get", "kubectl.events", "kubectl.logs", "kubectl.top"])
async def test_no_name_leads_to_another_path(roles: Roles, ask: Looks, cluster: Cluster, tool: str) -> None:
    (found,) = [one for one in roles.tools if one.name == tool]
    for name in ("../secrets/x", "a/b", "x?limit=1", "", "%2e%2e"):
        part = Component("kubernetes", "pod", name, "u", group="../../api" if tool == "kubectl.events" else "shop")
        (piece, *_) = await found.gather(ask(part))
        assert "is no name" in piece.error
    assert cluster.asked == []
