"""What lies in the outbox is delivered at least once, ever later after failures, and given up where people see it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from lamplighter.domain.incident import Incident, State
from lamplighter.domain.letter import AGE_MAX, LetterState
from lamplighter.domain.message import Detail, Message, Press
from lamplighter.domain.telling import told
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.ports import Abilities, ChannelError
from lamplighter.testing import FakeChannel
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.news import News
from lamplighter.workflow.posting import Posting
from lamplighter.workflow.postman import Postman, digest_of_token
from tests.integration.workflow.conftest import NOTHING_ALLOWS_IT, Bench
from tests.integration.workflow.messaging import eventually


@dataclass
class Moody:
    """Does what its list says, and then delivers."""

    name: str = "fake"
    moods: list[Exception] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    can: Abilities = field(default_factory=lambda: Abilities(edits=True, buttons_max=5))

    async def send(self, message: Message) -> str:
        if self.moods:
            raise self.moods.pop(0)
        self.sent.append(message)
        return f"m{len(self.sent)}"


@dataclass
class Office:
    bench: Bench
    channel: Moody | FakeChannel = field(default_factory=Moody)

    def __post_init__(self) -> None:
        store, clock = self.bench.store, self.bench.clock
        briefing = Briefing(store, clock, "http://ops.lan")
        self.posting = Posting(store, clock, briefing, (self.channel,))
        self.postman = Postman(store, clock, briefing, News(), (self.channel,), chance=lambda: 0.0)

    async def told(self, incident: Incident, moment: str = "opened") -> None:
        history = told(self.bench.store.incidents.timeline(incident.id))
        await self.posting.tell(incident, moment, ("words",), "digest", history)

    async def round(self) -> int:
        return await self.postman.round(self.channel)

    def states(self) -> list[LetterState]:
        return [one.state for one in self.bench.store.outbox.listed()]


@pytest.fixture
def office(bench: Bench) -> Office:
    return Office(bench)


async def test_a_delivery_is_written_into_the_timeline_once(office: Office) -> None:
    incident = await office.bench.opened()
    for _ in range(2):
        await office.told(incident)
        await office.round()
    assert office.states() == [LetterState.SENT]
    assert [message.moment for message in office.channel.sent] == ["opened"]
    (known,) = told(office.bench.store.incidents.timeline(incident.id))
    assert (known.moment, known.channel, known.severity) == ("opened", "fake", "critical")


async def test_what_people_did_while_a_letter_waited_stands_in_it(office: Office) -> None:
    bench = office.bench
    incident = await bench.opened()
    await office.told(incident)
    event = bench.steps.chronicle.event(incident, "ack", Moment.ACKNOWLEDGED, Crew.PERSON, "anna has it")
    bench.store.incidents.acknowledge(incident.id, "anna", event)
    await office.round()
    assert [one.detail.acknowledged_by for one in office.channel.sent] == ["anna"]


async def test_a_letter_of_an_earlier_run_says_what_it_said(office: Office) -> None:
    bench = office.bench
    incident = await bench.opened()
    await office.told(incident)
    await bench.clears(incident)
    closing = bench.steps.chronicle.event(incident, "closed", Moment.CLOSED, Crew.COMMUNICATOR, "gone")
    bench.store.incidents.move(incident.id, State.SELF_CLEARED, closing)
    bench.clock.advance(60)
    again = await bench.opened()
    assert (again.id, again.run) == (incident.id, 2)
    event = bench.steps.chronicle.event(again, "ack", Moment.ACKNOWLEDGED, Crew.PERSON, "anna has it")
    bench.store.incidents.acknowledge(incident.id, "anna", event)
    await office.round()
    assert [one.detail.acknowledged_by for one in office.channel.sent] == [""]


async def test_a_failure_is_tried_again_later_and_then_delivered(office: Office) -> None:
    office.channel.moods += [ChannelError("500", permanent=False), TimeoutError(), RuntimeError("token=hunter2hunter2")]
    await office.told(await office.bench.opened())
    for _ in range(3):
        assert await office.round() == 1
        assert await office.round() == 0
        office.bench.clock.advance(60)
    assert "hunter2hunter2" not in str(office.bench.store.outbox.listed())
    assert await office.round() == 1
    assert office.states() == [LetterState.SENT]
    assert office.postman.counts["fake", "retried"] == 3


async def test_retry_after_is_waited_for(office: Office) -> None:
    office.channel.moods += [ChannelError("429", permanent=False, retry_after_seconds=300)]
    await office.told(await office.bench.opened())
    await office.round()
    office.bench.clock.advance(299)
    assert await office.round() == 0
    office.bench.clock.advance(2)
    assert await office.round() == 1


async def test_retry_after_holds_the_whole_channel_and_no_other(office: Office) -> None:
    bench = office.bench
    office.channel.moods += [ChannelError("429", permanent=False, retry_after_seconds=300)]
    other = Moody("other")
    office.posting.channels = (office.channel, other)
    for number in range(3):
        plain = office.posting.briefing.plain(f"k{number}", "blind", "docker", Detail(), ("words",))
        await office.posting.announce(plain)
    assert [await office.round() for _ in range(3)] == [1, 0, 0]
    assert await office.postman.round(other) == 1
    assert sum(one.attempts for one in bench.store.outbox.listed() if one.channel == "fake") == 1
    bench.clock.advance(302)
    while await office.round():
        pass
    assert len(office.channel.sent) == 3


@pytest.mark.parametrize("moods", [1, AGE_MAX.total_seconds() // 1_000 + 2])
async def test_a_letter_that_is_given_up_is_dead_and_the_timeline_says_so(office: Office, moods: float) -> None:
    office.channel.moods += [ChannelError("no", permanent=moods == 1)] * int(moods)
    incident = await office.bench.opened()
    await office.told(incident)
    for _ in range(int(moods)):
        assert await office.round() == 1
        office.bench.clock.advance(1_000)
    assert office.states() == [LetterState.DEAD]
    assert office.postman.counts["fake", "dead"] == 1
    events = office.bench.store.incidents.timeline(incident.id)
    assert "fake did not take the message: no" in [event.text for event in events]
    assert told(events) == ()


async def test_what_a_killed_process_was_about_to_send_is_sent_again(office: Office) -> None:
    await office.told(await office.bench.opened())
    now = office.bench.clock.now()
    office.bench.store.outbox.claim("fake", now, until=now + timedelta(minutes=2))
    assert await office.round() == 0
    office.bench.clock.advance(121)
    assert await office.round() == 1
    assert office.states() == [LetterState.SENT]


async def test_a_question_bears_one_time_buttons_bound_to_its_plan(office: Office) -> None:
    bench = office.bench
    incident = await bench.approved(State.COUNCIL_REVIEW)
    plan = bench.plan(incident)
    bench.store.dossiers.keep_plan(plan)
    await bench.steps.ask(incident, plan, NOTHING_ALLOWS_IT)
    await office.told(incident, "asked")
    await office.round()
    (message,) = office.channel.sent
    assert [one.press for one in message.buttons] == [Press.APPROVE, Press.DENY, Press.SNOOZE, Press.WHY]
    for button in message.buttons[:3]:
        nonce = bench.store.nonces.load(digest_of_token(button.token))
        assert nonce is not None
        assert (nonce.plan_hash, nonce.press, nonce.incident_id) == (plan.hash, button.press, incident.id)
    assert len({one.token for one in message.buttons}) == len(message.buttons)


async def test_a_question_that_is_over_is_not_asked_late(office: Office) -> None:
    bench = office.bench
    incident = await bench.approved(State.COUNCIL_REVIEW)
    bench.store.dossiers.keep_plan(bench.plan(incident))
    await bench.steps.ask(incident, bench.plan(incident), NOTHING_ALLOWS_IT)
    office.channel.moods += [ChannelError("500", permanent=False)]
    await office.told(incident, "asked")
    await office.round()
    bench.clock.advance(2_000)
    await office.round()
    assert office.states() == [LetterState.SUPERSEDED]
    assert office.channel.sent == []


async def test_an_update_takes_nothing_away_that_people_were_to_hear(office: Office) -> None:
    office.channel.moods += [ChannelError("503", permanent=False)]
    incident = await office.bench.opened()
    await office.told(incident)
    await office.round()
    await office.posting.update(incident, "executing", ("words",))
    assert LetterState.QUEUED in [one.state for one in office.bench.store.outbox.listed() if not one.message.update]
    office.bench.clock.advance(60)
    while await office.round():
        pass
    assert [(one.moment, one.loud) for one in office.channel.sent if not one.update] == [("opened", True)]


async def test_a_question_that_was_put_off_is_asked_again_after_its_half_hour(office: Office) -> None:
    bench = office.bench
    incident = await bench.approved(State.COUNCIL_REVIEW)
    bench.store.dossiers.keep_plan(bench.plan(incident))
    approval = await bench.steps.ask(incident, bench.plan(incident), NOTHING_ALLOWS_IT)
    await office.told(incident, "asked")
    await office.round()
    now = bench.clock.now()
    bench.store.approvals.extend(approval.id, now + timedelta(minutes=45), now=now, nonce="")
    await office.posting.remind(incident, ("words",), now + timedelta(minutes=30))
    await office.posting.update(incident, "asked", ("words",), "mark")
    (reminder,) = [one for one in bench.store.outbox.of_incident(incident.id) if ":again:" in one.key]
    assert reminder.state is LetterState.QUEUED
    while await office.round():
        pass
    asked = len([one for one in office.channel.sent if not one.update])
    bench.clock.advance(30 * 60 + 1)
    while await office.round():
        pass
    assert [one.loud for one in office.channel.sent if not one.update][asked:] == [True]


async def test_an_update_of_nothing_is_not_sent(office: Office) -> None:
    incident = await office.bench.opened()
    await office.posting.update(incident, "executing", ("restart",))
    await office.round()
    assert office.states() == [LetterState.SUPERSEDED]
    await office.told(incident)
    await office.round()
    await office.posting.update(incident, "verifying", ("asking again",))
    await office.round()
    assert [(one.moment, one.update, one.replaces) for one in office.channel.sent] == [
        ("opened", False, ""),
        ("verifying", True, "m1"),
    ]


async def test_one_channel_that_hangs_holds_up_no_other(office: Office) -> None:
    class Hanging(Moody):
        async def send(self, message: Message) -> str:
            await asyncio.sleep(3_600)
            return ""

    store, clock = office.bench.store, office.bench.clock
    quick = Moody("quick")
    channels = (Hanging("hanging"), quick)
    briefing = office.posting.briefing
    postman = Postman(store, clock, briefing, News(), channels)
    posting = Posting(store, clock, briefing, channels, rung=postman.ring)
    await posting.tell(await office.bench.opened(), "opened", ("words",), "d", ())
    postman._bells = {channel.name: asyncio.Event() for channel in channels}
    running = [asyncio.create_task(postman._rounds(channel)) for channel in channels]
    try:
        await eventually(lambda: quick.sent)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_question_that_was_answered_while_its_letter_waited_wakes_nobody(office: Office) -> None:
    bench = office.bench
    incident = await bench.approved(State.COUNCIL_REVIEW)
    bench.store.dossiers.keep_plan(bench.plan(incident))
    held = await bench.steps.ask(incident, bench.plan(incident), NOTHING_ALLOWS_IT)
    await office.told(incident, "asked")
    now = bench.clock.now()
    bench.store.approvals.answer(
        held.id, approve=True, by="anna", reason="", plan_hash=held.plan_hash, now=now, nonce=""
    )
    await office.round()
    assert office.channel.sent == []
    assert office.states() == [LetterState.SUPERSEDED]


async def test_an_update_of_an_earlier_run_changes_no_message_of_a_later_one(office: Office) -> None:
    bench = office.bench
    incident = await bench.opened()
    await office.told(incident)
    await office.round()
    await bench.clears(incident)
    closing = bench.steps.chronicle.event(incident, "closed", Moment.CLOSED, Crew.COMMUNICATOR, "gone")
    over = bench.store.incidents.move(incident.id, State.SELF_CLEARED, closing)
    bench.clock.advance(60)
    await office.told(await bench.opened(), "opened")
    await office.posting.update(over, "self_cleared", ("gone",))
    while await office.round():
        pass
    assert [one.moment for one in office.channel.sent] == ["opened", "opened"]
    assert office.states()[0] is LetterState.SUPERSEDED


async def test_a_letter_goes_out_as_it_was_written_where_what_is_kept_cannot_be_read(office: Office) -> None:
    class Newer(Briefing):
        def again(self, message: Message, incident: Incident) -> Message:
            raise ValueError("Object contains unknown field")

    bench = office.bench
    await office.told(await bench.opened())
    office.postman.briefing = Newer(bench.store, bench.clock)
    await office.round()
    assert office.states() == [LetterState.SENT]


async def test_a_refreshed_question_that_was_answered_is_not_put_back_into_a_message(office: Office) -> None:
    bench = office.bench
    incident = await bench.approved(State.COUNCIL_REVIEW)
    bench.store.dossiers.keep_plan(bench.plan(incident))
    held = await bench.steps.ask(incident, bench.plan(incident), NOTHING_ALLOWS_IT)
    await office.told(incident, "asked")
    await office.round()
    now = bench.clock.now()
    bench.store.approvals.answer(
        held.id, approve=True, by="anna", reason="", plan_hash=held.plan_hash, now=now, nonce=""
    )
    await office.posting.refresh(incident, "mark")
    await office.round()
    assert [one.moment for one in office.channel.sent] == ["asked"]
