"""compose.yaml started as a whole, with images that are made here of this machine's own programs.

Other than in the file are the images of others, and the network: all share one that leads nowhere, because an engine
here makes none with private addresses. Users, rights, volumes, order, health and commands are the file's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import Container
from ruamel.yaml import YAML

from lamplighter.lab.engine import Engine
from tests.acceptance.conftest import REQUIRED
from tests.acceptance.packaging.building import BASE, ROOT

PROJECT = "whole"
SECONDS_MAX = 300
# As the parts call each other; compose gives such names to networks, and there is none.
PARTS = ("lamplighter", "socket-proxy", "prometheus", "alertmanager")
STAND_INS = {
    "socket-proxy": 'COPY gate.py /\nRUN ln -s busybox /usr/bin/wget\nENTRYPOINT ["python3", "/gate.py"]\n',
    "prometheus": (
        "COPY prometheus /bin/\nRUN ln -s busybox /usr/bin/wget && install -d -o nobody /prometheus\n"
        'USER nobody\nENTRYPOINT ["/bin/prometheus"]\n'
    ),
    "alertmanager": (
        "COPY prometheus-alertmanager /bin/\nCOPY templates/ {templates}/\nRUN ln -s busybox /usr/bin/wget\n"
        'ENTRYPOINT ["/bin/prometheus-alertmanager"]\n'
    ),
}
TEMPLATES = "/usr/share/prometheus/alertmanager"
PROGRAMS = ("prometheus", "prometheus-alertmanager", "busybox")
# What Alertmanager would look for on other networks has no place where there is none.
ALONE = ("--cluster.listen-address=",)
QUICK: Mapping[str, Any] = {
    "autonomy": {"mode": "ask", "auto": ["restart container where label lamplighter.allow=restart"]},
    "verify": {"for": "2s", "every": "1s", "deadline": "60s"},
    "checks": [{"name": "Containers", "docker": "all", "every": "2s", "for": "0s"}],
}
YAML_SAFE = YAML(typ="safe")


def compose() -> tuple[list[str], bool]:
    """The compose that is here, and whether it is of the kind that knows a project's name in the file."""
    whole = ["docker", "compose"]
    if shutil.which("docker") and subprocess.run([*whole, "version"], check=False, capture_output=True).returncode == 0:
        return whole, True
    if shutil.which("docker-compose"):
        return ["docker-compose"], False
    assert not REQUIRED, "compose is needed: apt-get install docker-compose"
    pytest.skip("needs docker compose")


@dataclass(frozen=True)
class Whole:
    """All parts of compose.yaml, running."""

    engine: Engine
    command: tuple[str, ...]

    def compose(self, *words: str) -> str:
        """What compose says. It must do well."""
        ended = self._ran(*words)
        assert ended.returncode == 0, f"{words}: {ended.stdout[-3000:]}{ended.stderr[-3000:]}\n{self._logs()}"
        return ended.stdout

    def part(self, name: str) -> Container:
        """One part's container."""
        (found,) = self.engine.open.containers.list(all=True, filters={"label": [f"com.docker.compose.service={name}"]})
        return found

    def _logs(self) -> str:
        return self._ran("logs", "--no-color", "--tail=15").stdout[-6000:]

    def _ran(self, *words: str) -> subprocess.CompletedProcess[str]:
        there = {**os.environ, "DOCKER_HOST": self.engine.host}
        asked = [*self.command, *words]
        return subprocess.run(asked, check=False, capture_output=True, text=True, timeout=SECONDS_MAX, env=there)


@contextmanager
def started(engine: Engine, image: str) -> Iterator[Whole]:
    """Start everything, wait as compose does, and take it down again with its volumes."""
    folder = Path(engine.socket).parent / PROJECT
    folder.mkdir()
    names = _stand_ins(engine, folder)
    tree = _tree(engine, folder, image, names)
    file = folder / "compose.yaml"
    # As JSON, which is YAML of every version: the word "no" stays a word.
    file.write_text(json.dumps(tree), encoding="utf-8")
    command = (*compose()[0], "-p", PROJECT, "--project-directory", str(ROOT), "-f", str(file))
    whole = Whole(engine, command)
    try:
        whole.compose("up", "-d")
        yield whole
    finally:
        whole.compose("down", "--volumes", "--timeout", "30")


def _stand_ins(engine: Engine, folder: Path) -> dict[str, str]:
    made = {}
    for program in PROGRAMS:
        shutil.copyfile(_found(program), folder / program)
        (folder / program).chmod(0o755)
    shutil.copyfile(Path(__file__).with_name("gate.py"), folder / "gate.py")
    shutil.copytree(TEMPLATES, folder / "templates")
    for name, steps in STAND_INS.items():
        whole = f"FROM {BASE}\nCOPY busybox /usr/bin/\n{steps.format(templates=TEMPLATES)}"
        (folder / "Dockerfile").write_text(whole, encoding="utf-8")
        engine.open.images.build(path=str(folder), tag=f"{name}:local", network_mode="none", rm=True)
        made[name] = f"{name}:local"
    return made


def _found(program: str) -> str:
    found = shutil.which(program)
    assert found is not None, f"{program} is needed"
    return found


def _tree(engine: Engine, folder: Path, image: str, names: Mapping[str, str]) -> dict[str, Any]:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    tree = dict(YAML_SAFE.load(re.sub(r"^name: .*\n", "", text, flags=re.MULTILINE)))
    del tree["networks"]
    services: dict[str, dict[str, Any]] = {name: dict(one) for name, one in tree["services"].items() if name != "demo"}
    for name, one in services.items():
        for key in ("networks", "ports", "build"):
            one.pop(key, None)
        one["image"] = names.get(name, image)
        if one.get("network_mode") != "none":
            one["network_mode"] = "service:nowhere"
        one["volumes"] = [_mounted(volume, engine, folder) for volume in one["volumes"]]
        if "healthcheck" in one:
            one["healthcheck"] = {**one["healthcheck"], "interval": "2s", "retries": 60}
    services["alertmanager"]["command"] = [*services["alertmanager"]["command"], *ALONE]
    services["nowhere"] = {
        "image": names["socket-proxy"],
        "entrypoint": ["sleep", "infinity"],
        "network_mode": "none",
        "extra_hosts": [f"{name}:127.0.0.1" for name in PARTS],
    }
    return {**tree, "services": services, "version": "3.9"}


def _mounted(volume: str, engine: Engine, folder: Path) -> str:
    source, _, rest = volume.partition(":")
    if source == "/var/run/docker.sock":
        return f"{engine.socket}:{rest}"
    if source.endswith("lamplighter.yaml"):
        # The shipped file, with what makes it quicker; a check every minute is too slow to be waited for.
        whole = {**YAML_SAFE.load((ROOT / source).read_text(encoding="utf-8")), **QUICK}
        (folder / "lamplighter.yaml").write_text(json.dumps(whole), encoding="utf-8")
        return f"{folder / 'lamplighter.yaml'}:{rest}"
    return volume
