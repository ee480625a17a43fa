from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.facts import collect

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


ROWS = """
    NAME                   READY   STATUS             RESTARTS      AGE
    web-6d4cf56db6-x7k2p   0/1     CrashLoopBackOff   9 (30s ago)   31m
    old-7f8b9c6d5f-kq2vz   0/1     CrashLoopBackOff   9 (30s ago)   31d
"""


def test_who_is_only_listed_stands_aside_where_the_question_names_another(cluster: Cluster) -> None:
    cluster.symptom = "web is down"
    cluster.get("pods", ROWS)
    assert [fact.component for fact in collect(cluster.case()) if fact.kind == "aside"] == ["old"]
    assert cluster.best() == ("web", "crash_loop")


def test_nobody_stands_aside_where_nobody_is_named(cluster: Cluster) -> None:
    assert not [fact for fact in collect(cluster.get("pods", ROWS).case()) if fact.kind == "aside"]


def test_a_question_about_what_was_never_seen_has_no_sure_answer(cluster: Cluster) -> None:
    cluster.symptom = "what is wrong with job nightly-report?"
    found = diagnose(cluster.get("pods", ROWS).case())
    assert found.undetermined
    assert all(cause.confidence < 0.5 for cause in found.causes)
