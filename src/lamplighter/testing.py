"""The fakes, shipped: scripted stand-ins for every port, for tests of Lamplighter and of strangers' integrations."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from lamplighter.domain.alert import Alert, AlertStatus, fingerprint_of
from lamplighter.domain.check import Sample
from lamplighter.domain.evidence import Evidence, Question
from lamplighter.domain.plan import Offer, Risk, Target, Verb
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.integrations import load
from lamplighter.ports import Abilities, ChannelError, Effect, Message, Roles, Snapshot, Surroundings, ToolError

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock that moves only when told to, or when somebody sleeps on it."""

    def __init__(self, at: datetime = NOON) -> None:
        self._now = at
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._elapsed += seconds
        self._now += timedelta(seconds=seconds)


def firing(name: str = "FrontDown", at: datetime = NOON, **labels: str) -> Alert:
    """A firing alert."""
    all_labels = {"alertname": name, "severity": "critical", **labels}
    return Alert("fake", fingerprint_of(all_labels), AlertStatus.FIRING, all_labels, {}, at)


def resolved(alert: Alert, at: datetime) -> Alert:
    """The end of the same episode."""
    return replace(alert, status=AlertStatus.RESOLVED, ends_at=at)


@dataclass(slots=True)
class FakeEngine:
    """An engine with components; its actions are counted, and may fail, break off, or do nothing."""

    system: str = "fake"
    parts: dict[str, Component] = field(default_factory=dict)
    effects: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    broken: str = ""
    unsure: bool = False
    dead: bool = False
    starts: dict[str, int] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, *, running: bool = True, **labels: str) -> Component:
        """Another component; its id differs from every earlier one's."""
        identity = f"{len(self.starts):02d}{fingerprint_of({'name': name})}"
        part = Component(self.system, "container", name, identity, dict(labels), running)
        self.parts[part.id] = part
        self.starts[part.id] = 1
        self.limits[part.id] = 64 * 1024**2
        return part

    async def components(self) -> Sequence[Component]:
        """What there is."""
        if self.dead:
            raise ToolError("connection refused")
        return tuple(self.parts.values())

    def roles(self) -> Roles:
        """The inventory and every action."""
        silence = "a moment of silence"
        offers = (Offer(self.system, v, Risk.LOW, reversible=v is not Verb.RESTART, effect=silence) for v in Verb)
        return Roles(inventories=(self,), actions=tuple(FakeAction(self, offer) for offer in offers))


@dataclass(slots=True)
class FakeAction:
    """One verb of a fake engine."""

    engine: FakeEngine
    offer: Offer

    @property
    def verb(self) -> Verb:
        """What it does."""
        return self.offer.verb

    async def look(self, target: Target) -> Snapshot:
        """The target as the engine has it."""
        if self.engine.dead:
            raise ToolError("connection refused")
        part = self.engine.parts.get(target.id)
        if part is None:
            return Snapshot(exists=False, running=False, detail="gone")
        values = {"started": str(self.engine.starts[target.id]), "limit": str(self.engine.limits[target.id])}
        return Snapshot(exists=True, running=part.running, values=values, detail=f"started {values['started']} times")

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        """Count it, and do it."""
        if self.engine.dead:
            raise ToolError("connection refused")
        self.engine.effects.append((str(self.verb), target.name))
        self.engine.keys.append(key)
        if self.engine.broken:
            return Effect(ok=False, detail=self.engine.broken)
        if self.verb is Verb.SET_MEMORY_LIMIT:
            self.engine.limits[target.id] = int(params["bytes"])
        else:
            self.engine.starts[target.id] += 1
            self.engine.parts[target.id] = replace(self.engine.parts[target.id], running=True)
        if self.engine.unsure:
            raise ToolError("no answer", unsure=True)
        return Effect(ok=True, detail=f"{self.verb} took place")

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        """Whether two looks differ as the verb would make them differ."""
        if not now.exists:
            return None
        if self.verb is Verb.SET_MEMORY_LIMIT:
            return now.values["limit"] == params["bytes"]
        return now.values["started"] != before.values["started"]

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        """Put the recorded state back."""
        if self.verb is Verb.START and before.running:
            return Effect(ok=True, detail="it ran before, so it is left running")
        self.engine.effects.append((f"undo {self.verb}", target.name))
        self.engine.keys.append(key)
        if self.engine.broken:
            return Effect(ok=False, detail=self.engine.broken)
        if self.verb is Verb.START:
            self.engine.parts[target.id] = replace(self.engine.parts[target.id], running=False)
        else:
            self.engine.limits[target.id] = int(before.values["limit"])
        return Effect(ok=True, detail="as before")


@dataclass(slots=True)
class FakeSignal:
    """A signal that says what the test tells it to; the last state repeats."""

    clock: FakeClock
    states: list[SignalState] = field(default_factory=lambda: [SignalState.FIRING])
    reads: int = 0

    async def read(self, alert: Alert) -> Reading | None:
        """The next state."""
        state = self.states[min(self.reads, len(self.states) - 1)]
        self.reads += 1
        return Reading(state, self.clock.now(), f"signal of {alert.name}", str(state))


@dataclass(slots=True)
class FakeTool:
    """A look that returns one text for each component name."""

    clock: FakeClock
    name: str = "fake.look"
    texts: dict[str, str] = field(default_factory=dict)

    def serves(self, component: Component) -> bool:
        """Whether there is a text for it."""
        return component.name in self.texts

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """The text."""
        name = question.component.name
        return (Evidence("", self.name, name, {}, "text/plain", self.texts[name], self.clock.now()),)


@dataclass(slots=True)
class FakeChannel:
    """Keeps what it was given, mere updates apart; may refuse."""

    name: str = "fake"
    sent: list[Message] = field(default_factory=list)
    refuses: str = ""
    updates: list[Message] = field(default_factory=list)
    can: Abilities = field(default_factory=lambda: Abilities(edits=True, buttons_max=5))

    async def send(self, message: Message) -> str:
        """Keep it."""
        if self.refuses:
            raise ChannelError(self.refuses, permanent=True)
        kept = self.updates if message.update else self.sent
        kept.append(message)
        return f"message {len(self.sent)}"


@dataclass(slots=True)
class FakeSamples:
    """The samples of checks, in memory."""

    kept: list[Sample] = field(default_factory=list)

    def keep(self, samples: Sequence[Sample]) -> None:
        """Keep them."""
        self.kept.extend(samples)

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:
        """Those of one check in a window."""
        return [sample for sample in self.kept if sample.check == check and start <= sample.at <= end]


def roles_of(name: str, config: Mapping[str, object] | None = None, at: datetime = NOON) -> Roles:
    """The roles that an integration builds from a configuration, at a time that stands still."""
    integration = load(name)
    parsed = integration.config.model_validate(config or {})
    return integration.build(parsed, Surroundings(FakeClock(at), (), FakeSamples()))


Answers = object | Callable[[dict[str, str]], object]


@dataclass(slots=True)
class JsonServer:
    """An outside system that answers GET requests in JSON: a value by path, or what a function makes of the query.

    `statuses` are by path, 200 where none is given.
    """

    url: str = ""
    answers: Mapping[str, Answers] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def respond(self, target: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """The status and the body; 404 for a path that has no answer."""
        parts = urlsplit(target)
        params = dict(parse_qsl(parts.query))
        self.asked.append((parts.path, params))
        self.headers.append(headers)
        if parts.path not in self.answers:
            return 404, b'{"message": "not found"}'
        answer = self.answers[parts.path]
        status = self.statuses.get(parts.path, 200)
        return status, json.dumps(answer(params) if callable(answer) else answer).encode()


@contextmanager
def serving_json() -> Iterator[JsonServer]:
    """A `JsonServer` on a free port of this machine."""
    told = JsonServer()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = told.respond(self.path, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            # Whoever asked may have had enough of it.
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own signature
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        told.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join(5)
