"""People hear once that a source cannot be seen and once that it can be again, whatever restarts in between."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from lamplighter.testing import FakeChannel
from lamplighter.workflow.blindness import PATIENCE, Blindness
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.posting import Posting
from tests.integration.workflow.conftest import Bench


@dataclass
class Watch:
    bench: Bench
    failing: dict[str, str] = field(default_factory=dict)
    looked: set[str] = field(default_factory=lambda: {"docker"})

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        briefing = Briefing(self.bench.store, self.bench.clock)
        posting = Posting(self.bench.store, self.bench.clock, briefing, (FakeChannel(),))
        self.blindness = Blindness(
            self.bench.store, self.bench.clock, posting, lambda: self.failing, lambda: self.looked
        )

    async def pass_by(self, seconds: float = PATIENCE.total_seconds()) -> list[str]:
        """What was said by the end of that time."""
        await self.blindness.turn()
        self.bench.clock.advance(seconds)
        await self.blindness.turn()
        return [f"{one.message.moment} {one.message.title}" for one in reversed(self.bench.store.outbox.listed())]


@pytest.fixture
def watch(bench: Bench) -> Watch:
    return Watch(bench)


async def test_a_source_that_is_away_for_a_moment_is_no_news(watch: Watch) -> None:
    watch.failing = {"docker": "connection refused"}
    assert await watch.pass_by(30) == []
    watch.failing = {}
    assert await watch.pass_by() == []


async def test_it_is_said_once_when_it_begins_and_once_when_it_ends(watch: Watch) -> None:
    watch.failing = {"docker": "connection refused"}
    assert await watch.pass_by() == ["blind docker"]
    assert await watch.pass_by() == ["blind docker"]
    watch.restart()
    assert await watch.pass_by() == ["blind docker"]
    watch.failing = {}
    assert await watch.pass_by() == ["blind docker", "sees_again docker"]
    watch.restart()
    assert await watch.pass_by() == ["blind docker", "sees_again docker"]


async def test_it_begins_anew_where_it_is_away_again(watch: Watch) -> None:
    for _ in range(2):
        watch.failing = {"docker": "401"}
        await watch.pass_by()
        watch.failing = {}
        await watch.pass_by()
    assert await watch.pass_by() == ["blind docker", "sees_again docker"] * 2


async def test_after_a_restart_what_was_not_looked_at_yet_is_not_said_to_be_seen_again(watch: Watch) -> None:
    watch.failing = {"docker": "connection refused"}
    await watch.pass_by()
    watch.restart()
    watch.failing, watch.looked = {}, set()
    assert await watch.pass_by() == ["blind docker"]
    watch.failing, watch.looked = {"docker": "connection refused"}, {"docker"}
    assert await watch.pass_by() == ["blind docker"]
    watch.failing = {}
    assert await watch.pass_by() == ["blind docker", "sees_again docker"]
