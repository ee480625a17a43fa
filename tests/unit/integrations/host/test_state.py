from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lamplighter.integrations.host.state import busy_shares, disks, measured, open_files


@dataclass
class Partition:
    device: str
    mountpoint: str
    fstype: str = "ext4"


def test_this_machine_is_measured() -> None:
    state = json.loads(json.dumps(measured("here", sample_seconds=0.02)))
    assert state["host"] == "here"
    assert state["cpu"]["count"] >= 1
    assert len(state["cpu"]["percent_by_second"]) == 3
    assert all(0.0 <= percent <= 100.0 for percent in state["cpu"]["percent_by_second"])
    assert 0 < state["memory"]["available_bytes"] <= state["memory"]["total_bytes"]
    assert state["uptime_seconds"] > 0
    assert state["process_count"] >= len(state["processes"])
    assert any(row["name"] for row in state["processes"])
    assert not any("cmdline" in row or "command" in row for row in state["processes"])


def test_a_disk_that_cannot_be_looked_at_does_not_hide_the_others() -> None:
    gone, root = disks([Partition("/dev/x", "/no/such/mount"), Partition("/dev/y", "/"), Partition("/dev/y", "/")])
    assert "No such file" in gone["error"]
    assert 0.0 <= root["used_share"] <= 1.0
    assert root["mount"] == "/"


def test_how_busy_disks_are_is_the_share_of_the_time_that_passed() -> None:
    before = {"sda": 1000.0, "sdb": 5000.0, "loop0": 1.0, "idle": 0.0}
    after = {"sda": 1500.0, "sdb": 9999.0, "loop0": 900.0, "idle": 0.0, "new": 7.0}
    assert busy_shares(before, after, 1.0) == [{"disk": "sdb", "busy_share": 1.0}, {"disk": "sda", "busy_share": 0.5}]


def test_open_files_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "file-nr").write_text("3000\t100\t90000\n", encoding="ascii")
    assert open_files(tmp_path / "file-nr") == {"open": 2900, "max": 90000}
    (tmp_path / "file-nr").write_text("x", encoding="ascii")
    assert open_files(tmp_path / "file-nr") == {}
    assert open_files(tmp_path / "gone") == {}
