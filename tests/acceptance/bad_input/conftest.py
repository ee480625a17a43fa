"""What the tests of bad input share: a server with every receiver, what it stored, and how an error must look."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.exam.conftest import (
    CommandLine,
    environment,
    exchange,
    make,
    making_servers,
    module_servers,
    servers,
)

if TYPE_CHECKING:
    import httpx

    from tests.acceptance.exam.conftest import Server

__all__ = ["environment", "exchange", "make", "module_servers", "servers"]
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
GARDEN = {
    "alerts": "events",
    "name": "what",
    "status": "value",
    "severity": "level",
    "component": "host",
    "summary": "text",
    "starts_at": "since",
    "ends_at": "until",
    "url": "link",
    "labels": {"room": "tags.room"},
    "firing": ["PROBLEM"],
    "resolved": ["OK"],
}
SOURCES: dict[str, Any] = {
    "alertmanager": {},
    "grafana": {},
    "cloudwatch": {"topics": [TOPIC]},
    "pagerduty": {},
    "cloudevents": {},
    "webhook": {"garden": GARDEN},
    "uptime_kuma": {},
    "manual": {},
}
CONFIGURATION: dict[str, Any] = {
    "sources": SOURCES,
    "checks": [{"name": "Backups", "heartbeat": "24h", "grace": "2h"}, {"name": "Root", "disk": "/", "below": "1%"}],
    "maintenance": [{"name": "Backup night", "when": "Sun 02:00-04:00", "targets": ["nas"]}],
}
TABLES = ("deliveries", "journal", "bodies", "dead_letters", "incidents", "members", "silences")
Counts = dict[str, int]


@pytest.fixture(scope="session")
def command_line(environment: dict[str, str]) -> CommandLine:
    return CommandLine(environment)


@pytest.fixture(scope="module")
def configuration() -> dict[str, Any]:
    """What the server of a file is configured with; a file may say otherwise."""
    return CONFIGURATION


@pytest.fixture(scope="module")
def server(environment: dict[str, str], configuration: dict[str, Any]) -> Iterator[Server]:
    """One server for the tests of a file. Whatever came in, it meets nothing unexpected and tells no secret."""
    with making_servers(environment) as made:
        running = made.new(configuration).start()
        yield running
        assert running.stop() == 0
        assert "unexpected error" not in running.log, running.log[-5000:]
        assert "Traceback" not in running.log
        assert running.token not in running.log


def counted(server: Server) -> Counts:
    """How many rows the tables of input hold, read from outside."""
    with closing(sqlite3.connect(f"file:{server.data}/lamplighter.db?mode=ro", uri=True)) as database:
        found = {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}  # noqa: S608 - own names
    return dict(found)


@pytest.fixture(scope="session")
def stored() -> Callable[[Server], Counts]:
    return counted


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """The problem details of a refusal: every error says what it is, and what to do."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:300]
    found = dict(answer.json())
    assert set(found) == {"type", "title", "status", "detail", "instance", "code", "fix"}
    assert found["status"] == answer.status_code
    for key in ("detail", "code", "fix"):
        assert found[key].strip(), found
        assert len(found[key]) <= 2_000, (key, len(found[key]))
    assert is_showable(answer.text), ascii(answer.text[:300])
    return found


@pytest.fixture(scope="session")
def problem() -> Callable[[httpx.Response], dict[str, Any]]:
    return problem_of


def is_showable(text: str) -> bool:
    """Whether nothing in it could steer a terminal or turn the direction of reading."""
    return not any(
        (character < " " and character not in "\n\t")
        or "\x7f" <= character <= "\x9f"
        or "\u202a" <= character <= "\u202e"
        or "\u2066" <= character <= "\u2069"
        or "\ud800" <= character <= "\udfff"
        for character in text
    )


@pytest.fixture(scope="session")
def showable() -> Callable[[str], bool]:
    return is_showable
