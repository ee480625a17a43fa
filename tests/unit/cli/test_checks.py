"""What `lamplighter checks` asks and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

CHECK = {
    "name": "NAS / disk",
    "kind": "disk",
    "target": "/srv",
    "state": "cannot_see",
    "detail": "no answer",
    "since": None,
    "at": "2026-01-01T02:31:04Z",
    "ping_url": None,
}


def test_a_check_that_cannot_see_is_never_good(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/checks", {"checks": [CHECK]})
    ended = command("checks", "list")
    assert "cannot see" in ended.out
    assert ended.code == 0
    assert command("checks", "list", "--exit-code").code == 6


def test_all_well_is_no_finding(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/checks", {"checks": [{**CHECK, "state": "ok"}]})
    assert command("checks", "list", "--exit-code", "-o", "name").code == 0


def test_a_check_is_run_by_its_whole_name(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/checks/NAS / disk/run", CHECK)
    assert "no answer" in command("checks", "run", "NAS / disk").out
    assert fake.asked[0].path == "/api/v1/checks/NAS%20%2F%20disk/run"


def test_an_unknown_check_ends_with_3(fake: Fake, command: Command) -> None:
    assert command("checks", "run", "nothing").code == 3
