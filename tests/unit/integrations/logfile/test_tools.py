from __future__ import annotations

from pathlib import Path

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import SERVICE_LABEL, Component
from lamplighter.integrations.logfile.config import LogfileConfig
from lamplighter.integrations.logfile.tools import LogFiles
from lamplighter.testing import NOON, firing

STORE = Component("docker", "container", "shop-store-1", "c1", {SERVICE_LABEL: "store"})


def tool(folder: Path, *paths: str, name: str = "store") -> LogFiles:
    files = {name: [str(folder / path) for path in paths]}
    return LogFiles(LogfileConfig.model_validate({"files": files, "folders": [str(folder)]}), lambda: NOON)


async def ask(looks: LogFiles) -> list[Evidence]:
    return list(await looks.gather(Question(STORE, firing(), NOON, NOON)))


async def test_a_file_is_the_log_of_the_component_that_it_was_given_to(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("2026-01-05 11:59:00 write: No space left on device\n", encoding="utf-8")
    (found,) = await ask(tool(tmp_path, "a.log"))
    assert (found.tool, found.component, found.media, found.truncated) == ("logs", "shop-store-1", "text/plain", False)
    assert found.params["query"] == f"tail -c 65536 {tmp_path}/a.log"
    (fact,) = read(found)
    assert (fact.component, fact.values["sign"]) == ("shop-store-1", "disk_full")


def test_it_serves_only_what_was_given_files(tmp_path: Path) -> None:
    assert tool(tmp_path, "a.log").serves(STORE)
    assert tool(tmp_path, "a.log", name="shop-*").serves(STORE)
    assert not tool(tmp_path, "a.log", name="web").serves(STORE)


async def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("fine\n", encoding="utf-8")
    (tmp_path / "b.log").symlink_to("/etc/hostname")
    pieces = {Path(one.params["path"]).name: one for one in await ask(tool(tmp_path, "a.log", "b.log", "c.log"))}
    assert (pieces["a.log"].content, pieces["a.log"].error) == ("fine\n", "")
    assert "lies in none of the allowed folders" in pieces["b.log"].error
    assert pieces["c.log"].error.startswith(f"tail -c 65536 {tmp_path}/c.log: FileNotFoundError:")


async def test_a_pattern_that_matches_nothing_is_a_failed_look(tmp_path: Path) -> None:
    (found,) = await ask(tool(tmp_path, "*.log"))
    assert found.error == f"ls {tmp_path}/*.log: there is no such file"


async def test_files_beyond_what_is_taken_are_said(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.log").write_text("x" * 99_999, encoding="utf-8")
    found = await ask(tool(tmp_path, "*.log"))
    assert len(found) == 5
    assert all(one.truncated and len(one.content) <= EVIDENCE_BYTES_MAX for one in found)
