"""Starts a private Docker engine that touches no network rule and no other engine, and runs Python programs in it."""

from __future__ import annotations

import io
import sys
import tarfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException
from docker.models.containers import Container
from docker.types import Mount
from requests.exceptions import RequestException

from lamplighter.lab.premises import Premises, Program
from lamplighter.lab.programs import installed, require_root

READY_SECONDS = 30.0
CALL_SECONDS = 30
# Microseconds, the kernel's own choice.
CPU_PERIOD = 100_000
IMAGE = "shop"
# Python is not in the image: it holds empty folders, into which this machine's own Python is mounted.
SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64")


class Engine:
    """A private dockerd in the premises, which also end it; `close` lets go of its client.

    `storage` is how it keeps images and containers; empty for what it finds best.
    """

    def __init__(self, premises: Premises, storage: str = "vfs") -> None:
        require_root("a Docker engine of its own")
        (self._dockerd,) = installed("dockerd")
        self._premises = premises
        self._storage = [f"--storage-driver={storage}"] if storage else []
        self.socket = premises.folder / "docker.sock"
        self.client: docker.DockerClient | None = None

    @property
    def host(self) -> str:
        """Where it listens, as Lamplighter's configuration writes it."""
        return f"unix://{self.socket}"

    def start(self) -> Program:
        """Start it, and give it the image; returns when containers can be run."""
        folder = self._premises.folder / "docker"
        command = [self._dockerd, *self._storage, f"--data-root={folder / 'data'}"]
        command += [f"--exec-root={folder / 'exec'}", f"--pidfile={folder / 'pid'}", f"--host={self.host}"]
        command += ["--iptables=false", "--ip6tables=false", "--bridge=none", f"--config-file={self._own_file()}"]
        program = self._premises.start("dockerd", command)
        program.await_ready(self._connects, READY_SECONDS)
        self.open.api.import_image_from_data(_empty_root(), repository=IMAGE, tag="latest")
        return program

    @property
    def open(self) -> docker.DockerClient:
        """The client of the started engine."""
        if self.client is None:
            raise RuntimeError("the engine was not started")
        return self.client

    def run_python(
        self,
        name: str,
        script: Path,
        arguments: Sequence[str],
        folder: Path,
        labels: Mapping[str, str],
        memory: int,
        processors: int = 2,
    ) -> Container:
        """Run a script of the standard library on the host's network, with so many bytes of memory and processors.

        `folder` is seen under the same path inside, so that a path in a log line is true outside too.
        """
        python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        read_only = [path for path in dict.fromkeys((*SYSTEM_FOLDERS, sys.base_prefix)) if Path(path).exists()]
        mounts = [Mount(path, str(Path(path).resolve()), type="bind", read_only=True) for path in read_only]
        mounts.append(Mount(str(script.parent), str(script.parent), type="bind", read_only=True))
        mounts.append(Mount(str(folder), str(folder), type="bind"))
        return self.open.containers.run(
            IMAGE,
            [str(python), "-S", "-E", str(script), *arguments],
            name=name,
            detach=True,
            network_mode="host",
            mem_limit=memory,
            memswap_limit=memory,
            cpu_period=CPU_PERIOD,
            cpu_quota=int(processors * CPU_PERIOD),
            labels=dict(labels),
            environment=self._premises.mark,
            mounts=mounts,
            log_config=docker.types.LogConfig(type="json-file", config={"max-size": "4m", "max-file": "1"}),
        )

    def events(self, since: float) -> list[dict[str, Any]]:
        """The container events from `since` (seconds since 1970) until now, oldest first."""
        found = self.open.api.events(
            since=int(since), until=int(time.time()) + 1, filters={"type": "container"}, decode=True
        )
        return [event for event in found if event.get("timeNano", 0) >= since * 1e9]

    def close(self) -> None:
        """Let go of the client."""
        if self.client is not None:
            self.client.close()

    def _own_file(self) -> Path:
        # Without a file of its own it would read the one of this machine's engine.
        file = self._premises.folder / "dockerd.json"
        file.write_text("{}", encoding="utf-8")
        return file

    def _connects(self) -> bool:
        if not self.socket.exists():
            return False
        try:
            self.client = docker.DockerClient(base_url=self.host, version="auto", timeout=CALL_SECONDS)
        except (DockerException, RequestException):
            return False
        return True


def _empty_root() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in (*(folder.lstrip("/") for folder in SYSTEM_FOLDERS), "tmp"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
    return buffer.getvalue()
