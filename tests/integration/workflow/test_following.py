"""A message that stands says who has it, by the name they go by, and is changed only where it says something else."""

from __future__ import annotations

import asyncio

from lamplighter.domain.incident import Incident
from lamplighter.domain.letter import Letter
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.ports import Abilities
from lamplighter.testing import FakeChannel
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.following import Following
from lamplighter.workflow.posting import Posting
from tests.integration.workflow.conftest import Bench
from tests.integration.workflow.messaging import eventually

ANNA = "telegram:7"


def following(bench: Bench, channel: FakeChannel) -> Following:
    briefing = Briefing(bench.store, bench.clock, called=Nicknames({ANNA: "anna"}))
    return Following(bench.store, bench.clock, Posting(bench.store, bench.clock, briefing, (channel,)))


def takes(bench: Bench, incident: Incident, by: str) -> None:
    event = bench.steps.chronicle.event(incident, f"ack:{by}", Moment.ACKNOWLEDGED, Crew.PERSON, "has it")
    bench.store.incidents.acknowledge(incident.id, by, event)


def updates(bench: Bench) -> list[Letter]:
    return [one for one in bench.store.outbox.listed() if one.message.update]


async def test_who_has_it_is_shown_by_name_and_only_once(bench: Bench) -> None:
    looking = following(bench, FakeChannel("chat"))
    incident = await bench.opened()
    await looking.posting.tell(incident, "opened", ("words",), "", ())
    await looking.turn()
    assert updates(bench) == []
    takes(bench, incident, ANNA)
    await looking.turn()
    (shown,) = updates(bench)
    assert shown.message.detail.acknowledged_by == "anna (telegram)"
    # Another life remembers nothing, and the message says it already.
    await following(bench, FakeChannel("chat")).turn()
    assert len(updates(bench)) == 1
    takes(bench, incident, "kim")
    await looking.turn()
    assert [one.message.detail.acknowledged_by for one in updates(bench)] == ["kim", "anna (telegram)"]


async def test_a_channel_that_learns_later_that_it_can_is_followed_from_then_on(bench: Bench) -> None:
    channel = FakeChannel("chat", can=Abilities())
    looking = following(bench, channel)
    incident = await bench.opened()
    await looking.posting.tell(incident, "opened", ("words",), "", ())
    takes(bench, incident, ANNA)
    running = asyncio.create_task(looking.run())
    try:
        before = bench.clock.monotonic()
        await eventually(lambda: bench.clock.monotonic() > before + 10)
        assert updates(bench) == []
        channel.can = Abilities(edits=True)
        await eventually(lambda: updates(bench))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_the_response_tells_while_somebody_takes_it_on_stays_the_last_word(bench: Bench) -> None:
    class Overtaken(Posting):
        async def update(self, incident: Incident, moment: str, lines: tuple[str, ...], mark: str = "") -> None:
            if moment == "executing":
                await self.tell(incident, "needs_human", ("it did not help",), "", ())
            await super().update(incident, moment, lines, mark)

    looking = following(bench, FakeChannel("chat", can=Abilities(edits=True)))
    incident = await bench.opened()
    await looking.posting.tell(incident, "opened", ("words",), "", ())
    await looking.posting.update(incident, "executing", ("restart",))
    looking.posting = Overtaken(bench.store, bench.clock, looking.posting.briefing, looking.posting.channels)
    takes(bench, incident, "kim")
    await looking.turn()
    newest = bench.store.outbox.listed()[0].message
    assert (newest.moment, newest.lines, newest.update) == ("needs_human", ("it did not help",), True)
