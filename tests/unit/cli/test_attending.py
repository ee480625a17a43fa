from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lamplighter.app import App
from lamplighter.cli.attending import Attendant
from lamplighter.cli.supervision import Supervision
from lamplighter.settings import BadConfiguration, load_settings


class Spoken(Supervision):
    """Keeps what would be said to systemd."""

    def __init__(self) -> None:
        super().__init__({})
        self.said: list[str] = []

    def _say(self, *lines: str) -> None:
        self.said.append(lines[0])


async def until(said: list[str], words: list[str]) -> None:
    for _ in range(6000):
        if said == words:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"said {said}")


async def test_a_hangup_reloads_and_an_error_leaves_it_running() -> None:
    spoken, outcomes = Spoken(), iter([None, BadConfiguration(["x.yaml:1: wrong"])])
    reloads: list[str] = []

    async def reload(by: str) -> None:
        reloads.append(by)
        problem = next(outcomes)
        if problem is not None:
            raise problem

    attendant = Attendant(cast("App", SimpleNamespace(failure="", reload=reload)), "a", first=False, supervision=spoken)
    attendant.begin("ready")
    for count in (1, 2):
        os.kill(os.getpid(), signal.SIGHUP)
        await until(spoken.said, ["READY=1", *["RELOADING=1", "READY=1"] * count])
    attendant.end()
    assert spoken.said[-1] == "STOPPING=1"
    assert reloads == ["a signal"] * 2
    asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)


async def test_the_first_start_says_what_must_be_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lamplighter.yaml"
    file.write_text(f"sources: {{docker: {{host: 'unix://{tmp_path}/none'}}}}\n", encoding="utf-8")
    app = SimpleNamespace(failure="", settings=load_settings(file, {"HOME": str(tmp_path)}))
    attendant = Attendant(cast("App", app), "http://x", first=True, supervision=Spoken())
    attendant.begin("ready")
    attendant.look()
    said = ""
    async with asyncio.timeout(60):
        while "more: lamplighter doctor" not in said:
            await asyncio.sleep(0.05)
            said += capsys.readouterr().err
    assert said.startswith("seen: nothing that runs, yet\nproblem: sources: docker: I cannot see it")
    attendant.end()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
