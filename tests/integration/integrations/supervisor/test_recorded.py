"""What a real supervisord once said, read again from the recordings; needs no supervisord."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lamplighter.integrations.supervisor.client import SupervisorFault, _loaded
from lamplighter.integrations.supervisor.inventory import component
from lamplighter.integrations.supervisor.memory_guard import LimitFile, read_pids
from lamplighter.integrations.supervisor.process import Info

GOLDEN = Path(__file__).parents[3] / "golden" / "supervisor"


def recorded(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def test_three_processes_of_which_one_runs() -> None:
    found = msgspec.convert(_loaded("q", recorded("all.xml")), list[Info])
    assert {info.name: component("shop", info).running for info in found} == {
        "front": False,
        "orders": False,
        "store": True,
    }
    assert next(info for info in found if info.name == "orders").exitstatus == 3


def test_the_guard_reads_the_pids_of_what_runs() -> None:
    assert set(read_pids(recorded("all.xml"))) == {"store"}


def test_an_unknown_name_is_a_fault_with_its_name() -> None:
    with pytest.raises(SupervisorFault) as caught:
        _loaded("q", recorded("bad-name.xml"))
    assert caught.value.name == "BAD_NAME"


def test_a_changed_limit_outlives_the_guard_for_as_long_as_the_command_line_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "limits.json"
    LimitFile(path, {"store": 64}).save({"store": 128})
    assert LimitFile(path, {"store": 64}).load() == {"store": 128}
    assert LimitFile(path, {"store": 96, "front": 5}).load() == {"store": 96, "front": 5}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"store": 5}', '{"store": [64, "x"]}', '{"store": [64, -1]}', "\x00"])
def test_a_broken_state_file_leaves_the_command_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "limits.json"
    path.write_text(text)
    assert LimitFile(path, {"store": 64}).load() == {"store": 64}
