"""The lab's folder and programs, for real: what is started in it is ended, and nothing stays."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lamplighter.lab.premises import Premises, await_true
from lamplighter.lab.scenario import LabFailed

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def said(file: Path, word: str) -> bool:
    return word in file.read_text(encoding="utf-8")


def test_programs_and_folder_are_gone_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lamplighter.lab.premises.STOP_SECONDS_MAX", 5.0)
    with Premises() as premises:
        program = premises.start("sleeper", ["sleep", "600"])
        (premises.folder / "deep").mkdir()
        (premises.folder / "deep" / "file").write_text("x", encoding="utf-8")
    assert program.process.returncode == -15
    assert not premises.folder.exists()


def test_a_program_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lamplighter.lab.premises.STOP_SECONDS_MAX", 0.3)
    with Premises() as premises:
        program = premises.start("stubborn", [sys.executable, "-S", "-c", STUBBORN])
        await_true("its first word", lambda: said(program.log, "up"), 10.0)
        program.stop()
        assert program.process.returncode == -9


def test_a_program_that_ends_instead_of_being_ready_is_told_with_its_last_lines() -> None:
    with Premises() as premises:
        program = premises.start("broken", ["sh", "-c", "echo no such port >&2; exit 3"])
        with pytest.raises(LabFailed, match=r"(?s)broken ended with 3:.*no such port"):
            program.await_ready(lambda: False, 10.0)


def test_what_never_happens_is_named() -> None:
    with pytest.raises(LabFailed, match="the first order did not happen in 0 s"):
        await_true("the first order", lambda: False, 0.0)


def test_what_holds_only_now_and_then_does_not_count_as_held() -> None:
    answers = iter([True, False, True, True, True, True, True, True, True, True])
    await_true("steadiness", lambda: next(answers), 10.0, held_seconds=0.15)
    assert len(list(answers)) < 7
