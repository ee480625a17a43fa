"""A machine's looks, here and over a real SSH server, and what the readers make of them."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.host import INTEGRATION
from lamplighter.integrations.host.client import KIND, SYSTEM, HostConfig, Hosts
from lamplighter.integrations.host.tools import Df, Free, HostState, HostTool, PackageChanges, Ps, Uptime
from lamplighter.testing import NOON, FakeClock, firing
from tests.integration.integrations.machines.stage import Stage

BYTES = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 100 100 0 100% /\n"
INODES = "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sda1 100 50 50 50% /\n"
MEMORY = "               total        used        free      shared  buff/cache   available\n"
MEMORY += "Mem:      1000 900 50 0 50 40\nSwap:     100 90 10\n"
PROCESSES = "    PID    PPID USER             STAT %CPU %MEM   RSS ELAPSED COMMAND\n"
PROCESSES += "   4711       1 lamp             Rl   199.0 30.5 204800 12 ffmpeg\n"
STORE = Component("docker", "container", "store", "1f")


@pytest.fixture
def hosts(served: Stage) -> Hosts:
    served.program("df", f"case $1 in -P) printf '{BYTES}' ;; *) printf '{INODES}' ;; esac".replace("%", "%%"))
    served.prints("free", MEMORY)
    served.prints("ps", PROCESSES)
    served.prints("uptime", " 12:00:00 up 3 days,  4:05,  1 user,  load average: 9.50, 5.00, 1.00\n")
    served.prints("nproc", "4\n")
    return Hosts(HostConfig.model_validate({"hosts": [served.host]}), served.local)


def machine(name: str) -> Component:
    return Component(SYSTEM, KIND, name, f"host:{name}")


async def one(tool: HostTool, component: Component) -> Evidence:
    assert tool.serves(component)
    (found,) = await tool.gather(Question(component, firing(container="store"), NOON - timedelta(minutes=5), NOON))
    return found


async def test_disks_of_another_machine_by_bytes_and_by_inodes(hosts: Hosts, served: Stage) -> None:
    found = await one(Df(hosts, FakeClock()), machine("nas"))
    assert found.error == ""
    assert found.params["query"] == f"ssh lamp@127.0.0.1:{served.port} df -P"
    probe, usage = read(found)
    assert (probe.component, probe.values["target"], probe.values["probe"]) == ("nas", "/", "disk")
    assert (usage.number("disk_share"), usage.number("inode_share")) == (1.0, 0.5)


async def test_memory_and_processes_of_another_machine(hosts: Hosts) -> None:
    (usage,) = read(await one(Free(hosts, FakeClock()), machine("nas")))
    assert (usage.component, usage.number("memory_share"), usage.number("swap_share")) == ("nas", 0.96, 0.9)
    assert usage.number("memory_ceiling_bytes") == 1000.0
    _, process = read(await one(Ps(hosts, FakeClock()), machine("nas")))
    assert (process.values["name"], process.number("cpu_percent")) == ("ffmpeg", 199.0)
    (load,) = read(await one(Uptime(hosts, FakeClock()), machine("nas")))
    assert load.number("load_share") == 2.375


async def test_a_unit_that_says_where_it_runs_is_asked_there(hosts: Hosts) -> None:
    unit = Component("systemd", "unit", "api", "nas:api.service", {"host": "nas"})
    assert (await one(Free(hosts, FakeClock()), unit)).component == "nas"
    assert not HostState(hosts, FakeClock()).serves(unit)


async def test_a_failed_command_names_itself_and_its_raw_error(hosts: Hosts, served: Stage) -> None:
    served.program("ps", "echo 'ps: unrecognized option: e' >&2; exit 1")
    found = await one(Ps(hosts, FakeClock()), machine("nas"))
    assert f"ssh lamp@127.0.0.1:{served.port} ps -eo" in found.error
    assert "unrecognized option: e" in found.error


async def test_this_machine_is_measured_and_not_the_component_that_was_asked_about(hosts: Hosts, served: Stage) -> None:
    line = "2026-01-05T11:59:00+0000 here kernel: Out of memory: Killed process 12 (java) total-vm:9kB, anon-rss:900kB"
    served.prints("journalctl", f"2026-01-05T11:58:00+0000 here kernel: eth0 is up\n{line}\n")
    tool = HostState(hosts, FakeClock())
    found = await one(tool, STORE)
    assert (found.error, found.component) == ("", "here")
    assert json.loads(found.content)["kernel"] == [line]
    facts = read(found)
    assert {fact.component for fact in facts if fact.kind == "usage"} <= {"here", *_programs(found)}
    assert [fact.component for fact in facts if fact.values.get("sign") == "oom_kill"] == ["java"]


def _programs(found: Evidence) -> set[str]:
    return {row["name"] for row in json.loads(found.content)["processes"]}


async def test_questions_of_one_moment_share_one_measurement(hosts: Hosts, served: Stage) -> None:
    served.prints("journalctl", "")
    clock = FakeClock()
    tool = HostState(hosts, clock)
    first, second = await one(tool, STORE), await one(tool, machine("here"))
    assert first.content == second.content
    clock.advance(60)
    assert (await one(tool, STORE)).content != first.content


async def test_what_the_alert_does_not_mean_brings_no_second_look(hosts: Hosts) -> None:
    other = Component("docker", "container", "orders", "2f")
    question = Question(other, firing(container="store"), NOON - timedelta(minutes=5), NOON)
    assert await HostState(hosts, FakeClock()).gather(question) == []


@pytest.mark.parametrize("where", ["here", "nas"])
async def test_packages_that_were_changed(hosts: Hosts, served: Stage, where: str) -> None:
    log = "2026-01-05 11:30:00 upgrade store:amd64 1.0 1.1\n2025-12-01 11:30:00 upgrade old:amd64 1.0 1.1\n"
    (served.folder / "dpkg").write_text(log, encoding="utf-8")
    served.program(
        "tail", f"case $3 in */dpkg.log) cat {served.folder}/dpkg ;; *) echo 'cannot open' >&2; exit 1 ;; esac"
    )
    served.prints("date", "+0100\n")
    component = STORE if where == "here" else Component("x", "y", "store", "z", {"host": "nas"})
    found = await one(PackageChanges(hosts, FakeClock()), component)
    told = json.loads(found.content)
    assert told["changes"] == [{"at": "2026-01-05T10:30:00Z", "what": "upgraded store 1.0 to 1.1"}]
    assert told["host"] == where
    (change,) = read(found)
    assert (change.kind, change.component, change.values["family"]) == ("change", "store", "deploy")


async def test_a_machine_without_such_logs_is_a_failed_look(hosts: Hosts, served: Stage) -> None:
    served.program("tail", "echo \"tail: cannot open '$3' for reading: No such file or directory\" >&2; exit 1")
    served.prints("date", "+0000\n")
    found = await one(PackageChanges(hosts, FakeClock()), machine("nas"))
    assert "tail -c 65536 /var/log/dpkg.log" in found.error
    assert "No such file or directory" in found.error


def test_commands_are_offered_only_where_there_are_other_machines(served: Stage) -> None:
    assert INTEGRATION.name == SYSTEM
    hosts = Hosts(HostConfig(), served.local)
    assert not any(tool(hosts, FakeClock()).serves(machine("here")) for tool in (Df, Free, Ps, Uptime))


async def test_what_the_real_programs_print_is_understood(served: Stage) -> None:
    hosts = Hosts(HostConfig.model_validate({"hosts": [served.host]}), served.local)
    missing = [
        name for name in ("df", "free", "ps", "uptime", "nproc") if shutil.which(name, path=served.searched) is None
    ]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    for tool, kind in ((Df, "usage"), (Free, "usage"), (Ps, "processes"), (Uptime, "usage")):
        found = await one(tool(hosts, FakeClock()), machine("nas"))
        assert found.error == ""
        assert kind in {fact.kind for fact in read(found)}, found.content
