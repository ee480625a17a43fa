"""The rehearsal on a real engine: the very lines of the page, a phone that says yes, and every step ticked."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lamplighter.domain.rehearsal import GLOB
from lamplighter.integrations.telegram.simulator import SimulatedBot, simulated_bot
from lamplighter.lab.engine import Engine
from lamplighter.lab.premises import Premises
from lamplighter.lab.scenario import LabUnavailable
from tests.acceptance.conftest import REQUIRED
from tests.acceptance.exam.conftest import (
    CommandLine,
    Server,
    command_line,
    environment,
    making_servers,
    wait_until,
)

__all__ = ["command_line", "environment"]
pytestmark = pytest.mark.docker
APPLETS = ("sh", "sleep", "kill")
OWNER, YES = 7, "✅"
WAIT_SECONDS = 180.0
# Where the loader of a program that needs libraries is named.
PROGRAM_HEAD_BYTES = 4_096


@dataclass
class Ground:
    """A real engine with the image that the lines name, a phone, and a server beside them."""

    engine: Engine
    bot: SimulatedBot
    server: Server

    def type(self, line: str) -> None:
        """A line of the page, as it stands."""
        told = {**os.environ, "DOCKER_HOST": self.engine.host}
        found = subprocess.run(["sh", "-c", line], env=told, check=False, capture_output=True, text=True, timeout=120)
        assert found.returncode == 0, f"{line}\n{found.stdout}{found.stderr}"

    def standing(self) -> dict[str, Any]:
        return dict(self.server.client.get("/api/v1/rehearsal").raise_for_status().json())

    def pace(self, place: int) -> str:
        return str(self.standing()["stages"][place]["pace"])

    def await_step(self, place: int) -> None:
        wait_until(f"step {place} of {self.standing()}", lambda: self.pace(place) == "done", WAIT_SECONDS)


def unavailable(words: str) -> None:
    if REQUIRED:
        pytest.fail(f"the rehearsal must run here: {words}")
    pytest.skip(words)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if shutil.which("docker") is None or not is_static(shutil.which("busybox")):
        unavailable("docker's command line and a static busybox are wanted: apt-get install docker-cli busybox-static")
    try:
        with Premises() as premises:
            started = Engine(premises)
            started.start()
            started.open.api.import_image_from_data(busybox(), repository="busybox", tag="latest")
            try:
                yield started
            finally:
                started.close()
    except LabUnavailable as problem:
        unavailable(" ".join(str(problem).split())[:300])


def is_static(program: str | None) -> bool:
    """Whether there is such a program, and it needs no library of this machine."""
    return program is not None and b"ld-linux" not in Path(program).read_bytes()[:PROGRAM_HEAD_BYTES]


def busybox() -> bytes:
    """A root with nothing but busybox."""
    program = Path(str(shutil.which("busybox"))).read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("bin/busybox")
        entry.mode, entry.size = 0o755, len(program)
        tar.addfile(entry, io.BytesIO(program))
        for name in APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return buffer.getvalue()


def made(engine: Engine, bot: SimulatedBot, mode: str, **more: object) -> dict[str, Any]:
    telegram = {"token": bot.token, "chat": 42, "approvers": [OWNER], "api_url": bot.url}
    checks = [{"name": "Canary", "docker": GLOB, "every": "3s"}]
    whole = {"sources": {"docker": {"host": engine.host}}, "checks": checks, "autonomy": {"mode": mode}}
    return {**whole, "notify": {"telegram": telegram}, **more}


@pytest.fixture
def ground(engine: Engine, environment: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Ground]:
    mode = getattr(request, "param", "ask")
    with making_servers(environment) as servers, simulated_bot() as bot:
        held = Ground(engine, bot, servers.new(made(engine, bot, mode)).start())
        try:
            yield held
        finally:
            held.type(f"{held.standing()['clean']} || true")
            held.server.stop()
            assert "Traceback" not in held.server.log


def test_all_steps_are_ticked_after_a_yes_on_the_phone(ground: Ground, command_line: CommandLine) -> None:
    lines = ground.standing()
    assert ground.pace(0) == "now"
    following = command_line.start("rehearse", "-o", "json", "--data", str(ground.server.data))
    try:
        ground.type(lines["start"])
        ground.await_step(0)
        ground.type(lines["end"])
        number = wait_until("a question on the phone", lambda: asked(ground.bot), WAIT_SECONDS)
        ground.bot.press(number, label_of(ground.bot, number), OWNER)
        out, err = following.communicate(timeout=WAIT_SECONDS)
    finally:
        following.kill()
    assert following.returncode == 0, err.decode()
    assert b'"over": true' in out
    found = ground.standing()
    assert [stage["pace"] for stage in found["stages"]] == ["done"] * 7, found
    assert all(stage["took_seconds"] >= 0 for stage in found["stages"][2:])
    assert "telegram" in found["stages"][6]["words"]
    assert ground.server.show(found["incident"])["incident"]["state"] == "resolved"
    assert lines["end"].split()[2] == "rehearsal-canary"
    shown = command_line.run("rehearse", "--once", "--data", str(ground.server.data))
    assert (shown.code, "7 of 7 steps" in shown.out) == (0, True)


def label_of(bot: SimulatedBot, number: int) -> str:
    """What the button says that is a yes; empty where the message has none."""
    rows = bot.messages[number].get("reply_markup", {}).get("inline_keyboard", [])
    return next((one["text"] for row in rows for one in row if one["text"].startswith(YES)), "")


def asked(bot: SimulatedBot) -> int:
    """The message with a question's buttons; 0 as long as there is none."""
    return next((number for number in list(bot.messages) if label_of(bot, number)), 0)


@pytest.mark.parametrize("ground", ["watch"], indirect=True)
def test_in_watch_mode_it_says_what_it_would_have_done(ground: Ground, command_line: CommandLine) -> None:
    lines = ground.standing()
    ground.type(lines["start"])
    ground.await_step(0)
    ground.type(lines["end"])
    ended = command_line.run("rehearse", "--minutes", "3", "--data", str(ground.server.data))
    assert ended.code == 1
    assert "I would start rehearsal-canary" in ended.out
    assert "autonomy: {mode: ask}" in ended.out


def test_what_a_person_kills_is_left_alone_and_said(ground: Ground) -> None:
    lines = ground.standing()
    ground.type(lines["start"])
    ground.await_step(0)
    name = shlex.split(lines["clean"])[-1]
    ground.type(f"docker kill {name}")
    wait_until("that it is off on purpose", lambda: "off on purpose" in ground.standing()["stages"][1]["words"])
    stage = ground.standing()["stages"][1]
    assert stage["pace"] == "missing"
    assert ground.standing()["incident"] is None
    ground.type(stage["line"])
    ground.await_step(2)
