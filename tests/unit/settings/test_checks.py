from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.domain.check import CheckKind, CheckSpec, Expected
from lamplighter.settings.checks import KINDS_OF, Check


def read(written: dict[str, object], every_seconds: float) -> CheckSpec:
    return Check.model_validate(written).spec(every_seconds)


def problems(written: dict[str, object]) -> str:
    with pytest.raises(ValidationError) as refused:
        Check.model_validate(written)
    return "\n".join(item["msg"] for item in refused.value.errors())


@pytest.mark.parametrize(
    ("written", "spec"),
    [
        (
            {"name": "Front", "http": "http://front/health"},
            CheckSpec("Front", CheckKind.HTTP, "http://front/health", every_seconds=60.0),
        ),
        (
            {"name": "DB", "tcp": "db:5432", "every": "10s", "for": "1m", "severity": "warning", "component": "db"},
            CheckSpec("DB", CheckKind.TCP, "db:5432", "db", 10.0, 60.0, severity="warning"),
        ),
        (
            {"name": "cron", "process": "crond", "alert": False, "timeout": "1s"},
            CheckSpec("cron", CheckKind.PROCESS, "crond", every_seconds=60.0, timeout_seconds=1.0, alerts=False),
        ),
        (
            {"name": "disk", "disk": "/", "below": "5%"},
            CheckSpec("disk", CheckKind.DISK, "/", every_seconds=60.0, free_percent_min=5.0),
        ),
        (
            {"name": "h", "http": "https://h", "status": 204, "contains": "a", "matches": "b", "certificate": "14d"},
            CheckSpec(
                "h",
                CheckKind.HTTP,
                "https://h",
                every_seconds=60.0,
                expects=Expected((204,), "a", "b", certificate_days_min=14),
            ),
        ),
        (
            {"name": "n", "dns": "example.com.", "server": "192.168.1.2", "address": "10.0.0.1"},
            CheckSpec(
                "n",
                CheckKind.DNS,
                "example.com",
                every_seconds=60.0,
                expects=Expected(server="192.168.1.2", address="10.0.0.1"),
            ),
        ),
        (
            {"name": "b", "heartbeat": "24h", "grace": "2h"},
            CheckSpec(
                "b",
                CheckKind.HEARTBEAT,
                "",
                every_seconds=60.0,
                expects=Expected(beat_seconds=86_400, grace_seconds=7200),
            ),
        ),
        (
            {"name": "p", "promql": "free", "below": "50GB"},
            CheckSpec("p", CheckKind.PROMQL, "free", every_seconds=60.0, expects=Expected(below=50e9)),
        ),
        ({"name": "u", "up": "node"}, CheckSpec("u", CheckKind.UP, "node", every_seconds=60.0)),
        ({"name": "d", "docker": "all"}, CheckSpec("d", CheckKind.DOCKER, "all", every_seconds=60.0)),
        ({"name": "g", "proxmox": "web-*"}, CheckSpec("g", CheckKind.PROXMOX, "web-*", every_seconds=60.0)),
    ],
)
def test_a_check_as_the_runner_takes_it(written: dict[str, object], spec: CheckSpec) -> None:
    assert read(written, 60.0) == spec


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"name": "x"},
        {"name": "x", "http": "http://h", "tcp": "h:1"},
        {"name": "x", "http": "http://h", "tcp": "h:1", "disk": "/", "process": "p"},
        {"http": "http://h"},
        {"name": "", "http": "http://h"},
        {"name": "x" * 101, "http": "http://h"},
        {"name": None, "http": "http://h"},
        {"name": "x", "http": "h"},
        {"name": "x", "tcp": "h"},
        {"name": "x", "tcp": "h:"},
        {"name": "x", "tcp": ":1"},
        {"name": "x", "tcp": "a b:1"},
        {"name": "x", "process": ""},
        {"name": "x", "disk": "var"},
        {"name": "x", "disk": "/", "below": "101%"},
        {"name": "x", "disk": "/", "every": 0},
        {"name": "x", "disk": "/", "timeout": "inf"},
        {"name": "x", "disk": "/", "for": -1},
        {"name": "x", "disk": "/", "severity": "page"},
        {"name": "x", "disk": "/", "colour": "red"},
        {"name": "x", "disk": "/", "below": "50GB"},
        {"name": "x", "disk": "/", "above": 5},
        {"name": "x", "http": "http://h", "below": "5%"},
        {"name": "x", "http": "http://h", "matches": "(a"},
        {"name": "x", "http": "http://h", "matches": "a(?=b)"},
        {"name": "x", "http": "http://h", "status": 99},
        {"name": "x", "http": "http://h", "status": []},
        {"name": "x", "http": "http://h", "status": "200"},
        {"name": "x", "tcp": "h:1", "contains": "a"},
        {"name": "x", "dns": "a b"},
        {"name": "x", "dns": "example..com"},
        {"name": "x", "dns": "example.com", "server": "dns.google"},
        {"name": "x", "dns": "example.com", "server": "1.2.3.4:0"},
        {"name": "x", "dns": "example.com", "address": "1.2.3"},
        {"name": "x", "heartbeat": "0s"},
        {"name": "x", "heartbeat": "inf"},
        {"name": "x", "heartbeat": "1h", "below": 5},
        {"name": "x", "promql": "up"},
        {"name": "x", "promql": "up{", "above": 1},
        {"name": "x", "promql": "(" * 8000 + "1" + ")" * 8000, "above": 1},
        {"name": "x", "promql": "up[5m]", "above": 1},
        {"name": "x", "promql": '"text"', "above": 1},
        {"name": "x", "promql": "(up == 0)", "above": 1},
        {"name": "x", "promql": "up", "above": 1, "below": 2},
        {"name": "x", "promql": "up", "above": "inf"},
        {"name": "x", "promql": "", "above": 1},
        {"name": "x", "up": ""},
        {"name": "x", "up": "all", "component": "nas"},
        {"name": "x", "docker": ""},
        {"name": "x", "docker": "all", "component": "nas"},
        {"name": "x", "proxmox": "all", "grace": "1h"},
    ],
    ids=str,
)
def test_a_check_that_cannot_be_run(written: dict[str, object]) -> None:
    assert problems(written)


def test_a_check_of_two_kinds_says_which() -> None:
    assert "http and disk" in problems({"name": "x", "http": "http://h", "disk": "/"})


@pytest.mark.parametrize("target", ["db:99999", "db:0", "db:65536"])
def test_a_check_of_a_port_that_is_none(target: str) -> None:
    assert problems({"name": "x", "tcp": target})


def test_a_key_of_another_kind_says_whose_it_is() -> None:
    assert "status is for http" in problems({"name": "x", "tcp": "h:1", "status": 200})


def test_every_key_that_only_some_kinds_read_is_a_key() -> None:
    assert KINDS_OF.keys() <= Check.model_fields.keys()


@pytest.mark.parametrize(("beat", "grace", "pause"), [("24h", "2h", 300), ("1m", "0s", 15), ("1s", "0s", 1)])
def test_a_quick_heart_is_listened_to_often(beat: str, grace: str, pause: float) -> None:
    assert read({"name": "b", "heartbeat": beat, "grace": grace}, 300.0).every_seconds == pause


def test_a_comparison_within_a_query_is_no_threshold_of_its_own() -> None:
    query = "sum(up == bool 0) + count(up > 0)"
    assert read({"name": "x", "promql": query, "above": 1}, 1.0).target == query
