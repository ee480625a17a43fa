"""Dossiers, lessons and samples: what is kept comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from lamplighter.domain.cause import Cause, Diagnosis, RuledOut
from lamplighter.domain.check import Sample, SampleState
from lamplighter.domain.evidence import Case, Evidence, Fact
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.topology import Edge
from lamplighter.store import SqlStore
from lamplighter.store.samples import PRUNE_EVERY, SAMPLES_MAX
from lamplighter.store.tables import samples
from lamplighter.testing import firing


def test_evidence_comes_back_and_is_replaced(store: SqlStore, now: datetime) -> None:
    first = Evidence("e1", "docker.logs", "web", {"tail": "100"}, "text/plain", "boom\x00\ud83d" * 1000, now, "", True)
    store.dossiers.keep_evidence("INC-1", 1, [first, replace(first, id="e2")])
    kept = store.dossiers.evidence("INC-1", 1)
    assert [one.id for one in kept] == ["e1", "e2"]
    assert kept[0] == replace(first, content="boom\ufffd\ufffd" * 1000)
    store.dossiers.keep_evidence("INC-1", 1, [])
    assert list(store.dossiers.evidence("INC-1", 1)) == []
    assert list(store.dossiers.evidence("INC-1", 2)) == []


def test_a_diagnosis_comes_back(store: SqlStore, now: datetime) -> None:
    fact = Fact("f1", "e1", "web", "exit", "exit code 137", now, "inspect", {"code": 137.0, "word": "oom"})
    cause = Cause(1, "web", "oom_killed", 0.95, "confirmed", "it was killed", ("f1",), seen=True)
    diagnosis = Diagnosis(
        (cause,), (fact,), (RuledOut("db", "disk_full", ("f1",)),), statement="so", elapsed_seconds=0.5
    )
    store.dossiers.keep_diagnosis("INC-1", 1, diagnosis)
    assert store.dossiers.diagnosis("INC-1", 1) == diagnosis
    assert store.dossiers.diagnosis("INC-2", 1) is None


def test_the_case_of_a_run_comes_back_with_the_evidence_of_the_run(store: SqlStore, now: datetime) -> None:
    piece = Evidence("e1", "docker.logs", "web", {}, "text/plain", "boom", now)
    case = Case(
        "INC-1",
        now,
        "web is down",
        (firing("Down", now, container="web"),),
        ("web", "db"),
        (Edge("web", "db", "calls"),),
        evidence=(piece,),
        start=now - timedelta(hours=1),
        end=now,
        subject="web",
    )
    store.dossiers.keep_evidence("INC-1", 1, [piece])
    store.dossiers.keep_case("INC-1", 1, case)
    assert store.dossiers.case("INC-1", 1) == case
    assert store.dossiers.case("INC-1", 2) is None


def test_a_number_that_json_cannot_hold_does_not_spoil_a_diagnosis(store: SqlStore) -> None:
    odd = Diagnosis(facts=(Fact("f1", "e1", "web", "rate", "no rate", values={"rate": float("nan")}),))
    store.dossiers.keep_diagnosis("INC-1", 1, odd)
    kept = store.dossiers.diagnosis("INC-1", 1)
    assert kept is not None
    assert kept.facts[0].values == {"rate": "nan"}


def test_a_plan_comes_back_with_the_same_hash(store: SqlStore) -> None:
    target = Target("docker", "container", "web", "c0ffee")
    plan = Plan("INC-1", 2, "web", "oom_killed", 0.9, (Action(Verb.SET_MEMORY_LIMIT, target, {"bytes": "1024"}),), "up")
    store.dossiers.keep_plan(plan)
    kept = store.dossiers.plan("INC-1", 2)
    assert kept == plan
    assert kept is not None
    assert kept.hash == plan.hash


def test_lessons_are_kept_once_and_found_newest_first(store: SqlStore, now: datetime) -> None:
    lesson = Lesson("INC-1", "am:f1", "web", "oom_killed", ("start web",), "recovered", 0.9, 12.5, now)
    store.lessons.keep("INC-1:1", lesson)
    store.lessons.keep("INC-1:1", replace(lesson, outcome="worse"))
    newer = replace(lesson, incident_id="INC-2", trouble="am:f2", at=now + timedelta(hours=1))
    store.lessons.keep("INC-2:1", newer)
    store.lessons.keep("INC-3:1", replace(lesson, trouble="am:f3", fault="disk_full"))
    assert store.lessons.recall("am:f1", "oom_killed") == [newer, lesson]
    assert store.lessons.recall("am:f1", "") == [lesson]
    assert store.lessons.recall("am:f1", "oom_killed", limit=1) == [newer]
    assert list(store.lessons.recall("", "")) == []
    assert store.lessons.newest(2)[0] == newer
    assert len(store.lessons.newest(2)) == 2
    assert {one.fault for one in store.lessons.newest(100)} == {"oom_killed", "disk_full"}


def test_samples_come_back_in_their_window(store: SqlStore, now: datetime) -> None:
    taken = [
        Sample("web", now + timedelta(seconds=n), SampleState.FAILING, f"n{n}\x00", float("inf") if n == 1 else n / 10)
        for n in range(5)
    ]
    store.samples.keep(taken)
    store.samples.keep([])
    found = store.samples.window("web", now + timedelta(seconds=1), now + timedelta(seconds=3))
    assert [(sample.detail, sample.value) for sample in found] == [
        ("n1\ufffd", None),
        ("n2\ufffd", 0.2),
        ("n3\ufffd", 0.3),
    ]
    assert found[1].at == taken[2].at
    assert list(store.samples.window("other", now, now)) == []


def test_samples_are_bounded_for_each_check(store: SqlStore, now: datetime) -> None:
    def some(check: str, first: int, count: int) -> list[Sample]:
        return [Sample(check, now + timedelta(seconds=first + n), SampleState.OK, "") for n in range(count)]

    store.samples.keep(some("other", 0, 10))
    store.samples.keep(some("web", 0, SAMPLES_MAX))
    for n in range(2 * PRUNE_EVERY):
        store.samples.keep(some("web", SAMPLES_MAX + n, 1))
    with store._database.reading() as connection:
        query = select(samples.c.check_name, func.count(), func.max(samples.c.at)).group_by(samples.c.check_name)
        counts = {row[0]: (row[1], row[2]) for row in connection.execute(query)}
    assert counts["other"][0] == 10
    assert SAMPLES_MAX <= counts["web"][0] < SAMPLES_MAX + PRUNE_EVERY
    assert counts["web"][1] == now + timedelta(seconds=SAMPLES_MAX + 2 * PRUNE_EVERY - 1)
