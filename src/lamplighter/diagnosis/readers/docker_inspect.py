"""Reads the engine's description of a container: whether it runs, how it ended, what it may use. No judgement."""

from __future__ import annotations

import re
from datetime import datetime

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, flag, items, number, record, text
from lamplighter.diagnosis.readers.draft import draft, known, owner
from lamplighter.diagnosis.readers.instants import instant
from lamplighter.diagnosis.readers.roles import role_of
from lamplighter.diagnosis.readers.signs import engine_words
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words

_DATABASE = re.compile(r"(?i)\b(?:postgres\w*|mysql|mariadb|mongo\w*|cockroach\w*|cassandra|percona|timescale\w*)\b")


CONTAINERS_MAX = 100
ADDRESSES_MAX = 10


def read_inspect(evidence: Evidence) -> list[Fact]:
    """One fact `state` of each container, and one `health` where it has a health check. Raises `Unreadable`."""
    found = decoded(evidence.content)
    several = isinstance(found, list) and len(found) > 1
    if not several:
        return _container(evidence, record(found), owner(evidence))
    facts: list[Fact] = []
    for data in items({"all": found}, "all")[:CONTAINERS_MAX]:
        if not isinstance(data, dict):
            raise Unreadable("a list of JSON objects was expected")
        facts += _container(evidence, data, "")
    return facts


def _container(evidence: Evidence, data: dict[str, object], component: str) -> list[Fact]:
    component = component or text(data, "Name").removeprefix("/")
    started, finished = instant(text(data, "State", "StartedAt")), instant(text(data, "State", "FinishedAt"))
    running = flag(data, "State", "Running")
    ended = finished if not running else None
    image = text(data, "Config", "Image")
    values = known(
        engine="docker",
        status=text(data, "State", "Status"),
        running=running,
        restarting=flag(data, "State", "Restarting") or text(data, "State", "Status") == "restarting",
        paused=flag(data, "State", "Paused"),
        stopped_on_purpose=flag(data, "State", "Paused"),
        oom_killed=flag(data, "State", "OOMKilled"),
        exit_code=number(data, "State", "ExitCode") if not running else None,
        restart_count=number(data, "RestartCount"),
        restart_policy=text(data, "HostConfig", "RestartPolicy", "Name"),
        memory_limit_bytes=number(data, "HostConfig", "Memory") or None,
        image=image,
        role=role_of(component, image),
        addresses=_addresses(data),
        hostname=text(data, "Config", "Hostname"),
        database=1.0 if _DATABASE.search(image) else None,
        started_epoch_seconds=started.timestamp() if started else None,
        finished_epoch_seconds=ended.timestamp() if ended else None,
        ran_seconds=max(0.0, (ended - started).total_seconds()) if ended and started else None,
    )
    values |= engine_words(text(data, "State", "Error"), component)
    if "status" not in values and "running" not in values:
        return [draft(evidence, "unreadable", "the inspection holds no State", {"tool": evidence.tool})]
    said = _words(component, values, started, ended)
    facts = [draft(evidence, "state", said, values, at=ended or started, component=component)]
    health = text(data, "State", "Health", "Status")
    if health in {"healthy", "unhealthy", "starting"}:
        streak = number(data, "State", "Health", "FailingStreak")
        said = f"the engine's health check of {component} says {health}"
        facts.append(draft(evidence, "health", said, known(status=health, failing_streak=streak), component=component))
    return facts


def _addresses(data: object) -> str:
    networks = at(data, "NetworkSettings", "Networks")
    found = [text(one, "IPAddress") for one in networks.values()] if isinstance(networks, dict) else []
    return " ".join(address for address in found[:ADDRESSES_MAX] if address)


def _words(component: str, values: dict[str, str | float], started: datetime | None, ended: datetime | None) -> str:
    said = f"container {component} is {values.get('status') or ('running' if values.get('running') else 'not running')}"
    code = values.get("exit_code")
    if isinstance(code, float):
        said += f", exit code {code:.0f}"
    if values.get("oom_killed"):
        said += ", killed for lack of memory (OOMKilled)"
    limit = values.get("memory_limit_bytes")
    if isinstance(limit, float):
        said += f", memory limit {bytes_words(int(limit))}"
    restarts = values.get("restart_count")
    if restarts:
        said += f", restarted {restarts:.0f} times"
    if values.get("start_error"):
        said += f", error: {values['start_error']}"
    moment = ended or started
    return f"{said}, {'ended' if ended else 'started'} {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else said
