"""Leaves nothing behind: waits until whoever started it is gone, then ends the lab's programs and removes its folder.

Run as a program of its own (`python -S -E janitor.py FOLDER`), so that it works however the lab ends, kill -9 included.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

MARK = "SHOP_LAB_FOLDER"
GRACE_SECONDS = 12.0
KILL_SECONDS = 5.0
PAUSE_SECONDS = 0.05
SWEEPS_MAX = 5
# An engine stops its containers and then its runtime; with either taken away under its hands it waits in vain.
RUNTIMES = ("containerd", "containerd-shim")


def belongs(folder: str, environ: bytes, command: bytes) -> bool:
    """Whether a process is the lab's: it bears the lab's mark, or is a container runtime that names the folder."""
    if f"{MARK}={folder}".encode() in environ.split(b"\0"):
        return True
    return is_runtime(command) and folder.encode() in command


def is_runtime(command: bytes) -> bool:
    """Whether a command line is a container runtime's."""
    name = command.split(b"\0", 1)[0].rsplit(b"/", 1)[-1].decode(errors="replace")
    return name.startswith(RUNTIMES)


def processes_of(folder: str) -> dict[int, bytes]:
    """Ids and command lines of the lab's living processes, this one excepted."""
    found: dict[int, bytes] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if command and belongs(folder, (entry / "environ").read_bytes(), command):
                found[int(entry.name)] = command
    return found


def parent_of(number: int) -> int:
    """The id of a process's parent; 0 where the process is gone."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{number}/status").read_text(encoding="utf-8", errors="replace")
        return int(status.partition("\nPPid:")[2].split(maxsplit=1)[0])
    return 0


def end_processes(folder: str) -> None:
    """SIGTERM to all but the runtimes and what runs in them, patience, then SIGKILL to what is left."""
    found = processes_of(folder)
    runtimes = {number for number, command in found.items() if is_runtime(command)}
    for number in found.keys() - runtimes:
        if parent_of(number) not in runtimes:
            _send(number, signal.SIGTERM)
    if _gone(folder, GRACE_SECONDS):
        return
    for _ in range(SWEEPS_MAX):
        for number in processes_of(folder):
            _send(number, signal.SIGKILL)
        if _gone(folder, KILL_SECONDS / SWEEPS_MAX):
            return


def mounts_under(folder: str, mountinfo: str) -> list[str]:
    """Mount points at or below the folder, deepest first, from the text of /proc/self/mountinfo."""
    points = [line.split()[4] for line in mountinfo.splitlines() if line.count(" ") > 4]  # noqa: PLR2004 - proc(5)
    return sorted((p for p in points if p == folder or p.startswith(f"{folder}/")), key=len, reverse=True)


def clean(folder: str) -> str:
    """End, unmount, remove; returns what could not be removed, in words, or nothing."""
    end_processes(folder)
    for _ in range(SWEEPS_MAX):
        for point in mounts_under(folder, Path("/proc/self/mountinfo").read_text(encoding="utf-8")):
            subprocess.run(["umount", "-l", point], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
        if not Path(folder).exists():
            break
        time.sleep(PAUSE_SECONDS)
    left = [f"process {number}" for number in processes_of(folder)]
    if Path(folder).exists():
        left.append(folder)
    return ", ".join(left)


def _send(number: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, what)


def _gone(folder: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while processes_of(folder):
        if time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def main() -> int:
    """Wait for the end of standard input, which comes when the starter ends or says so; then clean."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    left = clean(sys.argv[1])
    if left:
        sys.stderr.write(f"the lab could not remove {left}\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
