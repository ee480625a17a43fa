from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.cluster.drafting import sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.cluster.naming import Naming


def test_a_fact_of_an_object_names_its_component_its_target_and_its_evidence() -> None:
    found = Inventory(datetime(2026, 3, 1, tzinfo=UTC), Naming())
    pod = Seen("pod", "shop", "web-6d4cf56db6-x7k2p", {}, {}, "", "e7", "kubectl.get pod")
    fact = sign_fact(found, pod, "some_sign", "words\x00 said", strength=0.5, nothing=None)
    assert (fact.component, fact.evidence, fact.kind, fact.text) == ("web", "e7", "kube", "words said")
    assert fact.values == {"sign": "some_sign", "target": pod.name, "namespace": "shop", "strength": 0.5}
