"""What the tests of the console's views share: the bench with the parts that only the console reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lamplighter.domain.access import Person, Role, Via
from lamplighter.domain.approval import Approval
from lamplighter.domain.ledger import Attempt
from lamplighter.domain.topology import Component, Edge
from lamplighter.web.console.making import Maker, make_maker
from tests.unit.web.conftest import Bench

SCRIPT = "</title><script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}"


class Room(Bench):
    """The bench of the doors, with approvals, attempts, components and the rest that pages show."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Approval] = []
        self.attempts: list[Attempt] = []
        self.frozen: dict[str, str] = {}
        self.paused = ""
        self.parts: tuple[Component, ...] = ()
        self.edges: frozenset[Edge] = frozenset()
        store = self.app.store
        store.approvals = SimpleNamespace(
            listed=lambda *, pending_only, limit: [
                one for one in self.asked if not pending_only or str(one.state) == "pending"
            ][:limit],
            of_incident=lambda identity: [one for one in self.asked if one.incident_id == identity],
        )
        store.ledger = SimpleNamespace(
            since=lambda _: self.attempts, frozen=lambda: self.frozen, of_incident=lambda _: [], thaw=lambda _: None
        )
        store.lessons = SimpleNamespace(recall=lambda *_: self.lessons, newest=lambda _: self.lessons)
        self.app.switch = SimpleNamespace(paused=lambda: self.paused, pause=self._pause, resume=self._resume)
        self.app.vitals = SimpleNamespace(facts=())
        self.app.surveying = SimpleNamespace(components=self.parts, edges=self.edges)
        self.app.world = SimpleNamespace(offers=())

    def _pause(self, *, by: str, reason: str, duration: Any) -> str:  # noqa: ANN401 - as the switch has it
        self.paused = f"by {by}: {reason}"
        return self.paused

    def _resume(self, *, by: str) -> None:
        self.paused = ""


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def maker() -> Maker:
    return make_maker("Europe/London")


def person(role: Role = Role.APPROVER, name: str = "robin") -> Person:
    return Person(name, role, Via.PASSWORD)
