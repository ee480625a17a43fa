"""Runs the real server as a child of the lab, and asks its API what an outsider may ask."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from lamplighter.lab.monitoring import answers
from lamplighter.lab.premises import Premises, Program
from lamplighter.lab.scenario import LabFailed

READY_SECONDS = 30.0
ANSWER_SECONDS_MAX = 5.0
TOKEN_FILE = "token"  # noqa: S105 - the name of the file, not what it holds
INCIDENTS_MAX = 50


def data_folder(premises: Premises) -> Path:
    """Where the lab's Lamplighter keeps its data."""
    return premises.folder / "data"


class Server:
    """One life of `lamplighter serve`, with empty data. Raises `LabFailed` where it does not start."""

    def __init__(self, premises: Premises, configuration: dict[str, Any]) -> None:
        self._folder = data_folder(premises)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        file = premises.folder / "lamplighter.yaml"
        file.write_text(json.dumps(configuration, indent=1), encoding="utf-8")
        self.url = f"http://127.0.0.1:{configuration['server']['port']}"
        command = [sys.executable, "-m", "lamplighter", "serve", "--config", str(file), "--data", str(self._folder)]
        begun = time.monotonic()
        self._program: Program = premises.start("serve", command)
        self._program.await_ready(lambda: answers(f"{self.url}/-/ready"), READY_SECONDS)
        self.ready_seconds = time.monotonic() - begun
        self._client = httpx.Client(base_url=self.url, headers=self._login(), timeout=ANSWER_SECONDS_MAX)

    def incidents(self) -> list[dict[str, Any]]:
        """The newest incidents, newest first. Raises `LabFailed`."""
        return list(self._get(f"/api/v1/incidents?limit={INCIDENTS_MAX}")["incidents"])

    def incident(self, incident_id: str) -> dict[str, Any]:
        """One incident with its diagnosis, plan, approvals and attempts. Raises `LabFailed`."""
        return dict(self._get(f"/api/v1/incidents/{incident_id}"))

    def timeline(self, incident_id: str) -> list[dict[str, Any]]:
        """The events of one incident, in order. Raises `LabFailed`."""
        return list(self._get(f"/api/v1/incidents/{incident_id}/timeline")["events"])

    def memory_bytes(self) -> int:
        """The resident memory of the serving process."""
        return int(psutil.Process(self._program.process.pid).memory_info().rss)

    def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        self._client.close()
        self._program.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _get(self, path: str) -> Any:  # noqa: ANN401 - JSON of the API
        try:
            return self._client.get(path).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as problem:
            raise LabFailed(f"{path}: {problem!r}; the server's last lines:\n{self._program.tail}") from problem

    def _login(self) -> dict[str, str]:
        token = (self._folder / TOKEN_FILE).read_text(encoding="utf-8").strip()
        return {"Authorization": f"Bearer {token}"}
