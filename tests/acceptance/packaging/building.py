"""Builds the image with a real engine, from the Dockerfile as it is; and reads the Dockerfile's instructions.

A published base image cannot be had where there is no registry of images. The base here is made of the distribution's
own packages instead, with the Python that it has; what a build elsewhere adds is only that other base.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docker.errors import BuildError
from docker.models.images import Image

from lamplighter.lab.engine import Engine
from lamplighter.lab.premises import Premises
from lamplighter.lab.small_disk import small_disk

ROOT = Path(__file__).resolve().parents[3]
BASE = "distribution-python:local"
BASE_SECONDS_MAX = 900
BUILD_SECONDS_MAX = 900
DISK_MEBIBYTES = 8192
PACKAGES = "python3,python3-venv,ca-certificates"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
DOWNLOADED = ("var/cache/apt", "var/lib/apt/lists")
LINES_SHOWN = 25
MACHINE = """FROM {image}
USER root
RUN apt-get update -q && apt-get install -y -q --no-install-recommends systemd dbus
COPY lamplighter.service /etc/systemd/system/
ENTRYPOINT ["/lib/systemd/systemd"]
CMD []
"""


@dataclass(frozen=True)
class Step:
    """One instruction: its word, its flags, and the rest as it is written."""

    word: str
    flags: dict[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """A JSON array, or words as a shell splits them."""
        if self.rest.startswith("["):
            return [str(word) for word in json.loads(self.rest)]
        return shlex.split(self.rest)


def steps_of(text: str) -> Iterator[Step]:
    """The instructions of a Dockerfile, with lines joined and comments dropped."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        flags: dict[str, str] = {}
        while found := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
            flags[found[1]] = found[2]
            rest = rest[found.end() :]
        yield Step(word.upper(), flags, rest.strip())


def builder(premises: Premises) -> Engine:
    """A started engine that keeps what it builds in memory, where the machine lets it."""
    folder = premises.folder / "docker"
    folder.mkdir()
    small_disk(folder, DISK_MEBIBYTES)
    # Without a word about storage the engine takes the best that this kernel allows.
    engine = Engine(premises, storage="")
    engine.start()
    return engine


def make_base(engine: Engine, premises: Premises) -> None:
    """Give the engine a base image: the distribution at its smallest, with Python."""
    root = premises.folder / "docker" / "base"
    found = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", _release(), str(root), _site()],
        check=False,
        capture_output=True,
        text=True,
        timeout=BASE_SECONDS_MAX,
    )
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]
    for name in DOWNLOADED:
        shutil.rmtree(root / name)
        (root / name).mkdir()
    (root / "usr/bin/python").symlink_to("python3")
    # So that packages can be had in a build the way they are had outside.
    shutil.copyfile(CERTIFICATES, root / CERTIFICATES.lstrip("/"))
    whole = premises.folder / "docker" / "base.tar"
    with tarfile.open(whole, "w") as tar:
        tar.add(root, arcname=".")
    variables = {"PIP_CERT": CERTIFICATES, "SSL_CERT_FILE": CERTIFICATES, **_ways()}
    engine.open.api.import_image_from_file(
        str(whole), *BASE.split(":"), changes=[f"ENV {key}={value}" for key, value in variables.items()]
    )
    whole.unlink()
    shutil.rmtree(root)


def build_image(engine: Engine) -> Image:
    """The image. The build sees the host's network, because this engine has no other."""
    client = engine.open
    client.api.timeout = BUILD_SECONDS_MAX
    try:
        image, _ = client.images.build(
            path=str(ROOT), tag="lamplighter:test", network_mode="host", rm=True, buildargs={"PYTHON": BASE}
        )
    except BuildError as problem:
        said = "".join(str(line.get("stream", "")) for line in problem.build_log)
        raise AssertionError(f"{problem}\n" + "\n".join(said.splitlines()[-LINES_SHOWN:])) from problem
    return image


def build_machine(engine: Engine, image: Image) -> Image:
    """A machine with systemd on which Lamplighter is installed as docs/install.md has it, and its unit beside it."""
    folder = Path(engine.socket).parent / "machine"
    folder.mkdir()
    shutil.copyfile(ROOT / "packaging" / "systemd" / "lamplighter.service", folder / "lamplighter.service")
    (folder / "Dockerfile").write_text(MACHINE.format(image=image.id), encoding="utf-8")
    machine, _ = engine.open.images.build(path=str(folder), tag="machine:test", network_mode="host", rm=True)
    return machine


def _release() -> str:
    named = dict(line.partition("=")[::2] for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines())
    return named["VERSION_CODENAME"]


def _site() -> str:
    """Where this machine has its own packages from."""
    asked = ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"]
    found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    sites = [line.split()[0] for line in found.splitlines() if line.split()[1:] == [_release()]]
    assert sites, f"apt names no site of {_release()}"
    return sites[0]


def _ways() -> dict[str, str]:
    """The variables that lead to packages; a place in this machine's files is none inside a build."""
    way = re.compile(r"^(PIP|UV)_.*(INDEX|TIMEOUT)|^(HTTPS?|NO)_PROXY$", re.IGNORECASE)
    return {key: value for key, value in os.environ.items() if way.match(key) and not value.startswith("/")}
