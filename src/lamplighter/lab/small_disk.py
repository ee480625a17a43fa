"""A small disk of its own for a folder, so that filling it harms nothing else. The premises' janitor takes it away."""

from __future__ import annotations

import subprocess
from pathlib import Path

MOUNT_SECONDS_MAX = 10.0


def small_disk(folder: Path, mebibytes: int, program: str = "mount") -> str:
    """Mount a disk of so many MiB, which lies in memory; why that cannot be, in words, or empty where it is done."""
    command = [program, "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0755", "lamplighter-lab", str(folder)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=MOUNT_SECONDS_MAX)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"a small disk cannot be mounted: {problem}"
    return "" if done.returncode == 0 else f"a small disk cannot be mounted: {' '.join(done.stderr.split())}"
