"""The digest comes once a day, tells what happened since, and a restart does not repeat it."""

from __future__ import annotations

from datetime import time

from lamplighter.testing import FakeChannel
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.morning import Morning
from lamplighter.workflow.posting import Posting
from tests.integration.workflow.conftest import Bench

DAY_SECONDS = 86_400


def morning(bench: Bench) -> Morning:
    briefing = Briefing(bench.store, bench.clock)
    posting = Posting(bench.store, bench.clock, briefing, (FakeChannel(),))
    return Morning(bench.store, bench.clock, posting, time(8), "Europe/London", lambda: {"pve1": "401"})


async def test_the_digest_comes_once_a_day_at_its_hour(bench: Bench) -> None:
    assert not await morning(bench).turn()
    await bench.opened()
    assert not await morning(bench).turn()
    bench.clock.advance(20 * 3_600)
    assert await morning(bench).turn()
    assert not await morning(bench).turn()
    (letter,) = bench.store.outbox.listed()
    assert letter.message.title == "1 problem, 0 fixed, 0 need you"
    assert "I cannot see pve1: 401" in letter.message.detail.items
    assert letter.message.loud is False
    bench.clock.advance(DAY_SECONDS)
    assert await morning(bench).turn()
    assert len(bench.store.outbox.listed()) == 2


async def test_a_digest_whose_hour_is_long_past_is_left_out(bench: Bench) -> None:
    await morning(bench).turn()
    bench.clock.advance(20 * 3_600 + 7 * 3_600)
    assert await morning(bench).turn()
    assert bench.store.outbox.listed() == []


async def test_without_an_hour_there_is_no_digest(bench: Bench) -> None:
    never = morning(bench)
    never.at = None
    bench.clock.advance(3 * DAY_SECONDS)
    assert not await never.turn()
    assert bench.store.outbox.listed() == []
