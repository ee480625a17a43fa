"""The lab's temporary folder and the programs started in it. However the lab ends, its janitor leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lamplighter.lab import janitor
from lamplighter.lab.scenario import LabFailed, LabUnavailable

CLEAN_SECONDS_MAX = 45.0
STOP_SECONDS_MAX = 20.0
PAUSE_SECONDS = 0.05
TAIL_LINES = 12
# A Unix socket has a path of at most 107 letters, and an engine needs 43 of them below the lab's own 21.
TEMP_LETTERS_MAX = 42


class Program:
    """One started program, in a session of its own so that ctrl-C reaches only the lab; its output is in `log`."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    @property
    def tail(self) -> str:
        """The last lines of its output."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that does not help."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_SECONDS_MAX)

    def await_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until it is ready; raises `LabFailed` with its last lines where it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise LabFailed(f"{self.name} ended with {self.process.returncode}:\n{self.tail}")
            if time.monotonic() >= deadline:
                raise LabFailed(f"{self.name} was not ready in {seconds:.0f} s:\n{self.tail}")
            time.sleep(PAUSE_SECONDS)


class Premises:
    """A context: a new folder on entry; on exit every program is ended and the folder removed."""

    def __init__(self) -> None:
        if len(tempfile.gettempdir()) > TEMP_LETTERS_MAX:
            raise LabUnavailable(f"{tempfile.gettempdir()} is too long a path for Unix sockets; set TMPDIR=/tmp")
        # Resolved, because the kernel reports mounts and the janitor compares paths without symbolic links.
        self.folder = Path(tempfile.mkdtemp(prefix="lamplighter-")).resolve()
        script = [sys.executable, "-S", "-E", janitor.__file__, str(self.folder)]
        self._janitor = subprocess.Popen(script, stdin=subprocess.PIPE, start_new_session=True)
        self._programs: list[Program] = []

    def start(self, name: str, command: Sequence[str]) -> Program:
        """Start a program with the lab's mark in its environment."""
        log = self.folder / f"{name}.log"
        # Whatever a program leaves in its temporary folder, such as a dump, goes with the premises.
        marked = {**os.environ, "TMPDIR": str(self.folder), **self.mark}
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=marked,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        program = Program(name, process, log)
        self._programs.append(program)
        return program

    @property
    def mark(self) -> dict[str, str]:
        """The environment variable by which the janitor knows the lab's processes."""
        return {janitor.MARK: str(self.folder)}

    def close(self) -> None:
        """Let the janitor work, and wait for it; raises `LabFailed` where something is left."""
        if self._janitor.stdin is not None:
            self._janitor.stdin.close()
        try:
            left = self._janitor.wait(CLEAN_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise LabFailed(f"cleaning {self.folder} takes longer than {CLEAN_SECONDS_MAX:.0f} s") from None
        for program in self._programs:
            program.process.wait(STOP_SECONDS_MAX)
        if left:
            raise LabFailed(f"something is left of {self.folder}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def await_true(what: str, holds: Callable[[], bool], seconds: float, *, held_seconds: float = 0.0) -> None:
    """Wait until something holds, and has held for so long; raises `LabFailed` with its name after `seconds`."""
    began = time.monotonic()
    since: float | None = None
    while True:
        held, now = holds(), time.monotonic()
        since = (since if since is not None else now) if held else None
        if since is not None and now - since >= held_seconds:
            return
        if now - began >= seconds:
            raise LabFailed(f"{what} did not happen in {seconds:.0f} s")
        time.sleep(PAUSE_SECONDS)
