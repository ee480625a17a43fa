"""Reads a list of containers, as the engine's API or `docker ps` gives it: who runs, and who went down lately."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from lamplighter.diagnosis.readers.document import Unreadable, decoded, items, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.roles import role_of
from lamplighter.domain.evidence import Evidence, Fact

CONTAINERS_MAX = 200
LATELY = timedelta(hours=1)
HISTORY = timedelta(days=1)
_HEADINGS = re.compile(r"CONTAINER ID|IMAGE|COMMAND|CREATED|STATUS|PORTS|NAMES")
_AWAY = re.compile(r"(?i)cannot connect to the docker daemon|is the docker daemon running|docker\.sock")
_CODE = re.compile(r"^(?:Exited|Restarting) \((\d{1,3})\)")
_AGO = re.compile(r"(?:(\d{1,4})|Less than a|About an?) (second|minute|hour|day|week|month|year)s?\b")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_STATES = (
    ("restarting", re.compile(r"^Restarting\b")),
    ("paused", re.compile(r"^Up\b.{0,60}\(Paused\)")),
    ("running", re.compile(r"^Up\b")),
    ("exited", re.compile(r"^Exited\b")),
    ("created", re.compile(r"^Created\b")),
    ("dead", re.compile(r"^Dead\b")),
)


@dataclass(frozen=True, slots=True)
class Container:
    """One row of the list; `status` is the engine's sentence, such as Exited (137) 2 minutes ago."""

    name: str
    image: str
    status: str
    state: str

    @property
    def exit_code(self) -> float | None:
        """The code in the sentence; None for one that runs."""
        found = _CODE.match(self.status)
        return float(found[1]) if found else None

    @property
    def age(self) -> timedelta | None:
        """How long it has been so, as roughly as the engine says it; None for weeks and more."""
        found = _AGO.search(self.status)
        unit = _SECONDS.get(found[2]) if found else None
        return timedelta(seconds=int(found[1] or 1) * unit) if found and unit else None

    @property
    def health(self) -> str:
        """What the container's own health check says; empty where it has none, or only begins."""
        return next((word for word in ("unhealthy", "healthy") if f"({word})" in self.status), "")

    @property
    def troubled(self) -> bool:
        """Whether something is wrong with it now, or lately went wrong; what ended long ago is history."""
        lately = self.age is not None and self.age <= LATELY
        return self.state in {"restarting", "dead", "paused"} or self.health == "unhealthy" or (self.ended and lately)

    @property
    def ended(self) -> bool:
        """Whether it ran once and does not now."""
        return self.state in {"exited", "dead"}

    @property
    def history(self) -> bool:
        """Whether it ended so long ago that it is no part of what goes on now."""
        return self.ended and (self.age is None or self.age > HISTORY)


def read_containers(evidence: Evidence) -> list[Fact]:
    """Facts `state` and `health` of each; where the list is one component's, `beside` of others in trouble.

    A look at the component itself tells its state better. Raises `Unreadable`.
    """
    mine = owner(evidence)
    host = evidence.params.get("host", "")
    mine = "" if mine == host else mine
    if _AWAY.search(evidence.content[:2000]) and not evidence.content.lstrip().startswith(("[", "{")):
        said = f"docker ps at {host or mine or 'the host'}: {shown(evidence.content, 200)}"
        values = known(sign="docker_daemon_unavailable", count=1.0)
        return [draft(evidence, "engine_away", said, values, at=evidence.at, component=host or "docker")]
    facts: list[Fact] = []
    for container in _containers(evidence.content):
        if not mine and not container.history:
            facts += _own(evidence, container)
        elif container.name != mine and (container.troubled or not mine):
            facts.append(_beside(evidence, container))
    return facts


def _own(evidence: Evidence, one: Container) -> list[Fact]:
    ended_at = evidence.at - one.age if one.ended and one.age is not None else None
    values = known(
        engine="docker",
        listing=1.0,
        role=role_of(one.name, one.image),
        database=role_of(one.name, one.image) == "database" or None,
        status=one.state,
        running=one.state in {"running", "paused"},
        restarting=one.state == "restarting",
        paused=one.state == "paused",
        stopped_on_purpose=one.state == "paused" or None,
        exit_code=one.exit_code,
        image=one.image,
        finished_epoch_seconds=ended_at.timestamp() if ended_at else None,
    )
    said = f"container {one.name}: {one.status or one.state}"
    facts = [draft(evidence, "state", said, values, at=ended_at, component=one.name)]
    if one.health:
        said = f"the engine's health check of {one.name} says {one.health}"
        facts.append(draft(evidence, "health", said, known(status=one.health, listing=1.0), component=one.name))
    return facts


def _beside(evidence: Evidence, one: Container) -> Fact:
    at = evidence.at - one.age if one.age is not None else None
    values = known(status=one.state, exit_code=one.exit_code, health=one.health, image=one.image)
    said = f"beside it, container {one.name}: {one.status or one.state}"
    return draft(evidence, "beside", said, values, at=at, component=one.name)


def _containers(content: str) -> Iterator[Container]:
    plain = content.strip()
    if plain.startswith("["):
        found = decoded(plain)
        rows = found if isinstance(found, list) else []
    elif plain.startswith("{"):
        rows = [decoded(line) for line in plain.splitlines()[:CONTAINERS_MAX] if line.strip()]
    else:
        yield from _table(plain)
        return
    for row in rows[:CONTAINERS_MAX]:
        # The API lists names with a slash; a name with two is a link of another container.
        listed = [one.removeprefix("/") for one in items(row, "Names") if isinstance(one, str) and one.count("/") <= 1]
        name = next(iter(listed), "") or text(row, "Names")
        if name:
            yield _container(name, text(row, "Image"), text(row, "Status"), text(row, "State"))


def _table(content: str) -> Iterator[Container]:
    head, *lines = content.splitlines() or [""]
    columns = [(found[0], found.start()) for found in _HEADINGS.finditer(head[:400])]
    if {"STATUS", "NAMES"} - {name for name, _ in columns}:
        raise Unreadable("neither JSON nor the table of docker ps")
    ends = [start for _, start in columns[1:]] + [2000]
    for line in lines[:CONTAINERS_MAX]:
        cells = {name: line[start:end].strip() for (name, start), end in zip(columns, ends, strict=True)}
        if cells["NAMES"]:
            yield _container(cells["NAMES"], cells.get("IMAGE", ""), cells["STATUS"], "")


def _container(name: str, image: str, status: str, state: str) -> Container:
    plain = shown(status, 120)
    known_state = state or next((word for word, pattern in _STATES if pattern.search(plain)), "unknown")
    return Container(shown(name, 128), shown(image, 160), plain, shown(known_state, 20).lower())
