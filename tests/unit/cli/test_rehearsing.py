"""`rehearse` tells each step as it comes, with the line to copy, and ends with a code that scripts can go by."""

from __future__ import annotations

import json
from typing import Any

from lamplighter.cli.output import Code
from tests.unit.cli.conftest import Command, Fake

PATH = "/api/v1/rehearsal"


def stage(name: str, pace: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"name": name, "pace": pace, "words": "", "fix": "", "line": "", "at": None, "took_seconds": None, **more}


def answer(*stages: dict[str, Any], incident: str = "", over: bool = False) -> dict[str, Any]:
    lines = {"start": "docker run x", "end": "docker exec x", "clean": "docker rm -f x"}
    return {"stages": list(stages), "incident": incident or None, "over": over, **lines}


SEEN = stage("The canary is seen", "done", words="x runs")
BEGIN = answer(stage("The canary is seen", "now", line="docker run x"), stage("Its end is noticed", "later"))
GOING = answer(SEEN, stage("Its end is noticed", "now", line="docker exec x"))
NOTICED = stage("Its end is noticed", "done", at="2026-01-01T00:00:00Z", took_seconds=2.04)
WHOLE = answer(SEEN, NOTICED, incident="INC-3", over=True)


def test_once_it_says_how_it_stands_and_the_next_line(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, BEGIN)
    ended = command("rehearse", "--once")
    assert ended.code == Code.OK
    assert "    docker run x" in ended.out
    assert "rehearsal: 0 of 2 steps" in ended.out
    assert len(fake.asked) == 1


def test_it_follows_until_all_is_done(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, BEGIN, GOING, GOING, WHOLE)
    ended = command("rehearse")
    assert ended.code == Code.OK
    assert ended.err.count("The canary is seen: x runs") == 1
    assert ended.err.index("docker run x") < ended.err.index("docker exec x") < ended.err.index("docker rm -f x")
    assert "2026-01-01 00:00:00, after 2.0 s" in ended.out
    assert "rehearsal of INC-3: 2 of 2 steps" in ended.out


def test_a_step_that_is_missing_ends_it_with_the_line_that_mends(fake: Fake, command: Command) -> None:
    missing = stage(
        "Its end is noticed", "missing", words="nothing would notice", fix="put in", line="checks:\n  - x\n"
    )
    fake.says("GET", PATH, answer(SEEN, missing, over=True))
    ended = command("rehearse")
    assert ended.code == Code.FAILED
    assert "nothing would notice\n    put in\n    checks:\n      - x\n" in ended.out


def test_after_its_time_it_ends_and_programs_get_json(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, GOING)
    ended = command("rehearse", "--minutes", "0.01", "-o", "json")
    assert ended.code == Code.FAILED
    assert json.loads(ended.out)["over"] is False


def test_the_name_alone_is_the_incidents(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, WHOLE)
    assert command("rehearse", "--once", "-o", "name").out == "INC-3\n"
