from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.quiet import Dated, parse_matchers
from lamplighter.domain.silence import Silence
from lamplighter.ports import ToolError
from lamplighter.testing import NOON, FakeClock
from lamplighter.workflow.silence_sync import REFUSALS_MAX, SilenceSync

HOUR = timedelta(hours=1)


@dataclass
class Rows:
    """The silences of a store in memory; `puts` counts what was written."""

    rows: dict[str, Silence] = field(default_factory=dict)
    puts: int = 0
    changed_by: list[str] = field(default_factory=list)

    def put(self, silence: Silence, *, by: str = "") -> Silence:
        self.puts += 1
        self.changed_by += [by] if by else []
        kept = silence if silence.id else replace(silence, id=f"SIL-{len(self.rows) + 1}")
        self.rows[kept.id] = kept
        return kept

    def end(self, silence_id: str, now: datetime, *, by: str = "") -> Silence:
        return self.put(replace(self.rows[silence_id], ends_at=now))

    def listed(self, *, now: datetime, ended_too: bool = False, limit: int = 500) -> Sequence[Silence]:
        return [one for one in self.rows.values() if ended_too or one.ends_at > now][:limit]


@dataclass
class Stored:
    silences: Rows = field(default_factory=Rows)


@dataclass
class Elsewhere:
    """A system with silences of its own, which it keeps as Alertmanager does."""

    clock: FakeClock
    system: str = "alertmanager"
    kept: dict[str, Dated] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    away: bool = False
    refuses: str = ""
    meanwhile: Callable[[], object] = lambda: None

    def made(self, *matchers: str, ends_at: datetime = NOON + HOUR) -> str:
        key = f"out-{len(self.kept) + 1}"
        now = self.clock.now()
        self.kept[key] = Dated("", parse_matchers(matchers), now, ends_at, "bob", "there", self.system, key, now)
        return key

    def edit(self, key: str, **changes: object) -> None:
        self.kept[key] = replace(self.kept[key], changed_at=self.clock.now(), **changes)

    async def pull(self) -> Sequence[Silence]:
        self._look()
        return sorted(self.kept.values(), key=lambda one: one.ends_at <= self.clock.now())

    async def push(self, silence: Silence) -> str:
        self._look()
        if self.refuses:
            raise ToolError(self.refuses)
        self.meanwhile()
        key = silence.outside_id if silence.outside_id in self.kept else f"out-{len(self.kept) + 1}"
        self.writes.append(f"push {key}")
        self.kept[key] = Dated(
            silence.id,
            silence.matchers,
            silence.starts_at,
            silence.ends_at,
            silence.author,
            silence.reason,
            "lamplighter",
            key,
            self.clock.now(),
        )
        return key

    async def expire(self, outside_id: str) -> None:
        self._look()
        self.writes.append(f"expire {outside_id}")
        self.edit(outside_id, ends_at=self.clock.now())

    def _look(self) -> None:
        if self.away:
            raise ToolError("GET http://am:9093: ConnectError")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> Stored:
    return Stored()


@pytest.fixture
def elsewhere(clock: FakeClock) -> Elsewhere:
    return Elsewhere(clock)


@pytest.fixture
def sync(store: Stored, clock: FakeClock, elsewhere: Elsewhere) -> SilenceSync:
    return SilenceSync(store, clock, (elsewhere,))


def silence(*matchers: str, ends_at: datetime = NOON + HOUR) -> Silence:
    return Silence("", parse_matchers(matchers), NOON, ends_at, "alice", "disks")


async def settle(sync: SilenceSync, clock: FakeClock, rounds: int = 3) -> None:
    for _ in range(rounds):
        clock.advance(1)
        await sync.once()


async def test_theirs_becomes_ours_once(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    key = elsewhere.made("alertname=Down")
    await settle(sync, clock)
    (mirror,) = store.silences.rows.values()
    assert (mirror.origin, mirror.outside_id, mirror.author, mirror.reason) == ("alertmanager", key, "bob", "there")
    assert type(mirror) is Silence
    assert store.silences.puts == 1
    assert elsewhere.writes == []


async def test_ours_becomes_theirs_once(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    ours = store.silences.put(silence("alertname=Down"))
    await settle(sync, clock)
    assert elsewhere.writes == ["push out-1"]
    assert elsewhere.kept["out-1"].matchers == ours.matchers
    assert store.silences.rows == {ours.id: replace(ours, outside_id="out-1")}


async def test_an_end_there_ends_it_here(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    ours = store.silences.put(silence("alertname=Down"))
    theirs = elsewhere.made("alertname=Other")
    await settle(sync, clock)
    for key in ("out-1", "out-2"):
        elsewhere.edit(key, ends_at=clock.now())
    assert theirs == "out-1"
    await settle(sync, clock)
    assert all(row.ends_at <= clock.now() for row in store.silences.rows.values())
    assert ours.id in store.silences.rows
    assert elsewhere.writes == ["push out-2"]


async def test_an_end_here_ends_it_there(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    store.silences.put(silence("alertname=Down"))
    elsewhere.made("alertname=Other")
    await settle(sync, clock)
    for row in list(store.silences.rows.values()):
        sync.note(store.silences.end(row.id, clock.now()))
    await settle(sync, clock)
    assert all(one.ends_at <= clock.now() for one in elsewhere.kept.values())
    assert sorted(elsewhere.writes) == ["expire out-1", "expire out-2", "push out-2"]
    assert len(store.silences.rows) == 2


async def test_an_end_here_while_it_was_away_is_not_undone(
    store: Stored, clock: FakeClock, elsewhere: Elsewhere, sync: SilenceSync
) -> None:
    ours = store.silences.put(silence("alertname=Down"))
    await settle(sync, clock)
    elsewhere.away = True
    store.silences.end(ours.id, clock.now())
    await settle(sync, clock)
    elsewhere.away = False
    # Another process, which remembers nothing, comes to the same end.
    await settle(SilenceSync(store, clock, (elsewhere,)), clock)
    assert store.silences.rows[ours.id].ends_at <= clock.now()
    assert elsewhere.kept["out-1"].ends_at <= clock.now()


async def test_a_change_on_either_side_is_followed(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    ours = store.silences.put(silence("alertname=Down"))
    await settle(sync, clock)
    elsewhere.edit("out-1", ends_at=NOON + 2 * HOUR, reason="longer")
    await settle(sync, clock)
    assert (store.silences.rows[ours.id].ends_at, store.silences.rows[ours.id].reason) == (NOON + 2 * HOUR, "longer")
    assert (store.silences.rows[ours.id].author, store.silences.rows[ours.id].origin) == ("alice", "lamplighter")
    assert store.silences.changed_by == ["alertmanager"], "alice did not do it"
    sync.note(store.silences.put(replace(store.silences.rows[ours.id], ends_at=NOON + 3 * HOUR)))
    await settle(sync, clock)
    assert elsewhere.kept["out-1"].ends_at == NOON + 3 * HOUR
    writes, puts = list(elsewhere.writes), store.silences.puts
    await settle(sync, clock, rounds=10)
    assert (elsewhere.writes, store.silences.puts) == (writes, puts)


@pytest.mark.parametrize("ours_last", [True, False])
async def test_a_clash_is_decided_by_the_later_change(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere, *, ours_last: bool
) -> None:
    row = store.silences.put(silence("alertname=Down"))
    await settle(sync, clock)
    row = store.silences.rows[row.id]

    def here() -> None:
        sync.note(store.silences.put(replace(row, ends_at=NOON + 2 * HOUR)))

    def there() -> None:
        elsewhere.edit("out-1", ends_at=NOON + 3 * HOUR)

    for change in (there, here) if ours_last else (here, there):
        change()
        clock.advance(1)
    await settle(sync, clock)
    expected = NOON + (2 if ours_last else 3) * HOUR
    assert (store.silences.rows[row.id].ends_at, elsewhere.kept["out-1"].ends_at) == (expected, expected)


async def test_away_is_said_and_what_was_known_stays(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    elsewhere.made("alertname=Down")
    await settle(sync, clock)
    elsewhere.away = True
    await settle(sync, clock)
    assert sync.cannot_see == {"alertmanager": "GET http://am:9093: ConnectError"}
    (mirror,) = store.silences.rows.values()
    assert mirror.ends_at == NOON + HOUR
    elsewhere.away = False
    await settle(sync, clock)
    assert sync.cannot_see == {}


async def test_a_system_that_lost_its_data_gets_ours_again_and_takes_its_own_along(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    ours = store.silences.put(silence("alertname=Down"))
    elsewhere.made("alertname=Other")
    await settle(sync, clock)
    elsewhere.kept.clear()
    await settle(sync, clock)
    assert [one.id for one in elsewhere.kept.values()] == [ours.id]
    active = [row for row in store.silences.rows.values() if row.ends_at > clock.now()]
    assert [row.id for row in active] == [ours.id]


async def test_a_push_whose_answer_was_lost_makes_no_second_one(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    ours = store.silences.put(silence("alertname=Down"))
    await elsewhere.push(ours)
    await settle(sync, clock)
    assert elsewhere.writes == ["push out-1"]
    assert store.silences.rows[ours.id].outside_id == "out-1"


async def test_an_end_while_it_was_being_pushed_holds(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    ours = store.silences.put(silence("alertname=Down"))
    elsewhere.meanwhile = lambda: sync.note(store.silences.end(ours.id, clock.now()))
    await settle(sync, clock)
    assert store.silences.rows[ours.id].ends_at <= clock.now()
    assert elsewhere.kept["out-1"].ends_at <= clock.now()


async def test_what_would_mute_everything_there_stays_here(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    store.silences.put(silence("alertname=Down", "component!=db"))
    await settle(sync, clock)
    assert elsewhere.kept == {}


async def test_a_refusal_is_kept_and_bounded(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    for index in range(REFUSALS_MAX + 2):
        store.silences.put(silence(f"alertname=Down{index}"))
    elsewhere.refuses = "HTTP 400"
    await sync.once()
    assert len(sync.refused) == REFUSALS_MAX
    elsewhere.refuses = ""
    await sync.once()
    assert sync.refused == {}
    assert len(elsewhere.kept) == REFUSALS_MAX + 2


async def test_two_systems_each_get_ours_and_not_each_others(
    store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    second = Elsewhere(clock, system="second")
    sync = SilenceSync(store, clock, (elsewhere, second))
    store.silences.put(silence("alertname=Down"))
    elsewhere.made("alertname=Other")
    await settle(sync, clock)
    assert len(elsewhere.kept) == 2
    assert [one.reason for one in second.kept.values()] == ["disks"]
    assert len(second.writes) == 1


async def test_an_end_by_time_is_told_to_nobody(
    sync: SilenceSync, store: Stored, clock: FakeClock, elsewhere: Elsewhere
) -> None:
    store.silences.put(silence("alertname=Down"))
    elsewhere.made("alertname=Other")
    await settle(sync, clock)
    writes, puts = list(elsewhere.writes), store.silences.puts
    clock.advance(3600)
    await settle(sync, clock)
    assert (elsewhere.writes, store.silences.puts) == (writes, puts)


HERE = ["make", "end", "longer"]
THERE = ["made", "ended", "edited"]
BETWEEN = ["away", "back", "sync", "restart", "wait"]
STEPS = st.lists(st.tuples(st.sampled_from(HERE + THERE + BETWEEN), st.integers(0, 3)), max_size=25)


class TwoSides:
    """People who do what they like on either side, and the exchange between."""

    def __init__(self) -> None:
        self.clock, self.store = FakeClock(), Stored()
        self.elsewhere = Elsewhere(self.clock)
        self.sync = SilenceSync(self.store, self.clock, (self.elsewhere,))
        self.made = 0

    async def step(self, what: str, which: int) -> None:
        self.clock.advance(1)
        now = self.clock.now()
        if what in HERE:
            self.act_here(what, which, now)
        elif what in THERE:
            if not self.elsewhere.away:
                self.act_there(what, which, now)
        elif what == "sync":
            await self.sync.once()
        elif what == "restart":
            self.sync = SilenceSync(self.store, self.clock, (self.elsewhere,))
        elif what == "wait":
            self.clock.advance(1800 * which)
        else:
            self.elsewhere.away = what == "away"

    def act_here(self, what: str, which: int, now: datetime) -> None:
        rows = [one for one in self.store.silences.rows.values() if one.ends_at > now]
        row = rows[which % len(rows)] if rows else None
        if what == "make":
            self.made += 1
            self.sync.note(self.store.silences.put(silence(f"alertname=Ours{self.made}", ends_at=now + HOUR)))
        elif what == "end" and row:
            self.sync.note(self.store.silences.end(row.id, now))
        elif row:
            self.sync.note(self.store.silences.put(replace(row, ends_at=row.ends_at + HOUR)))

    def act_there(self, what: str, which: int, now: datetime) -> None:
        active = [key for key, one in self.elsewhere.kept.items() if one.ends_at > now]
        key = active[which % len(active)] if active else ""
        if what == "made":
            self.elsewhere.made(f"alertname=Theirs{len(self.elsewhere.kept)}", ends_at=now + HOUR)
        elif what == "ended" and key:
            self.elsewhere.edit(key, ends_at=now)
        elif key:
            self.elsewhere.edit(key, ends_at=self.elsewhere.kept[key].ends_at + HOUR / 2, reason=f"edited {now}")

    def here(self) -> set[object]:
        now = self.clock.now()
        rows = self.store.silences.rows.values()
        return {(one.matchers, one.ends_at, one.reason) for one in rows if one.ends_at > now}

    def there(self) -> set[object]:
        now = self.clock.now()
        kept = self.elsewhere.kept.values()
        return {(one.matchers, one.ends_at, one.reason) for one in kept if one.ends_at > now}


@given(STEPS)
def test_whatever_people_do_both_sides_come_to_the_same_and_then_rest(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        both = TwoSides()
        for what, which in steps:
            await both.step(what, which)
        both.elsewhere.away = False
        for _ in range(3):
            await both.step("sync", 0)
        assert both.here() == both.there()
        writes, puts = list(both.elsewhere.writes), both.store.silences.puts
        for _ in range(3):
            await both.step("sync", 0)
        assert (both.elsewhere.writes, both.store.silences.puts) == (writes, puts)

    asyncio.run(play())
