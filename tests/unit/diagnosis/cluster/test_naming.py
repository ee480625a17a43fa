from __future__ import annotations

from lamplighter.diagnosis.cluster.naming import Naming


def test_an_owner_that_was_seen_is_believed_before_a_name() -> None:
    naming = Naming(owners={"web-0": "StatefulSet/site", "job-x": "Job/nightly-29334240"})
    assert naming.of_pod("web-0") == "site"
    assert naming.of_pod("job-x") == "nightly"


def test_a_known_workload_is_believed_before_a_guess() -> None:
    assert Naming(workloads=frozenset({"web-2"})).of_pod("web-2-6d4cf56db6-x7k2p") == "web-2"
    assert Naming().of_pod("web-6d4cf56db6-x7k2p") == "web"


def test_a_pod_that_belongs_to_nothing_keeps_its_name() -> None:
    assert Naming(bare=frozenset({"worker-1"})).of_pod("worker-1") == "worker-1"


def test_only_names_that_may_be_answered_are_answered() -> None:
    naming = Naming(allowed=frozenset({"web-6d4cf56db6-x7k2p"}))
    assert naming.of_pod("web-6d4cf56db6-x7k2p") == "web-6d4cf56db6-x7k2p"


def test_a_container_is_said_to_be_its_workload() -> None:
    naming = Naming(pods=frozenset({"db-0"}), containers={"db-0": ("mongo",)})
    assert naming.said("mongo") == "db"
    assert naming.said("shop/db-0") == "db"
    assert naming.said("unknown") == "unknown"
