"""How full the fullest is, as a time series server tells it: fresh or unknown, never zero, and not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, Part, Sample, SampleState
from lamplighter.integrations.prometheus.expression import selectors_of
from lamplighter.ports import Roles
from lamplighter.reports.vitals import SHARES, vitals
from lamplighter.testing import NOON, FakeClock
from lamplighter.workflow.gauging import EVERY_SECONDS, NAME_BYTES_MAX, QUERIES, Gauging
from lamplighter.workflow.world import World

OK, CANNOT_SEE = SampleState.OK, SampleState.CANNOT_SEE


@dataclass
class Server:
    """Answers queries as the runner of an integration does."""

    answer: Callable[[str], Sample]
    asked: list[str] = field(default_factory=list)

    def runs(self, spec: CheckSpec) -> bool:
        return spec.kind is CheckKind.PROMQL

    async def sample(self, spec: CheckSpec) -> Sample:
        self.asked.append(spec.target)
        return self.answer(spec.target)


def sample(value: float | None, state: SampleState = OK, **labels: str) -> Sample:
    parts = (Part("x", state, "x", labels, value),) if labels else ()
    return Sample("vitals", NOON, state, "x", 0.0 if labels else value, parts)


def gauging(answer: Callable[[str], Sample]) -> tuple[Gauging, Server, FakeClock]:
    server, clock = Server(answer), FakeClock(NOON)
    return Gauging(World(clock, (Roles(runners=(server,)),)), clock), server, clock


async def test_the_fullest_of_each_is_told_with_its_name() -> None:
    levels = {"node_cpu": ("nas:9100", 0.4), "node_memory": ("pve1:9100", 0.7), "node_filesystem": ("nas:9100", 0.9)}

    def answer(query: str) -> Sample:
        found = next((one for key, one in levels.items() if key in query), None)
        if found:
            return sample(found[1], instance=found[0])
        return sample(0.95 if "memory" in query else 0.3, name="jellyfin")

    gauges, _, _ = gauging(answer)
    assert await gauges.refresh()
    told = {one.name: (one.share, one.words) for one in vitals(gauges.facts, (), {})}
    assert told["CPU"] == (0.4, "nas:9100")
    assert told["disk"] == (0.9, "nas:9100")
    assert told["memory"] == (0.95, "jellyfin")
    assert told["database"][0] is None


@pytest.mark.parametrize(
    "said",
    [
        sample(None, CANNOT_SEE),
        sample(0.5, CANNOT_SEE, instance="nas"),
        sample(None),
        sample(float("nan")),
        sample(float("inf")),
        sample(-0.1),
    ],
)
async def test_what_is_not_seen_is_unknown_and_never_zero(said: Sample) -> None:
    gauges, _, _ = gauging(lambda _: said)
    await gauges.refresh()
    assert gauges.facts == ()
    assert {one.share for one in vitals(gauges.facts, (), {})} == {None}


async def test_a_server_is_asked_again_only_later_and_what_went_away_is_forgotten() -> None:
    there = [sample(0.5, instance="nas")]
    gauges, server, clock = gauging(lambda _: there[-1])
    assert await gauges.refresh()
    assert not await gauges.refresh()
    assert len(server.asked) == len(QUERIES)
    there.append(sample(None, CANNOT_SEE))
    await clock.sleep(EVERY_SECONDS + 1)
    assert await gauges.refresh()
    assert gauges.facts == ()


async def test_without_such_a_server_nothing_is_asked() -> None:
    clock = FakeClock(NOON)
    gauges = Gauging(World(clock, ()), clock)
    await gauges.refresh()
    assert gauges.facts == ()


async def test_a_server_that_hangs_is_left() -> None:
    class Hanging(Server):
        async def sample(self, spec: CheckSpec) -> Sample:
            await asyncio.Event().wait()
            return self.answer(spec.target)

    clock = FakeClock(NOON)
    world = World(clock, (Roles(runners=(Hanging(lambda _: sample(0.1)),)),))
    gauges = Gauging(world, clock, query_seconds_max=0.01)
    async with asyncio.timeout(60):
        assert await gauges.refresh()
    assert gauges.facts == ()


async def test_a_name_from_outside_is_bounded_and_clean() -> None:
    gauges, _, _ = gauging(lambda _: sample(0.5, instance="x\x1b[2J" * 1_000))
    await gauges.refresh()
    assert all(len(fact.component.encode()) <= NAME_BYTES_MAX for fact in gauges.facts)
    assert all("\x1b" not in fact.component for fact in gauges.facts)


@pytest.mark.parametrize(("key", "query"), QUERIES)
def test_every_query_can_be_read_and_fills_an_axis(key: str, query: str) -> None:
    assert selectors_of(query)
    assert key in SHARES
