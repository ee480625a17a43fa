"""Scoring: what counts as right, what a confident error costs, and that the engine never sees the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Case, Fact
from lamplighter.lab.case_archive import BadCase
from lamplighter.lab.exam import Row, Truth, bins, calibration_error, figures, judged, scored, sit, truth_of

CASE = {"schema": "lamplighter.case/1", "id": "c1", "symptom": "web is down", "at": "2026-01-05T12:00:00Z"}
DB_FULL = Truth(components=["DB", "db-0"], faults=["disk_full"])


def cause(rank: int, component: str, fault: str, confidence: float = 0.9) -> Cause:
    return Cause(rank, component, fault, confidence, "likely", f"{component} has {fault}", ("f1",))


def told(*causes: Cause, **more: Any) -> Diagnosis:  # noqa: ANN401 - the fields of a diagnosis
    return Diagnosis(causes, **more)


def case(folder: Path, name: str, answer: object, **more: object) -> Path:
    path = folder / name
    (path / "evidence").mkdir(parents=True)
    (path / "evidence" / "e1.txt").write_text("the disk is full\n")
    evidence = [{"id": "e1", "tool": "logs", "file": "evidence/e1.txt"}]
    (path / "case.json").write_text(json.dumps({**CASE, "id": name, "evidence": evidence, **more}))
    if answer is not None:
        (path / "answer.json").write_text(json.dumps(answer))
    return path


def test_the_first_cause_with_an_accepted_component_and_fault_gives_the_rank() -> None:
    row = judged(
        told(cause(1, "web", "crash_loop"), cause(2, "db ", "lock_contention"), cause(3, "DB-0", "disk_full")), DB_FULL
    )
    assert (row.rank, row.component_rank) == (3, 2)
    assert (row.said, row.expected) == ("web: crash_loop", "DB | db-0: disk_full")


def test_without_accepted_faults_the_component_alone_counts() -> None:
    row = judged(told(cause(1, "db", "anything")), Truth(components=["db"]))
    assert (row.rank, row.component_rank) == (1, 1)


def test_saying_nothing_is_wrong_where_something_is() -> None:
    row = judged(told(), DB_FULL)
    assert (row.rank, row.component_rank, row.undetermined, row.confidence) == (0, 0, True, None)


def test_a_healthy_case_wants_no_cause_at_all() -> None:
    well = Truth(healthy=True)
    assert judged(told(statement="all answer"), well).rank == 1
    alarm = judged(told(cause(1, "db", "disk_full", 0.2)), well)
    assert (alarm.rank, alarm.false_alarm) == (0, True)
    unsure = judged(told(undetermined=True), well)
    assert (unsure.rank, unsure.false_alarm) == (0, False)


@pytest.mark.parametrize(("confidence", "rank"), [(None, 1), (0.49, 1), (0.5, 0), (0.95, 0)])
def test_what_cannot_be_answered_may_only_be_guessed_at(confidence: float | None, rank: int) -> None:
    causes = () if confidence is None else (cause(1, "db", "disk_full", confidence),)
    row = judged(told(*causes, undetermined=True), Truth(components=["db"], unanswerable=True))
    assert (row.rank, row.confidence) == (rank, None if rank else confidence)


def test_key_facts_are_looked_for_in_what_the_first_cause_says_and_cites() -> None:
    facts = (
        Fact("f1", "e1", "db", "disk", "/var is 100 % FULL"),
        Fact("f2", "e1", "db", "log", "not cited: delaymode1"),
    )
    truth = Truth(components=["db"], key_facts=[["100 % full", "no space"], ["has disk_full"], ["delaymode1"]])
    row = judged(told(cause(1, "db", "disk_full"), facts=facts), truth)
    assert (row.facts_found, row.facts_asked) == (2, 3)


def test_figures_are_shares_of_all_cases() -> None:
    rows = [
        Row("a", "g", rank=1, component_rank=1, confidence=0.9, seconds=0.1),
        Row("b", "g", rank=3, component_rank=1, confidence=0.85, seconds=0.2, facts_found=1, facts_asked=2),
        Row("c", "g", rank=0, component_rank=0, undetermined=True, seconds=0.3),
        Row("d", "g", healthy=True, false_alarm=True, confidence=0.3, seconds=0.4),
    ]
    found = figures(rows)
    assert (found["cases"], found["right_at_1"], found["right_at_3"]) == (4, 0.25, 0.5)
    assert (found["component_at_1"], found["wrong_confident"], found["undetermined"]) == (0.5, 0.25, 0.25)
    assert (found["key_facts"], found["healthy"], found["false_alarms"]) == (0.5, 1, 1)
    assert (found["median_seconds"], found["p95_seconds"]) == (0.25, 0.4)


def test_calibration_compares_what_was_said_with_what_came_true() -> None:
    sure = [Row(str(n), "g", rank=1 if n < 8 else 0, confidence=0.8) for n in range(10)]
    assert calibration_error(sure) == 0.0
    assert calibration_error([Row("a", "g", rank=0, confidence=1.0)]) == 1.0
    assert calibration_error([Row("a", "g")]) is None


def test_the_engine_is_never_shown_the_answer(tmp_path: Path) -> None:
    seen: list[Case] = []

    def diagnose(one: Case) -> Diagnosis:
        seen.append(one)
        return told(cause(1, "db", "disk_full"))

    row = scored(case(tmp_path / "set-a", "c7", {"components": ["db"], "faults": ["disk_full"]}), diagnose)
    assert (row.case, row.group, row.rank) == ("c7", "set-a", 1)
    assert [piece.content for piece in seen[0].evidence] == ["the disk is full\n"]
    peeking = case(tmp_path, "peeks", {}, evidence=[{"id": "e1", "tool": "logs", "file": "answer.json"}])
    assert "answer.json is no evidence" in scored(peeking, diagnose).error
    assert len(seen) == 1


def test_what_cannot_be_read_counts_as_wrong_and_says_why(tmp_path: Path) -> None:
    case(tmp_path, "a-good", {"components": ["db"]})
    case(tmp_path, "b-unanswered", None)
    case(tmp_path, "c-odd", {"components": "db"})
    (tmp_path / "d-broken.tar.gz").write_bytes(b"no archive")
    heard: list[str] = []
    rows = sit(tmp_path, lambda _: told(cause(1, "db", "disk_full")), lambda row: heard.append(row.case))
    assert [row.rank for row in rows] == [1, 0, 0, 0]
    assert [row.error.partition(":")[0] for row in rows[1:3]] == ["answer.json", "answer.json"]
    assert figures(rows)["unreadable"] == 3
    assert heard == ["a-good", "b-unanswered", "c-odd", "d-broken"]


def test_a_folder_without_cases_is_no_exam(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(BadCase, match="holds no case"):
            sit(folder, lambda _: told())


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"healthy": "yes"}', b'{"key_facts": ["a"]}', b'{"components": ["\xff"]}']
)
def test_an_answer_that_is_not_well_formed_is_named(raw: bytes) -> None:
    with pytest.raises(BadCase, match=r"^answer\.json: "):
        truth_of({"answer.json": raw})


def test_each_range_of_confidence_is_told_with_what_came_true() -> None:
    rows = [
        Row("a", "g", rank=1, confidence=1.0),
        Row("b", "g", rank=0, confidence=0.92),
        Row("c", "g", confidence=0.05),
    ]
    assert [(one.low, one.count, round(one.said, 2), one.right) for one in bins(rows)] == [
        (0.0, 1, 0.05, 0.0),
        (0.9, 2, 0.96, 0.5),
    ]
