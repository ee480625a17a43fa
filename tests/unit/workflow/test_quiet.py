from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.maintenance import Window, parse_when
from lamplighter.domain.quiet import BadSilence, parse_matchers
from lamplighter.domain.silence import Silence
from lamplighter.ports import StoreUnavailable, ToolError
from lamplighter.testing import NOON, FakeClock
from lamplighter.workflow.quiet import Quiet

HOUR = timedelta(hours=1)


@dataclass
class MemorySilences:
    rows: dict[str, Silence] = field(default_factory=dict)
    away: bool = False

    def put(self, silence: Silence, event: object = None, *, nonce: str = "", by: str = "") -> Silence:
        self._look()
        kept = silence if silence.id else replace(silence, id=f"SIL-{len(self.rows) + 1}")
        self.rows[kept.id] = kept
        return kept

    def end(self, silence_id: str, now: datetime, *, by: str = "") -> Silence:
        self._look()
        if silence_id not in self.rows:
            raise LookupError(silence_id)
        return self.put(replace(self.rows[silence_id], ends_at=now))

    def listed(self, *, now: datetime, ended_too: bool = False, limit: int = 500) -> Sequence[Silence]:
        self._look()
        return [one for one in self.rows.values() if ended_too or one.ends_at > now][:limit]

    def _look(self) -> None:
        if self.away:
            raise StoreUnavailable("locked")


@dataclass
class MemoryLeases:
    holder: str = ""

    def take(self, name: str, holder: str, seconds: float) -> int:
        self.holder = self.holder or holder
        return 1 if self.holder == holder else 0

    def release(self, name: str, holder: str) -> None:
        if self.holder == holder:
            self.holder = ""


@dataclass
class MemoryStore:
    silences: MemorySilences = field(default_factory=MemorySilences)
    leases: MemoryLeases = field(default_factory=MemoryLeases)


@dataclass
class NoExchange:
    system: str = "elsewhere"
    pulls: int = 0
    pulled: asyncio.Event = field(default_factory=asyncio.Event)

    async def pull(self) -> Sequence[Silence]:
        self.pulls += 1
        self.pulled.set()
        return ()

    async def push(self, silence: Silence) -> str:
        raise ToolError("read only")

    async def expire(self, outside_id: str) -> None:
        raise ToolError("read only")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def silence(*matchers: str, ends_at: datetime = NOON + HOUR, by: str = "alice") -> Silence:
    return Silence("", parse_matchers(matchers), NOON, ends_at, by, "moving disks")


def window(when: str, *targets: str, timezone: str = "UTC") -> Window:
    return Window("backup", parse_when(when), targets, timezone)


async def test_a_silence_mutes_at_once_and_says_why(store: MemoryStore, clock: FakeClock) -> None:
    quiet = Quiet(store, clock)
    assert quiet.muted({"alertname": "Down"}, "jellyfin") == ""
    await quiet.add(silence("jellyfin"))
    assert quiet.muted({"alertname": "Down"}, "jellyfin") == "silenced until 13:00 UTC by alice: moving disks"
    assert quiet.muted({"alertname": "Down"}, "db") == ""
    assert quiet.muted({"component": "jellyfin"}, "") != ""


async def test_its_id_is_like_no_other_and_a_change_keeps_it(store: MemoryStore, clock: FakeClock) -> None:
    quiet, other = Quiet(store, clock), Quiet(MemoryStore(), clock)
    made = await quiet.add(silence("jellyfin"))
    assert made.id.startswith("SIL-")
    assert (await other.add(silence("jellyfin"))).id != made.id
    longer = await quiet.add(replace(made, ends_at=NOON + 2 * HOUR))
    assert longer.id == made.id
    assert quiet.silences == (longer,)


async def test_it_ends_by_itself_whether_or_not_anything_is_read(store: MemoryStore, clock: FakeClock) -> None:
    quiet = Quiet(store, clock)
    await quiet.add(silence("jellyfin"))
    store.silences.away = True
    clock.advance(3599)
    assert quiet.muted({}, "jellyfin")
    clock.advance(1)
    assert quiet.muted({}, "jellyfin") == ""


async def test_of_several_reasons_the_longest_is_said(store: MemoryStore, clock: FakeClock) -> None:
    quiet = Quiet(store, clock, (window("daily 11:00-15:00", "*"),))
    await quiet.add(silence("jellyfin"))
    assert quiet.muted({}, "jellyfin") == "maintenance until 15:00 UTC: backup"
    await quiet.add(silence("jellyfin", ends_at=NOON + 5 * HOUR, by="bob"))
    assert quiet.muted({}, "jellyfin") == "silenced until 17:00 UTC by bob: moving disks"


async def test_a_window_mutes_its_targets_while_it_is_open(store: MemoryStore, clock: FakeClock) -> None:
    quiet = Quiet(
        store, clock, (window("Mon 13:00-14:30", "web-*", timezone="Europe/Berlin"),), timezone="Europe/Berlin"
    )
    assert quiet.muted({}, "web-1") == "maintenance until 14:30 CET: backup"
    assert quiet.muted({}, "db") == ""
    clock.advance(90 * 60)
    assert quiet.muted({}, "web-1") == ""
    assert quiet.ended_since(NOON + HOUR) == ("the maintenance backup is over",)


async def test_what_ended_can_be_summed_up(store: MemoryStore, clock: FakeClock) -> None:
    quiet = Quiet(store, clock)
    await quiet.add(silence("jellyfin"))
    later = await quiet.add(silence("db", ends_at=NOON + 9 * HOUR))
    clock.advance(3600)
    await quiet.refresh()
    assert quiet.ended_since(NOON) == ('the silence of component="jellyfin" by alice is over',)
    clock.advance(60)
    await quiet.end(later.id)
    assert quiet.ended_since(NOON + HOUR + timedelta(seconds=1)) == ('the silence of component="db" by alice is over',)


async def test_an_end_unmutes_at_once(store: MemoryStore, clock: FakeClock) -> None:
    quiet = Quiet(store, clock)
    kept = await quiet.add(silence("jellyfin"))
    ended = await quiet.end(kept.id)
    assert ended.ends_at == clock.now()
    assert quiet.muted({}, "jellyfin") == ""


async def test_what_cannot_be_taken_is_refused_and_not_kept(store: MemoryStore, clock: FakeClock) -> None:
    quiet = Quiet(store, clock)
    with pytest.raises(BadSilence, match="within 30 days"):
        await quiet.add(silence("jellyfin", ends_at=NOON + timedelta(days=31)))
    with pytest.raises(LookupError):
        await quiet.end("SIL-9")
    assert store.silences.rows == {}


async def test_what_another_process_wrote_is_seen_at_the_next_look(store: MemoryStore, clock: FakeClock) -> None:
    quiet = Quiet(store, clock)
    store.silences.put(silence("jellyfin"))
    await quiet.refresh()
    assert quiet.muted({}, "jellyfin")


async def test_only_one_process_exchanges(store: MemoryStore, clock: FakeClock) -> None:
    first, second = NoExchange(), NoExchange()
    one = Quiet(store, clock, exchanges=(first,))
    other = Quiet(store, clock, exchanges=(second,))
    await one.exchange()
    await other.exchange()
    assert (first.pulls, second.pulls) == (1, 0)


async def test_it_runs_until_it_is_cancelled_and_lets_go(store: MemoryStore, clock: FakeClock) -> None:
    exchange = NoExchange()
    quiet = Quiet(store, clock, exchanges=(exchange,), refresh_seconds=0.001)
    store.silences.away = True
    running = asyncio.create_task(quiet.run())
    await asyncio.sleep(0)
    store.silences.away = False
    store.silences.put(silence("jellyfin"))
    await exchange.pulled.wait()
    assert quiet.muted({}, "jellyfin")
    exchange.pulled.clear()
    await quiet.add(silence("db"))
    # The time of the next round never comes with this clock; a change is exchanged at once.
    await exchange.pulled.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert store.leases.holder == ""
