from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def facts(data: object, **params: str) -> dict[str, Fact]:
    text = data if isinstance(data, str) else json.dumps({"data": data})
    found = read(Evidence("e1", "proxmox.status", "jellyfin", params, "application/json", text, AT))
    return {fact.kind: fact for fact in found}


def test_a_container_that_runs_tells_its_start_and_its_shares() -> None:
    usage = {"mem": 95, "maxmem": 100, "cpu": 0.5, "disk": 99, "maxdisk": 100}
    told = facts({"status": "running", "vmid": 101, "uptime": 3600, **usage})
    assert told["state"].number("running") == 1.0
    assert told["state"].at == datetime(2026, 11, 21, 11, tzinfo=UTC)
    assert told["usage"].number("memory_share") == 0.95
    assert told["usage"].number("cpu_share") == 0.5
    assert told["probe"].values["probe"] == "disk"


def test_of_a_machine_no_share_of_memory_is_told_because_it_counts_caches() -> None:
    told = facts({"status": "running", "qmpstatus": "running", "mem": 99, "maxmem": 100, "disk": 0, "maxdisk": 100})
    assert told["usage"].number("memory_used_bytes") == 99
    assert "memory_share" not in told["usage"].values
    assert "probe" not in told


def test_a_stopped_guest_does_not_run_and_a_paused_one_was_paused_on_purpose() -> None:
    told = facts({"status": "stopped", "lock": "backup", "uptime": 0})
    assert (told["state"].number("running"), told["state"].values["lock"]) == (0.0, "backup")
    assert "usage" not in told
    assert facts({"status": "running", "qmpstatus": "paused"})["state"].number("stopped_on_purpose") == 1.0


def test_a_machine_that_a_disk_halted_is_unhealthy() -> None:
    told = facts({"status": "running", "qmpstatus": "io-error"})
    assert told["health"].values["status"] == "unhealthy"


def test_a_configuration_tells_whether_the_guest_should_run() -> None:
    told = facts({"onboot": 1, "memory": 2048, "cores": 2, "rootfs": "local-lvm:vm-101-disk-0,size=8G", "digest": "0"})
    assert told["settings"].number("onboot") == 1.0
    assert told["settings"].number("memory_limit_bytes") == 2048 * 1024**2
    assert facts({"memory": 512})["settings"].number("onboot") == 0.0


def test_what_the_command_line_prints_is_read_too() -> None:
    assert facts("status: stopped\n")["state"].values["status"] == "stopped"


def test_rubbish_is_unreadable_and_control_characters_do_not_pass() -> None:
    assert set(facts("{")) == set(facts([])) == {"unreadable"}
    assert facts({"status": "run\x1b[31mning\n", "uptime": 1e300})["state"].values["status"] == "running"
