from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lamplighter.integrations.ansible.callback_logs import FILE_BYTES_MAX, CallbackLogs, documents, run_of
from lamplighter.integrations.ansible.run import Found, Task
from lamplighter.ports import ToolError

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def document(at: datetime = AT, **result: object) -> dict[str, object]:
    times = {
        "start": f"{at:%Y-%m-%dT%H:%M:%S.000000Z}",
        "end": f"{at + timedelta(seconds=9):%Y-%m-%dT%H:%M:%S.000000Z}",
    }
    task = {
        "task": {"name": "store : Write", "id": "1", "duration": times},
        "hosts": {"nas": {"action": "copy", **result}},
    }
    play = {"play": {"name": "all", "id": "2", "path": "/srv/site.yml:1", "duration": times}, "tasks": [task]}
    stats = {"nas": {"ok": 3, "changed": 1, "failures": 0, "unreachable": 0, "rescued": 0}}
    return {"plays": [play], "stats": stats, "custom_stats": {}}


def write(folder: Path, name: str, text: str, at: datetime = AT) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


async def ask(folder: Path) -> Found:
    return await CallbackLogs(folder, 5).runs(AT - DAY, AT)


def test_a_recorded_run_of_ansible_2_19_is_read_and_no_argument_of_a_module_is_kept() -> None:
    path = Path(__file__).parents[3] / "golden" / "ansible" / "callback.json"
    (found,) = documents(path.read_text(encoding="utf-8"))
    run = run_of(found, str(path), AT)
    assert run is not None
    assert (run.playbook, run.hosts) == (
        "/srv/ansible/site.yml",
        {"nas": {"ok": 3, "changed": 2, "failed": 1, "unreachable": 0}},
    )
    assert [task.name for task in run.changed] == ["store : Write the settings", "Restart store"]
    assert [task.message for task in run.failed] == ["non-zero return code: no such image"]
    assert "exit 3" in path.read_text(encoding="utf-8")
    assert "exit 3" not in str(run)


async def test_a_run_is_read_with_what_it_changed_and_when(tmp_path: Path) -> None:
    write(tmp_path, "1.json", json.dumps(document(changed=True), indent=4))
    found = await ask(tmp_path)
    (run,) = found.runs
    assert (run.playbook, run.started, run.ended) == ("/srv/site.yml", AT, AT + timedelta(seconds=9))
    assert run.hosts == {"nas": {"ok": 3, "changed": 1, "failed": 0, "unreachable": 0}}
    assert run.changed == [Task("store : Write", "copy", "nas")]
    assert not found.truncated


@pytest.mark.parametrize(
    "result", [{"failed": True, "msg": "no space"}, {"unreachable": True, "msg": "no space"}], ids=str
)
def test_what_failed_says_why_and_is_no_change(result: dict[str, object]) -> None:
    run = run_of(document(changed=True, **result), "/x/weekly.json", AT)
    assert run is not None
    assert run.failed == [Task("store : Write", "copy", "nas", "no space")]
    assert run.changed == []


async def test_the_newest_runs_come_first_and_old_ones_not_at_all(tmp_path: Path) -> None:
    for hours in (1, 30, 3):
        at = AT - timedelta(hours=hours)
        write(tmp_path, f"{hours}.json", json.dumps(document(at)), at)
    assert [Path(run.source).stem for run in (await ask(tmp_path)).runs] == ["1", "3"]


async def test_several_runs_in_one_file_with_warnings_between_are_all_read(tmp_path: Path) -> None:
    text = f"[WARNING]: odd {{\n{json.dumps(document())}\n[WARNING]: x\n{json.dumps(document(), indent=1)}\n{{half"
    write(tmp_path, "all.log", text)
    assert len((await ask(tmp_path)).runs) == 2


async def test_what_is_no_run_or_no_file_costs_nothing(tmp_path: Path) -> None:
    outside = write(tmp_path, "good.json", json.dumps(document()))
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "link.json").symlink_to(outside)
    os.mkfifo(folder / "pipe.json")
    write(folder, "odd.json", '{"plays": 5}\n[1, 2]\n{"a": {"b": "\udcff"}}'.encode("utf-8", "replace").decode())
    write(folder, "deep.json", "{" + '"a":[' * 50_000)
    write(
        folder, "shape.json", json.dumps({"plays": [5, {"tasks": [7, {"task": {}, "hosts": {"a": 5}}]}], "stats": []})
    )
    found = await ask(folder)
    assert [run.changed for run in found.runs] == [[]]


async def test_a_file_that_is_too_large_is_left_out_and_said_so(tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert await CallbackLogs(tmp_path, 5).runs(AT - DAY, datetime.now(UTC)) == Found((), truncated=True)


async def test_many_files_are_bounded(tmp_path: Path) -> None:
    for number in range(60):
        write(tmp_path, f"{number:02}.json", json.dumps(document()), AT - timedelta(seconds=number))
    found = await ask(tmp_path)
    assert found.truncated
    assert len(found.runs) == 40


async def test_a_folder_that_is_not_there_is_a_failed_look(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="FileNotFoundError"):
        await ask(tmp_path / "gone")
    assert str(tmp_path) in CallbackLogs(tmp_path, 5).query(AT)


def test_rubbish_holds_a_bounded_number_of_documents() -> None:
    assert list(documents("")) == []
    assert len(list(documents("{}\n" * 500))) == 50
