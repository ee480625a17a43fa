"""What the doors' unit tests share: an app in memory with only what doors touch, and a client without a network."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pwdlib.hashers.argon2 import Argon2Hasher

from lamplighter.app import App
from lamplighter.domain.access import Role, Via
from lamplighter.domain.account import Account, ApiToken, LastAdmin, NameTaken, Presence, Session
from lamplighter.domain.alert import Alert, Delivery, JournalEntry
from lamplighter.domain.audit import NOTHING, Act, Row, What, act, chained
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.chain import Head
from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState, Watch
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.incident import CLOSED, BadMove, Incident, State, moved
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.member import Link, Member
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.plan import Plan
from lamplighter.domain.quiet import checked
from lamplighter.domain.silence import Silence
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.integrations.manual.signal import ManualSource
from lamplighter.ports import ActsWanted, Sought, StoreUnavailable, Wanted
from lamplighter.settings import Configuration
from lamplighter.testing import NOON, FakeClock, firing
from lamplighter.web import problems
from lamplighter.web.access import Access
from lamplighter.web.api import make_api
from lamplighter.web.context import make_context
from lamplighter.web.identity import COOKIE, digest
from lamplighter.web.passwords import Passwords
from lamplighter.web.session import CSRF_FIELD, csrf_token

NOT_FILTERED = Sought()
TOKEN = "correct-horse"
SIGNING_KEY = "0123456789abcdef" * 4
WORDS = "four words will do"
CHEAP = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class MemoryIncidents:
    """Incidents, members and events in lists."""

    held: dict[str, Incident] = field(default_factory=dict)
    belonging: dict[str, list[Member]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    apart_pairs: list[tuple[str, str]] = field(default_factory=list)
    asked: list[Wanted] = field(default_factory=list)
    away: bool = False

    def open(self, number: int, *alerts: Alert, state: State = State.NEEDS_HUMAN, **more: Any) -> Incident:  # noqa: ANN401 - fields of the incident
        first = alerts[0] if alerts else firing(f"Rule{number}", container=f"part{number}")
        opened_at = NOON + timedelta(minutes=number)
        incident = Incident(
            f"INC-{number}",
            first.name,
            state,
            first.severity,
            first.trouble,
            first,
            opened_at,
            opened_at,
            component=first.labels.get("container", ""),
            **more,
        )
        self.held[incident.id] = incident
        for alert in alerts or (first,):
            part = alert.labels.get("container", "")
            link = Link.OPENED if alert is first else Link.DEPENDS
            member = Member(incident.id, alert.trouble, alert, part, link, f"why {alert.name}", NOON)
            self.belonging.setdefault(incident.id, []).append(member)
        self.tell(incident.id, Moment.OPENED, first.name)
        return incident

    def tell(self, incident_id: str, moment: Moment, text: str, **data: object) -> Event:
        seq = len(self.events) + 1
        event = Event(incident_id, f"k{seq}", NOON, moment, Crew.MONITOR, text, dict(data), seq)
        self.events.append(event)
        return event

    def load(self, incident_id: str) -> Incident | None:
        return self.held.get(incident_id)

    def members(self, incident_id: str) -> Sequence[Member]:
        return self.belonging.get(incident_id, [])

    def timeline(self, incident_id: str) -> Sequence[Event]:
        return [event for event in self.events if event.incident_id == incident_id]

    def record(self, event: Event) -> None:
        if event.key not in {one.key for one in self.events}:
            self.events.append(replace(event, seq=len(self.events) + 1))

    def events_after(self, seq: int, limit: int) -> Sequence[Event]:
        if self.away:
            raise StoreUnavailable("locked")
        return sorted((event for event in self.events if event.seq > seq), key=lambda event: event.seq)[:limit]

    def last_event_seq(self) -> int:
        if self.away:
            raise StoreUnavailable("locked")
        return max((event.seq for event in self.events), default=0)

    def listed(self, wanted: Wanted = Wanted(), *, limit: int = 50, before: str = "") -> Sequence[Incident]:  # noqa: B008 - as the port has it
        self.asked.append(wanted)
        below = int(before.removeprefix("INC-")) if before else 10**9
        newest = sorted(self.held.values(), key=lambda one: -int(one.id[4:]))
        states = wanted.states or tuple(State)
        found = [one for one in newest if int(one.id[4:]) < below and one.state in states]
        return [one for one in found if wanted.text.lower() in one.title.lower()][:limit]

    def counts(self) -> Mapping[State, int]:
        states = [one.state for one in self.held.values()]
        return {state: states.count(state) for state in set(states)}

    def move(self, incident_id: str, to: State, event: Event, *, resolution: str = "", by: str = "") -> Incident:
        after = replace(moved(self.held[incident_id], to, event.at), resolution=resolution, resolved_by=by)
        return self._changed(after, event)

    def reopen(self, incident_id: str, event: Event) -> Incident:
        present = self.held[incident_id]
        if present.state not in CLOSED or present.state is State.MERGED:
            raise BadMove(f"{incident_id} is {present.state}")
        return self._changed(replace(present, state=State.RECEIVED, closed_at=None, run=present.run + 1), event)

    def acknowledge(self, incident_id: str, by: str, event: Event) -> Incident:
        return self._changed(replace(self.held[incident_id], acknowledged_by=by), event)

    def merge(self, incident_id: str, into: str, event: Event) -> Incident:
        if not self.held[into].is_open:
            raise BadMove(f"{into} is {self.held[into].state}")
        self._changed(replace(self.held[incident_id], state=State.MERGED, merged_into=into), event)
        self.belonging[into] += self.belonging.pop(incident_id)
        return self.held[into]

    def split(self, incident_id: str, trouble: str, apart: tuple[str, str], event: Event) -> Incident:
        part = next(one for one in self.belonging[incident_id] if one.trouble == trouble)
        self.belonging[incident_id].remove(part)
        self.apart_pairs.append(apart)
        self.record(event)
        return self.open(len(self.held) + 1, part.alert, state=State.RECEIVED)

    def _changed(self, incident: Incident, event: Event) -> Incident:
        self.held[incident.id] = incident
        self.record(event)
        return incident


@dataclass
class MemoryDossiers:
    """One diagnosis and its evidence, whichever incident is asked for; cases by incident and run."""

    cases: dict[tuple[str, int], Case] = field(default_factory=dict)
    found: Diagnosis | None = None
    pieces: tuple[Evidence, ...] = ()

    def plan(self, *_: object) -> Plan | None:
        return None

    def diagnosis(self, *_: object) -> Diagnosis | None:
        return self.found

    def evidence(self, *_: object) -> tuple[Evidence, ...]:
        return self.pieces

    def case(self, incident_id: str, run: int) -> Case | None:
        return self.cases.get((incident_id, run))


@dataclass
class MemoryJournal:
    """A journal whose placements the test scripts."""

    outcomes: list[tuple[str, str, str] | None] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    letters: list[dict[str, str]] = field(default_factory=list)
    taken: list[Alert] = field(default_factory=list)
    sought: Sought = NOT_FILTERED
    waiting: list[JournalEntry] = field(default_factory=list)
    away: bool = False

    def unplaced(self, limit: int) -> Sequence[JournalEntry]:
        if self.away:
            raise StoreUnavailable("locked")
        return self.waiting[:limit]

    async def append(self, delivery: Delivery, source: str, received_at: datetime) -> int:
        if self.away:
            raise StoreUnavailable("locked")
        self.taken += delivery.alerts
        return len(self.taken)

    def outcome(self, seq: int) -> tuple[str, str, str] | None:
        return self.outcomes.pop(0) if self.outcomes else None

    def alerts(self, *, limit: int = 50, before: int = 0, sought: Sought = NOT_FILTERED) -> Sequence[Mapping[str, str]]:
        self.sought = sought
        return [row for row in self.rows if not before or int(row["seq"]) < before][:limit]

    def dead_letters(self, limit: int, *, before: int = 0) -> Sequence[Mapping[str, str]]:
        return [letter for letter in self.letters if not before or int(letter["id"]) < before][:limit]


@dataclass
class MemorySilences:
    """Silences in a dictionary."""

    held: dict[str, Silence] = field(default_factory=dict)

    def listed(self, *, now: datetime, ended_too: bool = False, limit: int = 500) -> Sequence[Silence]:
        return [one for one in self.held.values() if ended_too or one.ends_at > now][:limit]


@dataclass
class MemoryQuiet:
    """Takes silences as the real one does."""

    silences: MemorySilences
    clock: FakeClock

    async def add(self, silence: Silence) -> Silence:
        kept = replace(checked(silence, self.clock.now()), id=f"SIL-{len(self.silences.held) + 1}")
        self.silences.held[kept.id] = kept
        return kept

    async def end(self, silence_id: str, *, by: str = "") -> Silence:
        if silence_id not in self.silences.held:
            raise LookupError(silence_id)
        ended = replace(self.silences.held[silence_id], ends_at=self.clock.now())
        self.silences.held[silence_id] = ended
        return ended


@dataclass
class MemoryPatrol:
    """Checks that say what the test wants."""

    specs: tuple[CheckSpec, ...] = ()
    watches: dict[str, Watch] = field(default_factory=dict)
    pings: list[str] = field(default_factory=list)
    took_seconds: dict[str, float] = field(default_factory=dict)

    async def once(self, spec: CheckSpec) -> Sample:
        sample = Sample(spec.name, NOON, SampleState.OK, "it answered")
        self.watches[spec.name] = Watch(last=sample)
        return sample

    async def ping(self, name: str) -> None:
        self.pings.append(name)


class Bell:
    """News that the test rings."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        await self.rung.wait()
        self.rung.clear()

    def announce(self) -> None:
        self.rung.set()


@dataclass
class Told:
    """What the placing process and the responses were told."""

    changed_ids: list[str] = field(default_factory=list)
    nudges: int = 0
    woken: list[str] = field(default_factory=list)

    def changed(self, incident_ids: Sequence[str]) -> None:
        self.changed_ids += incident_ids

    def nudge(self) -> None:
        self.nudges += 1

    async def wake(self, incident: Incident) -> None:
        self.woken.append(incident.id)


# Of a session that asks for no account.
STANDS = "stands"


class MemoryPeople:
    """Accounts, sessions, API tokens and set-up links in dictionaries; counts how often it is asked anything."""

    def __init__(self) -> None:
        self.known: dict[str, Account] = {}
        self.open_sessions: dict[str, Session] = {}
        self.tokens: dict[str, ApiToken] = {}
        self.links: set[str] = set()
        self.questions = 0
        self.away = False
        self.did: list[tuple[str, str, str]] = []
        self.accounts = SimpleNamespace(
            add=self._add,
            load=lambda name: self._asked(self.known.get(name)),
            listed=lambda limit=500: self._asked(sorted(self.known.values(), key=lambda one: one.name)[:limit]),
            set_password=self._set_password,
            set_role=self._set_role,
            remove=self._remove,
            invite=self._invite,
            invited=self._invited,
            accept=self._accept,
        )
        self.sessions = SimpleNamespace(
            open=lambda session: self.open_sessions.update({session.digest: session}),
            load=self._session,
            end=lambda digest: self.open_sessions.pop(digest, None),
            end_all=self._end_all,
            present=self._present,
        )
        self.api_tokens = SimpleNamespace(
            add=self._token,
            load=lambda digest: self._asked(self.tokens.get(digest)),
            listed=lambda limit=500: list(self.tokens.values())[:limit],
            revoke=self._revoke,
            used=lambda *_: None,
        )
        self.setup_links = SimpleNamespace(add=self._link, holds=lambda digest: digest in self.links, use=self._use)

    def _asked(self, answer: Any) -> Any:  # noqa: ANN401 - whatever is asked for
        self.questions += 1
        if self.away:
            raise StoreUnavailable("locked")
        return answer

    def _add(self, account: Account, *, by: str = "") -> None:
        if account.name in self.known:
            raise NameTaken(account.name)
        self.did.append((by, "add", account.name))
        self.known[account.name] = account

    def _put(self, name: str, **changes: Any) -> None:  # noqa: ANN401 - fields of the account
        if name not in self.known:
            raise LookupError(name)
        self.known[name] = replace(self.known[name], **changes)

    def _set_password(self, name: str, password_hash: str, stamp: str, now: datetime, *, by: str = "") -> None:
        self._put(name, password_hash=password_hash, stamp=stamp, changed_at=now)
        self.did.append((by, "password", name))

    def _set_role(self, name: str, role: Role, now: datetime, *, by: str = "") -> None:
        if role is not Role.ADMIN:
            self._keep_an_admin(name)
        self.did.append((by, "role", name))
        self._put(name, role=role, changed_at=now)

    def _keep_an_admin(self, name: str) -> None:
        if [one.name for one in self.known.values() if one.role is Role.ADMIN and not one.invited] == [name]:
            raise LastAdmin(name)

    def _invite(self, account: Account, *, by: str = "") -> None:
        self.did.append((by, "invite", account.name))
        present = self.known.get(account.name)
        if present is not None and not present.invited:
            raise NameTaken(account.name)
        self.known[account.name] = account

    def _invited(self, digest: str) -> Account | None:
        return next((one for one in self.known.values() if one.invited and one.stamp == digest), None)

    def _accept(self, digest: str, password_hash: str, stamp: str, now: datetime) -> None:
        found = self._invited(digest)
        if found is None:
            raise LookupError(digest)
        self._put(found.name, password_hash=password_hash, stamp=stamp, changed_at=now)

    def _present(self, now: datetime, limit: int = 500) -> Sequence[Presence]:
        held = [one for one in self.open_sessions.values() if one.expires_at > now]
        counted = Counter((one.name, one.via, one.role) for one in held)
        return [
            Presence(*who, number, max(one.created_at for one in held if (one.name, one.via, one.role) == who))
            for who, number in counted.items()
        ][:limit]

    def _remove(self, name: str, now: datetime, *, by: str = "") -> None:
        self._keep_an_admin(name)
        self.did.append((by, "remove", name))
        if self.known.pop(name, None) is None:
            raise LookupError(name)

    def _session(self, digest: str, now: datetime) -> Session | None:
        found = self._asked(self.open_sessions.get(digest))
        if found is None or found.expires_at <= now:
            return None
        if found.via is not Via.PASSWORD or found.stamp == STANDS:
            return cast("Session", found)
        account = self.known.get(found.name)
        held = account is not None and account.stamp == found.stamp
        return replace(found, role=account.role) if held and account else None

    def _end_all(self, name: str, now: datetime, *, by: str = "") -> int:
        self.did.append((by, "end", name))
        gone = [digest for digest, one in self.open_sessions.items() if one.name == name]
        for mark in gone:
            del self.open_sessions[mark]
        return len(gone)

    def _token(self, token: ApiToken) -> ApiToken:
        self.tokens[token.digest] = replace(token, id=f"TOK-{len(self.tokens) + 1}")
        return self.tokens[token.digest]

    def _revoke(self, token_id: str, now: datetime, *, by: str = "") -> ApiToken:
        self.did.append((by, "revoke", token_id))
        found = next((one for one in self.tokens.values() if one.id == token_id), None)
        if found is None:
            raise LookupError(token_id)
        self.tokens[found.digest] = replace(found, revoked_at=now)
        return self.tokens[found.digest]

    def _link(self, digest: str, now: datetime, *, only: bool, by: str = "") -> None:
        self.did.append((by, "link", ""))
        self.links = {digest} if only else self.links | {digest}

    def _use(self, digest: str, account: Account) -> None:
        if digest not in self.links:
            raise LookupError(digest)
        if account.name in self.known:
            raise NameTaken(account.name)
        self.links.clear()
        self.known[account.name] = account


class MemoryAudit:
    """A log in a list, chained as the real one is; what was put into it may be spoiled by the test."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.end: Head | None = None
        self.away = False

    def write(self, done: Act, *, key: str = "") -> bool:
        if self.away:
            raise StoreUnavailable("locked")
        if not self.rows:
            self.rows.append(chained(act(done.at, "lamplighter", What.CHAIN_BEGUN, "here", form="1"), 1, NOTHING))
        self.rows.append(chained(done, len(self.rows) + 1, self.rows[-1].hash))
        return True

    def listed(self, wanted: ActsWanted = ActsWanted(), *, limit: int = 50, before: int = 0) -> Sequence[Row]:  # noqa: B008 - as the port has it
        if self.away:
            raise StoreUnavailable("no such table")
        found = [
            row
            for row in reversed(self.rows)
            if (not before or row.seq < before)
            and wanted.actor in {"", row.actor}
            and wanted.what in {"", row.what}
            and wanted.on in {"", row.on}
            and (wanted.since is None or row.at >= wanted.since)
        ]
        return found[:limit]

    def after(self, seq: int, limit: int) -> Sequence[Row]:
        return [row for row in self.rows if row.seq > seq][:limit]

    def head(self) -> Head:
        if self.end is not None:
            return self.end
        return Head(self.rows[-1].seq, self.rows[-1].hash) if self.rows else Head()


@dataclass
class MemorySwitch:
    """The kill switch as words."""

    held: str = ""
    stuck: bool = False

    def paused(self) -> str:
        return self.held

    def pause(self, *, by: str, reason: str, duration: timedelta | None) -> str:
        return self._put(f"by {by}: {reason}")

    def resume(self, *, by: str) -> None:
        self._put("")

    def _put(self, words: str) -> str:
        if self.stuck:
            raise OSError(28, "No space left on device")
        self.held = words
        return words


class Bench:
    """One app in memory."""

    def __init__(self, **configuration: Any) -> None:  # noqa: ANN401 - as the file has it
        self.clock = FakeClock(NOON + timedelta(hours=1))
        self.incidents = MemoryIncidents()
        self.journal = MemoryJournal()
        self.silences = MemorySilences()
        self.quiet = MemoryQuiet(self.silences, self.clock)
        self.patrol = MemoryPatrol(
            (
                CheckSpec("Backups", CheckKind.HEARTBEAT, ""),
                CheckSpec("Front / page", CheckKind.HTTP, "http://127.0.0.1/"),
            )
        )
        self.people = MemoryPeople()
        self.audit = MemoryAudit()
        self.refused: list[tuple[str, str]] = []
        self.bell = Bell()
        self.told = Told()
        self.thawed: list[str] = []
        empty = SimpleNamespace(
            of_incident=lambda _: [], thaw=self.thawed.extend, open=list, listed=lambda **_: [], recall=lambda *_: ()
        )
        self.cases: dict[tuple[str, int], Case] = {}
        self.dossiers = MemoryDossiers(self.cases)
        self.lessons: list[Lesson] = []
        taught = SimpleNamespace(recall=lambda *_: self.lessons)
        self.sources: dict[str, object] = {}
        self.samples: list[Sample] = []
        kept = SimpleNamespace(window=lambda name, *_: [one for one in self.samples if one.check == name])
        self.app = SimpleNamespace(
            token=TOKEN,
            signing_key=SIGNING_KEY,
            gates={},
            clock=self.clock,
            settings=SimpleNamespace(configuration=Configuration.model_validate(configuration), sources=self.sources),
            store=SimpleNamespace(
                incidents=self.incidents,
                journal=self.journal,
                silences=self.silences,
                ledger=empty,
                approvals=empty,
                lessons=taught,
                dossiers=self.dossiers,
                samples=kept,
                accounts=self.people.accounts,
                sessions=self.people.sessions,
                api_tokens=self.people.api_tokens,
                setup_links=self.people.setup_links,
                audit=self.audit,
            ),
            surveying=SimpleNamespace(components=(), edges=frozenset()),
            quiet=self.quiet,
            patrol=self.patrol,
            news=self.bell,
            correlator=self.told,
            dispatch=SimpleNamespace(line={}, storm=None),
            response=self.told,
            switch=MemorySwitch(),
            scribe=SimpleNamespace(refused=lambda name, address: self.refused.append((name, address))),
            chronicle=SimpleNamespace(called=Nicknames({"telegram:7": "anna"})),
            communicator=SimpleNamespace(postman=SimpleNamespace(counts=Counter())),
            sources={"manual": ManualSource(self.clock.now)},
            runbooks=SimpleNamespace(find=lambda *_: [("dns", "Restart the DNS stack", 4.2)]),
        )
        self.context = make_context(cast("App", self.app))

    @asynccontextmanager
    async def client(self, *routers: APIRouter) -> AsyncIterator[httpx.AsyncClient]:
        """A client of an application with these doors."""
        api = FastAPI()
        api.state.context = self.context
        problems.install(api)
        for router in routers:
            api.include_router(router)
        transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as client:
            yield client

    @asynccontextmanager
    async def browser(self, peer: str = "192.0.2.7", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser before the whole application, with its gate; from the address `peer`."""
        transport = httpx.ASGITransport(app=self.api, raise_app_exceptions=False, client=(peer, 1234))
        own = {"accept": "text/html", "origin": "http://lamp.lan", **headers}
        async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan", headers=own) as client:
            yield client

    @cached_property
    def api(self) -> FastAPI:
        """The whole application, whose passwords cost as little as argon2 allows."""
        made = make_api(cast("App", self.app))
        made.state.access.passwords = Passwords(CHEAP)
        return made

    @property
    def access(self) -> Access:
        """How the whole application knows people."""
        found = self.api.state.access
        assert isinstance(found, Access)
        return found

    def account(self, name: str = "ann", role: Role = Role.OPERATOR, password: str = WORDS) -> Account:
        """Somebody with a password; hashed as cheaply as argon2 allows, because many tests need one."""
        account = Account(name, role, CHEAP.hash(password), f"stamp of {password}", NOON, NOON)
        self.people.known[name] = account
        return account

    def signed_in(self, role: Role, name: str = "ann") -> str:
        """The cookie of somebody who is signed in."""
        secret = secrets.token_urlsafe(8)
        now = self.clock.now()
        session = Session(digest(secret), name, role, Via.PASSWORD, STANDS, now, now + timedelta(days=1))
        self.people.open_sessions[session.digest] = session
        return f"{COOKIE}={secret}"

    def form(self, cookie: str, **fields: str) -> dict[str, str]:
        """The fields of a form, with what a session's page puts in."""
        return {**fields, CSRF_FIELD: csrf_token(cookie.partition("=")[2])}


Clients = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def people() -> MemoryPeople:
    return MemoryPeople()


@pytest.fixture
def make_bench() -> type[Bench]:
    return Bench
