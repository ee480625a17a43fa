"""A case written and read again is the same case, and gives the same diagnosis."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.topology import Edge
from lamplighter.lab.case_archive import files_of
from lamplighter.lab.case_file import case_of, read_case
from lamplighter.reports.case_export import answer_file, case_files, packed, safe_name
from lamplighter.testing import firing

AT = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)
GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "cases").iterdir())


def piece(identity: str, **more: object) -> Evidence:
    return replace(Evidence(identity, "docker.logs", "web", {"tail": "9"}, "text/plain", "boom \u2192\n", AT), **more)


WHOLE = Case(
    id="INC-7.2",
    at=AT,
    symptom="web is down",
    alerts=(replace(firing("Down", AT, container="web"), source="alertmanager"),),
    components=("web", "db"),
    topology=(Edge("web", "db", "calls", "case"),),
    changes=(Change(AT, "db", "restarted", "ansible"),),
    evidence=(
        piece("e1"),
        piece("e2", media="application/json", content="{}"),
        piece("s1", error="refused", truncated=True),
    ),
    start=AT - timedelta(hours=1),
    end=AT,
    subject="web",
    baseline_start=AT - timedelta(days=1),
    baseline_end=AT - timedelta(hours=1),
    fault_kinds=("crash_loop",),
)


def test_what_is_written_is_read_again() -> None:
    read = case_of(case_files(WHOLE))
    with_params = tuple(replace(one, params={**one.params, "component": "web"}) for one in WHOLE.evidence)
    alerts = tuple(replace(one, starts_at=read.alerts[0].starts_at) for one in WHOLE.alerts)
    assert read == replace(WHOLE, evidence=with_params, alerts=alerts)
    assert abs(read.alerts[0].starts_at - AT) < timedelta(milliseconds=1)


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_an_export_is_diagnosed_like_the_case_itself(folder: Path) -> None:
    case = read_case(folder)
    assert diagnose(case_of(case_files(case))) == diagnose(case)


def test_the_archive_is_the_same_every_time_and_holds_one_folder(tmp_path: Path) -> None:
    archive = packed(case_files(WHOLE), "INC-7")
    assert archive == packed(case_files(WHOLE), "INC-7")
    (tmp_path / "a.tar.gz").write_bytes(archive)
    assert files_of(tmp_path / "a.tar.gz") == case_files(WHOLE)


def test_ids_that_are_no_names_of_files_lead_nowhere() -> None:
    odd = replace(WHOLE, evidence=(piece("../../etc/passwd"), piece("e1"), piece("e1 "), piece("\x00")))
    files = case_files(odd)
    assert sorted(files) == [
        "case.json",
        "evidence/e1.txt",
        "evidence/piece-1.txt",
        "evidence/piece-3.txt",
        "evidence/piece-4.txt",
    ]
    assert [one.id for one in case_of(files).evidence] == ["../../etc/passwd", "e1", "e1 ", "\x00"]


def test_what_says_nothing_is_not_written() -> None:
    bare = Case("INC-1", AT, alerts=(firing("Down", AT),), baseline_start=AT, baseline_end=AT)
    assert set(json.loads(case_files(bare)["case.json"])) == {"schema", "id", "symptom", "at", "alerts", "evidence"}
    assert case_of(case_files(bare)).symptom == "Down"


def test_secrets_of_an_alert_stay_here() -> None:
    told = firing("Down", AT, container="web")
    leaking = replace(WHOLE, alerts=(replace(told, annotations={"summary": "password=hunter2hunter2"}),))
    assert b"hunter2" not in case_files(leaking)["case.json"]


def test_the_answer_names_what_counts_as_right() -> None:
    assert json.loads(answer_file("db", "disk_full"))["faults"] == ["disk_full"]
    assert json.loads(answer_file("db", "")) == {"components": ["db"], "faults": [], "key_facts": [], "healthy": False}
    assert json.loads(answer_file("", "", healthy=True))["healthy"] is True


@pytest.mark.parametrize(
    ("identity", "name"), [("INC-7.2", "INC-7.2"), ("../x", "-x"), ("", "case"), ("a b\n", "a-b-")]
)
def test_a_name_that_a_file_may_have(identity: str, name: str) -> None:
    assert safe_name(identity) == name
