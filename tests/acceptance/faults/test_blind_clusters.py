"""F18 on clusters: an empty, refused, half or broken answer of Kubernetes or Proxmox is no health, and is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.investigator import DETERMINED_FROM
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Case, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.ports import Roles
from lamplighter.testing import NOON, firing, roles_of
from tests.integration.integrations.kubernetes.cluster import TOKEN as KUBERNETES_TOKEN
from tests.integration.integrations.kubernetes.cluster import Cluster, FakeKubernetes
from tests.integration.integrations.proxmox.cluster import TOKEN as PROXMOX_TOKEN
from tests.integration.integrations.proxmox.cluster import Cluster as Proxmox
from tests.integration.integrations.proxmox.cluster import FakeProxmox, Guest

WEB = Component("kubernetes", "deployment", "web", "u", group="shop")
NAS = Component("proxmox", "vm", "nas", "qemu/102/nas")


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def kubernetes(cluster: Cluster) -> Iterator[Roles]:
    server = FakeKubernetes(cluster)
    yield roles_of("kubernetes", {"url": server.url, "bearer_token": KUBERNETES_TOKEN, "timeout_seconds": 0.5}, NOON)
    server.close()


@pytest.fixture
def machines() -> Proxmox:
    return Proxmox([Guest("qemu", 102, "nas", "pve1")])


@pytest.fixture
def proxmox(machines: Proxmox) -> Iterator[Roles]:
    server = FakeProxmox(machines)
    token_id, _, secret = PROXMOX_TOKEN.partition("=")
    yield roles_of("proxmox", {"url": server.url, "token_id": token_id, "token": secret, "timeout_seconds": 0.5}, NOON)
    server.close()


async def _gathered(roles: Roles, part: Component) -> list[Evidence]:
    question = Question(part, firing("Down"), NOON - timedelta(minutes=30), NOON)
    return [piece for tool in roles.tools if tool.serves(part) for piece in await tool.gather(question)]


def _diagnosed(pieces: Sequence[Evidence], part: Component) -> Diagnosis:
    return diagnose(Case("blind", NOON, f"{part.name} is failing", evidence=tuple(pieces), subject=part.name))


def _assert_blind(found: Diagnosis, *words: str) -> None:
    assert found.undetermined
    assert not found.statement.startswith("nothing is wrong")
    assert all(cause.confidence < DETERMINED_FROM for cause in found.causes), found.causes
    told = [fact.text for fact in found.facts if fact.kind in {"look_failed", "unreadable", "unseen"}]
    for word in words:
        assert any(word in text for text in told), told
    assert any(word in need for need in found.needs for word in words), found.needs


def _empty(cluster: Cluster) -> None:
    cluster.objects = {kind: [] for kind in cluster.objects}


def _hanging(cluster: Cluster) -> None:
    cluster.hangs = True


def _rubbish(cluster: Cluster) -> None:
    cluster.rubbish = b"<html>502 Bad Gateway</html>"


def _nothing_in_it(cluster: Cluster) -> None:
    cluster.rubbish = b"{}"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_empty, "HTTP 404"),
        (_hanging, "no whole answer in 0.5 s"),
        (_rubbish, "GET /apis/apps/v1/namespaces/shop/deployments/web"),
        (_nothing_in_it, "GET /apis/apps/v1/namespaces/shop/deployments/web"),
    ],
)
async def test_a_cluster_that_shows_nothing_of_a_component_does_not_show_it_well(
    kubernetes: Roles, cluster: Cluster, spoil: Callable[[Cluster], None], words: str
) -> None:
    spoil(cluster)
    _assert_blind(_diagnosed(await _gathered(kubernetes, WEB), WEB), words)
    cluster.hangs = False


@pytest.mark.parametrize(("kind", "words"), [("pods", "pods is forbidden"), ("deployments", "is forbidden")])
async def test_what_may_not_be_seen_is_not_well(kubernetes: Roles, cluster: Cluster, kind: str, words: str) -> None:
    cluster.denied = kind
    found = _diagnosed(await _gathered(kubernetes, WEB), WEB)
    assert not found.statement.startswith("nothing is wrong")
    assert any(words in fact.text for fact in found.facts if fact.kind == "look_failed")


async def test_half_a_list_says_that_it_is_half(kubernetes: Roles, cluster: Cluster) -> None:
    cluster.endless = True
    pieces = await _gathered(kubernetes, WEB)
    lists = [piece for piece in pieces if piece.tool == "kubectl.get" and not piece.params.get("name")]
    assert lists
    assert all(piece.truncated for piece in lists if not piece.error)


def _no_rights(machines: Proxmox) -> None:
    machines.rights = False


def _hidden(machines: Proxmox) -> None:
    machines.guests[0].rights = False


def _stuck(machines: Proxmox) -> None:
    machines.hangs = True


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_no_rights, "The token can log in but sees nothing"),
        (_hidden, "is not told of: there is no such guest or node, or the token lacks VM.Audit"),
        (_stuck, "no whole answer in 0.5 s"),
    ],
)
async def test_a_proxmox_that_answers_200_and_shows_nothing_does_not_show_a_guest_well(
    proxmox: Roles, machines: Proxmox, spoil: Callable[[Proxmox], None], words: str
) -> None:
    spoil(machines)
    _assert_blind(_diagnosed(await _gathered(proxmox, NAS), NAS), words)
    machines.hangs = False


async def test_a_proxmox_token_without_audit_says_which_looks_it_lacks(proxmox: Roles, machines: Proxmox) -> None:
    machines.audits = frozenset()
    found = _diagnosed(await _gathered(proxmox, NAS), NAS)
    assert not found.statement.startswith("nothing is wrong")
    told = " ".join(fact.text for fact in found.facts if fact.kind == "look_failed")
    assert "lacks Sys.Audit" in told
    assert "lacks Datastore.Audit" in told


async def test_a_guest_on_a_node_that_is_away_is_not_well(proxmox: Roles, machines: Proxmox) -> None:
    machines.nodes["pve1"] = False
    found = _diagnosed(await _gathered(proxmox, NAS), NAS)
    assert not found.statement.startswith("nothing is wrong")
