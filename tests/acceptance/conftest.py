"""What the acceptance tests share: the demo as a user starts it, what it reported, and what it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lamplighter.lab.engine import Engine
from lamplighter.lab.premises import Premises
from lamplighter.lab.programs import installed
from lamplighter.lab.scenario import EXPECTATIONS, LabUnavailable, Scenario

RUN_SECONDS_MAX = 900
CLEAN_SECONDS_MAX = 60.0
PAUSE_SECONDS = 0.1
LINES_MAX = 200
REQUIRED = os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1"


@dataclass(frozen=True, slots=True)
class Finished:
    """A whole run of the demo."""

    code: int
    out: str
    err: str

    def right_ends(self, stage: str) -> bool:
        """Whether all nine faults came to their one right end; without trusting the demo's own judgement of it."""
        whole = json.loads(self.out)
        assert whole["stage"] == stage
        told = {scenario["scenario"]: scenario for scenario in whole["scenarios"]}
        assert set(told) == {str(scenario) for scenario in Scenario}
        return all(right_end(scenario, told[str(scenario)]) for scenario in Scenario)


@dataclass(frozen=True, slots=True)
class DemoCommand:
    """`lamplighter demo`, with its temporary folders below `folder`."""

    folder: Path

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """The running command; killed at the end, if it still runs."""
        command = [sys.executable, "-m", "lamplighter", "demo", *arguments]
        env = {**os.environ, "TMPDIR": str(self.folder)}
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
            try:
                yield demo
            finally:
                demo.kill()

    def run(self, *arguments: str) -> Finished:
        """A whole run."""
        with self.started(*arguments) as demo:
            out, err = demo.communicate(timeout=RUN_SECONDS_MAX)
            return Finished(demo.returncode, out, err)

    def await_line(self, demo: subprocess.Popen[str], words: str) -> None:
        """Read the demo's output until a line holds the words."""
        assert demo.stdout is not None
        for _ in range(LINES_MAX):
            line = demo.stdout.readline()
            if words in line:
                return
            if not line:
                _, err = demo.communicate(timeout=CLEAN_SECONDS_MAX)
                pytest.fail(f"the demo ended with {demo.returncode} before it said {words!r}: {err}")
        pytest.fail(f"the demo did not say {words!r} in {LINES_MAX} lines")

    def leaves_nothing(self) -> bool:
        """Whether all is gone, now or soon."""
        deadline = time.monotonic() + CLEAN_SECONDS_MAX
        while left := self.left_behind():
            assert time.monotonic() < deadline, left
            time.sleep(PAUSE_SECONDS)
        return True

    def left_behind(self) -> list[str]:
        """Files below the folder, processes that name it, and mounts in it."""
        needle, found = str(self.folder).encode(), [str(path) for path in self.folder.iterdir()]
        for process in Path("/proc").iterdir():
            if not process.name.isdecimal() or int(process.name) == os.getpid():
                continue
            try:
                words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            if needle in words:
                found.append(f"process {process.name}")
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        return [*found, *(line for line in mounts if str(self.folder) in line)]


@pytest.fixture
def demo_command() -> Iterator[DemoCommand]:
    """The demo with a temporary folder of its own; short, because Unix sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield DemoCommand(Path(folder))


@pytest.fixture(scope="session")
def docker_stage() -> None:
    """Skips where the docker stage cannot run here, and says what to install; fails where it must run."""
    try:
        installed("dockerd", "prometheus", "prometheus-alertmanager")
        with Premises() as premises:
            engine = Engine(premises)
            engine.start()
            engine.close()
    except LabUnavailable as problem:
        words = " ".join(str(problem).split())[:300]
        if REQUIRED:
            pytest.fail(f"the docker stage must run here: {words}")
        pytest.skip(words)


def right_end(scenario: Scenario, told: dict[str, Any]) -> bool:
    """One fault's right end."""
    wanted = EXPECTATIONS[scenario]
    assert (told["state"], told["component"], told["cause"]) == (wanted.state, wanted.component, wanted.fault)
    assert sorted(told["effects_seen_outside"]) == sorted(effect.words for effect in wanted.effects)
    assert len(told["actions"]) == len(wanted.effects)
    assert told["confidence"] >= 0.6
    assert told["facts"]
    times = told["times"]
    assert times["fault_injected"] == 0.0
    assert 0.0 < times["alert_received"] <= times["diagnosed"]
    if wanted.effects:
        assert times["diagnosed"] <= times["effect_started"] <= times["verified"]
        assert told["verified_by"]
    else:
        assert (times["effect_started"], times["verified"]) == (None, None)
        assert all(word in "\n".join(told["facts"]) for word in wanted.named)
    return True
