"""Starts a private Prometheus and a private Alertmanager with a pace of one second, on free ports of this machine."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lamplighter.lab.premises import Premises
from lamplighter.lab.programs import installed

READY_SECONDS = 30.0
ANSWER_SECONDS_MAX = 3.0
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule."""

    name: str
    expression: str
    labels: Mapping[str, str]
    summary: str
    held: str = "1s"

    @property
    def as_json(self) -> dict[str, Any]:
        """As it stands in a rule file."""
        notes = {"summary": self.summary}
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.held,
            "labels": dict(self.labels),
            "annotations": notes,
        }


class Monitoring:
    """Prometheus, which scrapes jobs and judges rules, and Alertmanager, which posts to a webhook."""

    def __init__(self, premises: Premises, prometheus_port: int, alertmanager_port: int) -> None:
        self._prometheus, self._alertmanager = installed("prometheus", "prometheus-alertmanager")
        self._premises = premises
        self.prometheus_url = f"http://{HOST}:{prometheus_port}"
        self.alertmanager_url = f"http://{HOST}:{alertmanager_port}"

    def start(self, jobs: Mapping[str, str], rules: Sequence[Rule], webhook: str, token_file: Path) -> None:
        """Start both; `jobs` are job name to host:port. Returns when both answer.

        The token file may come later: it is read at each delivery.
        """
        folder = self._premises.folder
        # JSON is YAML too, and cannot be broken by a value.
        (folder / "rules.json").write_text(
            json.dumps({"groups": [{"name": "shop", "rules": [r.as_json for r in rules]}]})
        )
        scrape = _write(folder / "prometheus.json", self._scraping(jobs, folder / "rules.json"))
        route = _write(folder / "alertmanager.json", alert_routes(webhook, token_file))
        prometheus = [self._prometheus, f"--config.file={scrape}", f"--storage.tsdb.path={folder / 'prometheus'}"]
        prometheus += [f"--web.listen-address={_address(self.prometheus_url)}", "--log.level=warn"]
        alertmanager = [self._alertmanager, f"--config.file={route}", f"--storage.path={folder / 'alertmanager'}"]
        alertmanager += [f"--web.listen-address={_address(self.alertmanager_url)}", "--log.level=warn"]
        alertmanager += ["--cluster.listen-address="]
        programs = (
            (self._premises.start("alertmanager", alertmanager), f"{self.alertmanager_url}/-/ready"),
            (self._premises.start("prometheus", prometheus), f"{self.prometheus_url}/-/ready"),
        )
        for program, url in programs:
            program.await_ready(partial(answers, url), READY_SECONDS)

    def firing(self) -> bool:
        """Whether Prometheus or Alertmanager still holds an alert."""
        pending = fetch(f"{self.prometheus_url}/api/v1/alerts")
        held = fetch(f"{self.alertmanager_url}/api/v2/alerts")
        return bool(held) or bool(pending["data"]["alerts"])

    def sees(self, expression: str) -> bool:
        """Whether an expression gives at least one series now."""
        query = urllib.parse.urlencode({"query": expression})
        return bool(fetch(f"{self.prometheus_url}/api/v1/query?{query}")["data"]["result"])

    def _scraping(self, jobs: Mapping[str, str], rules: Path) -> dict[str, Any]:
        return {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [_address(self.alertmanager_url)]}]}]},
            "scrape_configs": [
                {
                    "job_name": job,
                    "static_configs": [{"targets": [target], "labels": {"component": job}}],
                }
                for job, target in jobs.items()
            ],
        }


def alert_routes(webhook: str, token_file: Path) -> dict[str, Any]:
    """Alertmanager's configuration: everything to one webhook at once, and nothing when it is over.

    Many homelabs leave `send_resolved` off, so the lab does too: nothing may wait for a resolved message.
    """
    pace = {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
    login = {"authorization": {"type": "Bearer", "credentials_file": str(token_file)}}
    hook = {"url": webhook, "send_resolved": False, "http_config": login}
    return {
        "route": {"receiver": "lamplighter", "group_by": ["alertname"], **pace},
        "receivers": [{"name": "lamplighter", "webhook_configs": [hook]}],
    }


def fetch(url: str) -> Any:  # noqa: ANN401 - JSON of another program
    """The JSON at a URL of this machine. Raises `OSError`, `ValueError`."""
    with urllib.request.urlopen(url, timeout=ANSWER_SECONDS_MAX) as reply:  # noqa: S310 - loopback, set by the lab
        return json.load(reply)


def answers(url: str) -> bool:
    """Whether a URL of this machine answers well."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS_MAX):  # noqa: S310 - loopback, set by the lab
            return True
    except OSError:
        return False


def _address(url: str) -> str:
    return url.removeprefix("http://")


def _write(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(json.dumps(content), encoding="utf-8")
    return file
