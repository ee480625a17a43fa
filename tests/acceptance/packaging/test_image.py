"""The Dockerfile, followed step by step without an engine, and what comes of it, run as a careful engine would.

The base image is the one thing that is not the real one: there is no registry to have it from.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from lamplighter import __version__
from lamplighter.lab.shop.layout import free_ports
from tests.acceptance.packaging.image import Build, Stage, steps_of

ROOT = Path(__file__).resolve().parents[3]
READY_SECONDS_MAX = 120.0


def can_make_roots() -> bool:
    needed = all(shutil.which(name) for name in ("unshare", "chroot", "groupadd"))
    if os.geteuid() != 0 or not needed:
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not can_make_roots(), reason="needs root and mount namespaces (util-linux)")


@pytest.fixture(scope="module")
def image() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="image-") as scratch:
        yield Build(ROOT, Path(scratch)).run(ROOT / "Dockerfile")


@pytest.fixture
def data(tmp_path: Path, image: Stage) -> Path:
    place = tmp_path / "data"
    place.mkdir(mode=0o700)
    number = int(image.user.partition(":")[0])
    os.chown(place, number, number)
    return place


def variables(image: Stage, **more: str) -> dict[str, str]:
    return {**image.environment, "HOME": "/data", **more}


def ran(image: Stage, data: Path, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A whole run of something in the image, as its user, with a root that cannot be written."""
    command = image.within(argv, user=image.user, data=data)
    return subprocess.run(
        command, env=variables(image, **more), check=False, capture_output=True, text=True, timeout=READY_SECONDS_MAX
    )


def healthy(image: Stage, data: Path) -> int:
    return ran(image, data, *image.health).returncode


def test_the_image_runs_as_nobody_in_particular_and_says_what_it_is(image: Stage, data: Path) -> None:
    assert image.user == "1000:1000"
    assert (image.volumes, image.ports) == (["/data"], ["8460"])
    shown = ran(image, data, *image.entrypoint, "version")
    assert shown.stdout == f"lamplighter {__version__}\n", shown.stderr
    assert ran(image, data, "id", "-u").stdout == "1000\n"
    assert ran(image, data, "sh", "-c", "touch /opt/x || touch /config/x || touch /x").returncode != 0


def test_nothing_that_only_builds_and_no_tests_travel_along(image: Stage, data: Path) -> None:
    for name in ("uv", "pip", "hatchling", "pytest", "playwright", "mypy"):
        assert ran(image, data, "python", "-c", f"import {name}").returncode != 0, name
    assert not (image.root / "opt" / "tools").exists()
    assert not (image.root / "build" / "src").exists()


def wait(image: Stage, data: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(f"not ready; the container ended with {process.poll()}")


def test_it_serves_is_healthy_stops_in_time_and_keeps_its_data(image: Stage, data: Path) -> None:
    (port,) = free_ports(1)
    more = {"LAMPLIGHTER_SERVER__PORT": str(port), "LAMPLIGHTER_SOURCES": "{}"}
    command = image.within([*image.entrypoint, *image.command], user=image.user, data=data)
    assert healthy(image, data) != 0
    tokens = []
    for _ in range(2):
        process = subprocess.Popen(command, env=variables(image, **more), stderr=subprocess.DEVNULL)
        try:
            wait(image, data, port, process)
            assert healthy(image, data) == 0
            tokens.append((data / "token").read_text(encoding="utf-8"))
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert tokens[0] == tokens[1]
    assert (data / "token").stat().st_mode & 0o777 == 0o600
    assert healthy(image, data) != 0


def test_the_demo_runs_in_it_and_leaves_nothing(image: Stage, data: Path) -> None:
    ended = ran(image, data, *image.entrypoint, "demo", "--scenario", "hang", LAMPLIGHTER_DATA="/tmp/data")  # noqa: S108 - in the image
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "demo: 1 incident, 1 resolved and verified" in ended.stdout
    assert list(data.iterdir()) == []


def words_of(steps: Sequence[str]) -> str:
    return "\n".join(steps)


def test_what_is_installed_is_what_is_locked_with_hashes() -> None:
    runs = words_of([step.rest for step in steps_of((ROOT / "Dockerfile").read_text(encoding="utf-8"))])
    assert "--require-hashes" in runs
    assert not re.search(r"\b(curl|wget|apt-get)\b", runs)
    versions = [
        dict(
            re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        )
        for name in ("requirements-run.lock", "requirements.lock")
    ]
    assert versions[0]
    assert versions[0].items() <= versions[1].items()
    assert "pytest" not in versions[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[<>=;\s]", name, maxsplit=1)[0] for name in project["dependencies"]}
    assert wanted <= versions[0].keys()
    assert not re.search(r"https?:|//|@\s", (ROOT / "requirements-run.lock").read_text(encoding="utf-8"))
