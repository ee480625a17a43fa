"""Finds the programs that a stage needs, and says what to install where one is missing."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from lamplighter.lab.scenario import LabUnavailable

PACKAGES = {
    "dockerd": "docker.io",
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
}


def beside_python(name: str) -> str:
    """A program of this virtual environment."""
    path = Path(sys.executable).with_name(name)
    if path.exists():
        return str(path)
    found = shutil.which(name)
    if found is None:
        raise LabUnavailable(f"{name} is missing beside {sys.executable}: install Lamplighter again")
    return found


def installed(*names: str) -> tuple[str, ...]:
    """Programs of the system, found on PATH; raises `LabUnavailable` with one line that installs all missing ones."""
    found = {name: shutil.which(name) for name in names}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        packages = " ".join(PACKAGES.get(name, name) for name in missing)
        raise LabUnavailable(f"{' and '.join(missing)} cannot be found; on Debian: apt-get install {packages}")
    return tuple(path for path in found.values() if path is not None)


def require_root(why: str) -> None:
    """Raises `LabUnavailable` where this is not root."""
    if os.geteuid() != 0:
        raise LabUnavailable(f"{why} needs root: run it with sudo, or take --stage local, which needs nothing")
