from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.checkup import (
    ChannelLook,
    Checkup,
    Finding,
    FolderLook,
    Health,
    ServerLook,
    SetupLook,
    SourceLook,
    judge_channel,
    judge_check,
    judge_clock,
    judge_folder,
    judge_reaches,
    judge_server,
    judge_setup,
    judge_source,
    short_form,
)
from lamplighter.domain.policy import Mode
from lamplighter.domain.reach import Reach
from lamplighter.testing import NOON

GIB = 1024**3
FOLDER = FolderLook("/data", True, True, 0o700, 50 * GIB, 100 * GIB, "ext4", NOON)
SETUP = SetupLook("lamplighter.yaml", (), ("log", "telegram"), "http://ops", 1, hears=True, checks=0)


def healths(*findings: Finding) -> dict[str, Health]:
    return {finding.name: finding.health for finding in findings}


def test_a_source_that_lists_says_how_many_and_how_many_of_them_are_down() -> None:
    found = judge_source(SourceLook("docker", listed=23, stopped=2))
    assert (found.health, found.detail) == (Health.OK, "I see 23, 2 of them not running or unhealthy")


def test_a_source_that_fails_has_its_raw_error_and_a_fix() -> None:
    found = judge_source(SourceLook("docker", "unix:///x", error="[Errno 13] Permission denied"))
    assert found.health is Health.PROBLEM
    assert "Permission denied" in found.detail
    assert "usermod" in found.fix


def test_a_source_that_only_listens_is_not_called_seen() -> None:
    assert "no address here to ask" in judge_source(SourceLook("grafana", receives=True, asked=False)).detail


@pytest.mark.parametrize(
    ("look", "health", "fix"),
    [
        (ChannelLook("telegram", "telegram"), Health.NOTE, "lamplighter notify test telegram"),
        (ChannelLook("telegram", "telegram", sent=True), Health.OK, ""),
        (ChannelLook("apprise-ntfy", "apprise", sent=False, problem="HTTP 404"), Health.PROBLEM, "notify.apprise"),
        (ChannelLook("telegram", "telegram", error="HTTP 401 Unauthorized"), Health.PROBLEM, "notify.telegram"),
    ],
)
def test_a_channel_is_good_only_where_a_message_arrived(look: ChannelLook, health: Health, fix: str) -> None:
    found = judge_channel(look)
    assert found.health is health
    assert fix in found.fix


def test_while_nobody_has_an_account_it_is_said() -> None:
    assert healths(*judge_setup(replace(SETUP, accounts=0)))["accounts"] is Health.WARNING
    assert "accounts" not in healths(*judge_setup(replace(SETUP, accounts=1)))


def test_a_good_folder_is_good_and_one_to_come_is_no_trouble() -> None:
    assert set(healths(*judge_folder(FOLDER, NOON)).values()) == {Health.OK}
    missing = judge_folder(replace(FOLDER, exists=False), NOON)
    assert healths(*missing) == {"folder": Health.NOTE}


@pytest.mark.parametrize(
    ("change", "name", "health", "fix"),
    [
        ({"writable": False}, "folder", Health.PROBLEM, "chown"),
        ({"mode": 0o755}, "folder", Health.WARNING, "chmod 700 /data"),
        ({"file_system": "nfs4"}, "file system", Health.PROBLEM, "local disk"),
        ({"free_bytes": 100 * 1024**2}, "space", Health.PROBLEM, "free space"),
        ({"free_bytes": GIB // 2}, "space", Health.WARNING, "free space"),
        ({"newest": NOON + timedelta(hours=1)}, "time", Health.PROBLEM, "set-ntp"),
    ],
)
def test_each_trouble_of_the_folder_is_told_with_its_fix(
    change: dict[str, object], name: str, health: Health, fix: str
) -> None:
    found = judge_folder(replace(FOLDER, **change), NOON)  # type: ignore[arg-type]  # dataclasses.replace takes any field
    (one,) = [finding for finding in found if finding.name == name]
    assert one.health is health
    assert fix in one.fix


def test_a_network_disk_is_fine_where_the_store_is_not_on_it() -> None:
    found = judge_folder(replace(FOLDER, file_system="nfs4", sqlite=False), NOON)
    assert "file system" not in healths(*found)


@pytest.mark.parametrize(
    ("synchronised", "health"), [(True, Health.OK), (False, Health.WARNING), (None, Health.UNKNOWN)]
)
def test_what_the_kernel_says_of_its_clock(synchronised: bool | None, health: Health) -> None:  # noqa: FBT001 - a parameter
    assert judge_clock(NOON, NOON - timedelta(days=1), synchronised=synchronised).health is health


def test_no_time_before_the_program_was_made_can_be_right() -> None:
    assert judge_clock(NOON, NOON + timedelta(days=1), synchronised=True).health is Health.PROBLEM


@pytest.mark.parametrize(
    ("look", "health", "fix"),
    [
        (ServerLook("a", mine=True, answers=True, taken=True), Health.OK, ""),
        (ServerLook("a", mine=True, answers=True, taken=True, reasons="the store is away"), Health.PROBLEM, "log"),
        (ServerLook("a", mine=True, answers=False, taken=True), Health.PROBLEM, "log"),
        (ServerLook("a", mine=False, answers=False, taken=True), Health.PROBLEM, "--port"),
        (ServerLook("a", mine=False, answers=False, taken=False), Health.NOTE, "lamplighter serve"),
    ],
)
def test_who_listens(look: ServerLook, health: Health, fix: str) -> None:
    (found,) = judge_server(look)
    assert found.health is health
    assert fix in found.fix


def test_a_pressed_switch_is_never_overlooked() -> None:
    found = judge_server(ServerLook("a", mine=True, answers=True, taken=True, paused="by me: disks"))
    assert healths(*found) == {"running": Health.OK, "switch": Health.WARNING}
    assert found[1].fix == "lamplighter resume"


def test_a_check_that_fails_sees_and_one_that_is_blind_names_what_to_mend() -> None:
    assert judge_check("web", blind=False, detail="failing: HTTP 500").health is Health.OK
    assert judge_check("web", blind=True, detail="cannot see: x").detail == "it cannot see: x"
    assert "sources.prometheus" in judge_check("up", blind=True, detail="x", source="prometheus").fix


def test_a_sentence_that_means_nothing_is_a_warning_only_where_all_was_seen() -> None:
    nothing = Reach("restart lxc where tag x", False, (), (), "This lets me restart nothing now")
    assert judge_reaches(Mode.ASK, (nothing,), ())[0].health is Health.WARNING
    assert judge_reaches(Mode.ASK, (nothing,), ("docker",))[0].health is Health.UNKNOWN
    forbids = Reach("* on nsa", True, (), (), "This forbids nothing that I see")
    assert judge_reaches(Mode.ASK, (forbids,), ())[0].health is Health.NOTE
    assert judge_reaches(Mode.ASK, (replace(forbids, idle=True),), ())[0].health is Health.OK
    assert healths(*judge_reaches(Mode.WATCH, (), ())) == {"mode": Health.NOTE}


def test_a_first_run_is_told_all_that_is_missing() -> None:
    bare = SetupLook("", ("a.yaml:3: x: /t can be read by everybody; run: chmod 600 /t",), ("log",), "", 0, False, 0)
    found = judge_setup(bare)
    assert healths(*found) == {
        "configuration": Health.NOTE,
        "warning": Health.WARNING,
        "engines": Health.WARNING,
        "signals": Health.WARNING,
        "channels": Health.WARNING,
    }
    assert next(one.fix for one in found if one.name == "warning") == "chmod 600 /t"
    assert all(one.fix for one in found)
    assert set(healths(*judge_setup(SETUP)).values()) == {Health.OK}
    assert healths(*judge_setup(replace(SETUP, site_url="")))["links"] is Health.WARNING


def test_the_worst_decides_and_the_short_form_begins_with_it() -> None:
    fine, warning = Finding("a", "x", Health.OK, "fine"), Finding("a", "y", Health.WARNING, "odd", "mend it")
    problem = Finding("a", "z", Health.PROBLEM, "bad", "mend that")
    assert not Checkup((fine,)).needs_work
    whole = Checkup((fine, warning, problem))
    assert (whole.worst, whole.needs_work) == (Health.PROBLEM, True)
    mending = ("problem: a: z: bad", "  fix: mend that", "warning: a: y: odd", "  fix: mend it")
    assert short_form(whole) == ("seen: nothing that runs, yet", *mending)
    docker = Finding("sources", "docker", Health.OK, "I see 23, 2 of them not running or unhealthy")
    hooks = Finding("sources", "webhooks", Health.OK, "taken from manual as well")
    assert short_form(Checkup((hooks, docker))) == (f"seen: docker: {docker.detail}",)
    assert short_form(whole, 1)[-1] == "and 1 more: lamplighter doctor"
    assert Checkup(()).worst is Health.OK
