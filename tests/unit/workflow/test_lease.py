"""One process places: the lease is renewed in time, counts only while it lasts, and is let go at the end."""

from __future__ import annotations

from lamplighter.testing import FakeClock
from lamplighter.workflow.lease import PlacingLease
from tests.unit.workflow.conftest import MemoryStore


async def test_it_is_renewed_after_a_third_of_its_time_and_not_before(store: MemoryStore, clock: FakeClock) -> None:
    lease = PlacingLease(store.leases, clock, seconds=15)
    token = await lease.hold()
    clock.advance(4)
    assert await lease.hold() == token
    assert store.leases.takes == 1
    clock.advance(1)
    assert await lease.hold() == token
    assert store.leases.takes == 2


async def test_by_our_own_clock_it_ends_where_it_was_not_renewed(store: MemoryStore, clock: FakeClock) -> None:
    lease = PlacingLease(store.leases, clock, seconds=15)
    await lease.hold()
    assert lease.held
    clock.advance(15)
    assert not lease.held
    # It cannot have become another's without the store, which is what a chat's listener goes by.
    assert lease.was_ours


async def test_while_another_has_it_there_is_none(store: MemoryStore, clock: FakeClock) -> None:
    store.leases.other = True
    lease = PlacingLease(store.leases, clock)
    assert (await lease.hold(), lease.held) == (0, False)
    store.leases.other = False
    assert await lease.hold() == 1


async def test_it_is_let_go_once(store: MemoryStore, clock: FakeClock) -> None:
    lease = PlacingLease(store.leases, clock)
    await lease.hold()
    await lease.release()
    assert (store.leases.holder, lease.held) == ("", False)
