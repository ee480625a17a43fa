"""`lamplighter incidents export`: where a case is written, what counts as right in an exam, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.lab.case_file import read_case
from lamplighter.reports.case_export import case_files, packed

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake, Local

GOLDEN = Path(__file__).parents[2] / "golden" / "cases" / "shop-store-oom-killed"
PATH = "/api/v1/incidents/INC-7"
BEST = {"component": "store", "fault": "oom_killed", "confidence": 0.95}


def holds(fake: Fake, state: str = "resolved", *causes: dict[str, Any], undetermined: bool = False) -> None:
    diagnosis = {"causes": list(causes), "undetermined": undetermined}
    fake.says("GET", PATH, {"incident": {"id": "INC-7", "state": state}, "diagnosis": diagnosis})
    fake.says("GET", f"{PATH}/case", packed(case_files(read_case(GOLDEN)), "INC-7"))


def test_an_archive_or_a_folder_is_written_that_can_be_diagnosed(
    fake: Fake, command: Command, local: Local, tmp_path: Path
) -> None:
    holds(fake)
    causes = json.loads(local("diagnose", str(GOLDEN), "-o", "json").out)["causes"]
    for target in (tmp_path / "case.tar.gz", tmp_path / "case"):
        ended = command("incidents", "export", "INC-7", "--to", str(target))
        assert ended.code == 0
        assert str(target) in ended.out
        assert json.loads(local("diagnose", str(target), "-o", "json").out)["causes"] == causes
    assert json.loads((tmp_path / "case" / "case.json").read_text())["id"] == "shop-store-oom-killed"


def test_nothing_that_is_there_is_written_over(fake: Fake, command: Command, tmp_path: Path) -> None:
    holds(fake, "resolved", BEST)
    (tmp_path / "a.tar.gz").write_text("mine")
    (tmp_path / "exam" / "INC-7").mkdir(parents=True)
    (tmp_path / "exam" / "INC-7" / "note").write_text("mine")
    assert command("incidents", "export", "INC-7", "--to", str(tmp_path / "a.tar.gz")).code == 5
    assert command("incidents", "export", "INC-7", "--to", str(tmp_path / "exam" / "INC-7")).code == 5
    assert command("incidents", "export", "INC-7", "--exam", str(tmp_path / "exam")).code == 5
    assert (tmp_path / "a.tar.gz").read_text() == "mine"
    assert command("incidents", "export", "INC-7", "--to", str(tmp_path / "a.tar.gz" / "below")).code == 1


def test_a_resolved_incident_becomes_a_case_of_the_exam_with_one_command(
    fake: Fake, command: Command, local: Local, tmp_path: Path
) -> None:
    holds(fake, "resolved", BEST)
    ended = command("incidents", "export", "INC-7", "--exam", str(tmp_path), "-o", "json")
    assert json.loads(ended.out)["answer"] == {"components": ["store"], "faults": ["oom_killed"], "healthy": False}
    exam = json.loads(local("exam", str(tmp_path), "-o", "json").out)
    assert (exam["cases"], exam["right_at_1"]) == (1, 1.0)


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (["--component", "db"], {"components": ["db"], "faults": [], "key_facts": [], "healthy": False}),
        (
            ["--component", "db", "--fault", "x"],
            {"components": ["db"], "faults": ["x"], "key_facts": [], "healthy": False},
        ),
        (["--healthy"], {"components": [], "faults": [], "key_facts": [], "healthy": True}),
    ],
)
def test_what_a_person_says_counts(
    fake: Fake, command: Command, tmp_path: Path, options: list[str], answer: dict[str, Any]
) -> None:
    holds(fake, "needs_human", BEST)
    assert command("incidents", "export", "INC-7", "--exam", str(tmp_path), *options).code == 0
    assert json.loads((tmp_path / "INC-7" / "answer.json").read_text()) == answer


def test_what_nobody_confirmed_is_no_answer(fake: Fake, command: Command, tmp_path: Path) -> None:
    holds(fake, "needs_human", BEST)
    ended = command("incidents", "export", "INC-7", "--exam", str(tmp_path))
    assert (ended.code, "--component" in ended.err) == (5, True)
    holds(fake, "resolved")
    assert command("incidents", "export", "INC-7", "--exam", str(tmp_path)).code == 5
    holds(fake, "resolved", BEST, undetermined=True)
    assert command("incidents", "export", "INC-7", "--exam", str(tmp_path), "--fault", "x").code == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [["--fault", "x"], ["--healthy"], ["--exam", "e", "--healthy", "--fault", "x"], ["--exam", "e", "--to", "t"]],
)
def test_options_that_do_not_go_together_are_wrong_usage(fake: Fake, command: Command, options: list[str]) -> None:
    assert command("incidents", "export", "INC-7", *options).code == 2
    assert fake.asked == []


def test_a_zip_is_not_written(fake: Fake, command: Command, tmp_path: Path) -> None:
    holds(fake)
    assert command("incidents", "export", "INC-7", "--to", str(tmp_path / "a.zip")).code == 2


def test_what_is_no_case_is_not_written(fake: Fake, command: Command, tmp_path: Path) -> None:
    fake.problem("GET", f"{PATH}/case", 404, "there is no incident INC-7")
    assert command("incidents", "export", "INC-7", "--to", str(tmp_path / "c")).code == 3
    fake.says("GET", f"{PATH}/case", packed({"../../outside": b"x"}, "."))
    ended = command("incidents", "export", "INC-7", "--to", str(tmp_path / "c"))
    assert (ended.code, "leads out of it" in ended.err) == (7, True)
    fake.says("GET", f"{PATH}/case", b"\x1f\x8b and nothing")
    assert command("incidents", "export", "INC-7", "--to", str(tmp_path / "c")).code == 7
    fake.says("GET", f"{PATH}/case", {"hello": 1})
    assert command("incidents", "export", "INC-7", "--to", str(tmp_path / "c")).code == 7
    assert list(tmp_path.iterdir()) == []
    assert command("incidents", "export", "../x", "--to", str(tmp_path / "c")).code == 2
