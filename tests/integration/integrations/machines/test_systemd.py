"""Systemd's looks, here and over a real SSH server: what is asked, what is kept, and what a failed look says."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.systemd.client import KIND, SYSTEM, Machines, SystemdConfig
from lamplighter.integrations.systemd.inventory import Units
from lamplighter.integrations.systemd.tools import Journal, Status, UnitTool
from lamplighter.ports import ToolError
from lamplighter.testing import NOON, FakeClock, firing
from tests.integration.integrations.machines.stage import Stage

SHOW = "Id=api.service\nType=simple\nLoadState=loaded\nActiveState=failed\nSubState=failed\nResult=oom-kill\n"
SHOW += "ExecMainCode=2\nExecMainStatus=9\nNRestarts=0\nMemoryMax=67108864\n"
STATUS = "* api.service - Orders API\n     Loaded: loaded\n     Active: failed (Result: oom-kill)\n\n"
STATUS += "Jan 05 11:59:00 nas systemd[1]: api.service: Failed with result 'oom-kill'.\n"
LINE = "2026-01-05T11:59:00+0000 nas systemd[1]: api.service: Main process exited, code=killed, status=9/KILL\n"
SYSTEMCTL = (
    'case "$1" in show) cat "{0}/show" ;; status) cat "{0}/status"; exit 3 ;; list-units) cat "{0}/list" ;; esac'
)


@pytest.fixture(params=["here", "over ssh"])
def machines(request: pytest.FixtureRequest, served: Stage) -> Machines:
    for name, text in {"show": SHOW, "status": STATUS, "list": "api.service loaded failed failed Orders API\n"}.items():
        (served.folder / name).write_text(text, encoding="utf-8")
    served.program("systemctl", SYSTEMCTL.format(served.folder))
    served.prints("journalctl", LINE)
    if request.param == "here":
        return Machines(SystemdConfig(), served.local)
    return Machines(SystemdConfig.model_validate({"hosts": [served.host]}))


def question(machines: Machines, unit: str = "api.service") -> Question:
    (machine,) = machines
    part = Component(SYSTEM, KIND, unit.removesuffix(".service"), f"{machine.name}:{unit}")
    return Question(part, firing(name="api"), NOON - timedelta(minutes=5), NOON)


async def one(tool: UnitTool, asked: Question) -> Evidence:
    (found,) = await tool.gather(asked)
    return found


async def test_properties_and_status_are_one_piece_that_the_readers_understand(
    machines: Machines, served: Stage
) -> None:
    found = await one(Status(machines, FakeClock()), question(machines))
    assert found.error == ""
    assert found.content.startswith("Id=api.service")
    assert "Failed with result 'oom-kill'" in found.content
    assert found.params["query"].endswith("systemctl status --no-pager --full --lines=30 -- api.service")
    assert [call[1] for call in served.calls] == ["show", "status"]
    assert all(call[-2:] == ["--", "api.service"] for call in served.calls)
    state = next(fact for fact in read(found) if fact.kind == "state")
    assert (state.component, state.number("oom_killed"), state.number("exit_code")) == ("api", 1.0, 137.0)


async def test_the_journal_is_asked_for_the_window_and_the_unit(machines: Machines, served: Stage) -> None:
    found = await one(Journal(machines, FakeClock()), question(machines))
    assert found.content == LINE
    (call,) = served.calls
    assert {"--since=2026-01-05 11:55:00 UTC", "--until=2026-01-05 12:00:00 UTC", "--unit=api.service"} <= set(call)
    assert [fact.values["exit_code"] for fact in read(found) if fact.kind == "event"] == [137.0]


async def test_a_unit_that_said_nothing_in_the_window_is_asked_for_its_last_lines(
    machines: Machines, served: Stage
) -> None:
    (served.folder / "old").write_text(LINE, encoding="utf-8")
    served.program(
        "journalctl", f"case \"$*\" in *--since*) echo '-- No entries --' ;; *) cat {served.folder}/old ;; esac"
    )
    assert (await one(Journal(machines, FakeClock()), question(machines))).content == LINE


async def test_lines_that_are_hidden_are_not_lines_that_are_not_there(machines: Machines, served: Stage) -> None:
    hint = "Hint: You are currently not seeing messages from other users and the system."
    served.program("journalctl", f"echo '-- No entries --'; echo '{hint}' >&2")
    found = await one(Journal(machines, FakeClock()), question(machines))
    assert "may not read the journal" in found.error
    assert "not seeing messages" in found.error


async def test_a_failure_names_the_command_and_the_raw_error(machines: Machines, served: Stage) -> None:
    served.program("systemctl", "echo 'Failed to connect to bus: No such file or directory' >&2; exit 1")
    found = await one(Status(machines, FakeClock()), question(machines))
    assert found.content == ""
    assert "systemctl status --no-pager" in found.error
    assert "Failed to connect to bus: No such file or directory" in found.error


async def test_a_unit_that_is_not_there_is_a_failed_look(machines: Machines, served: Stage) -> None:
    (served.folder / "show").write_text(
        "Id=nope.service\nLoadState=not-found\nActiveState=inactive\n", encoding="utf-8"
    )
    found = await one(Status(machines, FakeClock()), question(machines, "nope.service"))
    assert "LoadState=not-found" in found.error


@pytest.mark.parametrize("unit", ["-H root@evil", "--root=/", "a;touch owned", "$(touch owned)", "a b"])
async def test_a_name_that_is_no_units_never_reaches_the_machine(machines: Machines, served: Stage, unit: str) -> None:
    for tool in (Status(machines, FakeClock()), Journal(machines, FakeClock())):
        found = await one(tool, question(machines, unit))
        assert "is not the name of a unit" in found.error
    assert served.calls == []


async def test_much_output_stays_bounded_and_the_properties_stay(machines: Machines, served: Stage) -> None:
    (served.folder / "status").write_text(STATUS + "             |-1 x\n" * 20_000, encoding="utf-8")
    found = await one(Status(machines, FakeClock()), question(machines))
    assert found.truncated
    assert len(found.content.encode()) <= EVIDENCE_BYTES_MAX
    assert "Result=oom-kill" in found.content


async def test_the_units_of_a_machine_are_its_inventory(machines: Machines, served: Stage) -> None:
    (machine,) = machines
    (part,) = await Units(machines).components()
    assert (part.system, part.kind, part.name, part.running) == ("systemd", "unit", "api", False)
    assert part.id == f"{machine.name}:api.service"
    served.program("systemctl", "echo 'Access denied' >&2; exit 1")
    with pytest.raises(ToolError, match="Access denied"):
        await Units(machines).components()


async def test_configured_units_are_the_only_ones_of_the_inventory(served: Stage) -> None:
    served.prints("systemctl", SHOW + "\nId=gone.service\nLoadState=not-found\nActiveState=inactive\n")
    config = SystemdConfig.model_validate({"units": {"orders": "api", "lost": "gone", "far": "nas/x"}})
    machines = Machines(config, served.local)
    (part,) = await Units(machines).components()
    assert (part.name, part.id) == ("orders", "here:api.service")
    assert served.calls[0][-2:] == ["api.service", "gone.service"]


async def test_a_machine_that_is_away_keeps_what_it_was_last_seen_to_have(served: Stage) -> None:
    served.prints("systemctl", "api.service loaded active running Orders API\n")
    other_key = Path(shutil.copy(served.folder / "key", served.folder / "other"))
    away = {**served.host, "name": "away", "key_file": other_key}
    units = Units(Machines(SystemdConfig.model_validate({"hosts": [served.host, away]})))
    assert [part.id for part in await units.components()] == ["nas:api.service", "away:api.service"]
    await asyncio.to_thread(other_key.unlink)
    served.prints("systemctl", "b.service loaded active running B\n")
    assert [part.id for part in await units.components()] == ["nas:b.service", "away:api.service"]
    served.program("systemctl", "exit 1")
    with pytest.raises(ToolError):
        await units.components()
