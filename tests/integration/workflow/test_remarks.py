"""What people remark on from a message: an hour of silence, a verdict, why they said no. Each counts once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.letter import Nonce
from lamplighter.domain.message import Press
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Awaited, Reply, Word
from lamplighter.testing import firing
from lamplighter.workflow.postman import digest_of_token
from tests.integration.workflow.conftest import Bench
from tests.integration.workflow.test_answering import Desk

ANNA = "telegram:7"
QUESTION = "42:1001"


@pytest.fixture
def desk(bench: Bench, tmp_path: Path) -> Desk:
    made = Desk(bench, tmp_path)
    made.desk.chronicle.called = Nicknames({ANNA: "anna"})
    return made


def button(desk: Desk, incident: Incident, press: Press, word: str = "token") -> None:
    ends = desk.bench.clock.now() + timedelta(days=1)
    nonce = Nonce(digest_of_token(word), "chat", incident.id, incident.run, press, ends)
    desk.bench.store.nonces.issue([nonce])


def events(desk: Desk, incident: Incident, words: str) -> list[Event]:
    return [one for one in desk.bench.store.incidents.timeline(incident.id) if words in one.text]


def silences(desk: Desk) -> int:
    return len(desk.bench.store.silences.listed(now=desk.bench.clock.now()))


async def test_an_hour_of_silence_is_made_of_the_leads_labels_by_who_pressed(desk: Desk) -> None:
    incident = await desk.bench.opened()
    button(desk, incident, Press.SILENCE)
    reply = await desk.press(by=ANNA)
    now = desk.bench.clock.now()
    (made,) = desk.bench.store.silences.listed(now=now)
    assert (made.author, made.ends_at - made.starts_at) == (ANNA, timedelta(hours=1))
    assert {one.name: one.value for one in made.matchers} == incident.alert.labels
    assert made.id in reply.notice
    assert "silent until 13:00" in reply.notice
    (event,) = events(desk, incident, "made it silent until 13:00 UTC")
    assert event.text.startswith("anna (telegram)")
    assert event.data["by"] == ANNA
    assert await desk.desk.chronicle.muting.now(incident)
    message = await desk.desk.briefing.of(incident, "opened", ("words",))
    assert message.detail.muted.startswith("Silent until 13:00")
    desk.bench.clock.advance(3_601)
    await desk.quiet.refresh()
    assert not await desk.desk.chronicle.muting.now(incident)
    assert (await desk.desk.briefing.of(incident, "opened", ("words",))).detail.muted == ""


async def test_a_silence_is_made_once_however_often_it_is_pressed(desk: Desk) -> None:
    incident = await desk.bench.opened()
    button(desk, incident, Press.SILENCE)
    replies = await asyncio.gather(*(desk.press(by=ANNA) for _ in range(4)))
    assert [reply.ok for reply in replies].count(True) == 1
    assert silences(desk) == 1
    assert len(events(desk, incident, "made it silent")) == 1


async def test_where_more_fires_than_the_lead_it_is_said_that_it_goes_on(desk: Desk) -> None:
    incident = await desk.bench.opened()
    await desk.bench.place(firing("StoreSlow", desk.bench.clock.now(), container="store"))
    button(desk, incident, Press.SILENCE)
    reply = await desk.press(by=ANNA)
    assert "Other alerts of it fire on" in reply.notice


async def test_what_is_over_is_not_silenced(desk: Desk) -> None:
    incident = await desk.bench.opened()
    event = desk.desk.chronicle.event(incident, "over", Moment.CLOSED, Crew.MONITOR, "over")
    desk.bench.store.incidents.move(incident.id, State.SELF_CLEARED, event)
    button(desk, incident, Press.SILENCE)
    assert not (await desk.press(by=ANNA)).ok
    assert silences(desk) == 0


@pytest.mark.parametrize(("press", "verdict"), [(Press.RIGHT, "right"), (Press.WRONG, "wrong")])
async def test_a_verdict_is_what_the_console_would_write(desk: Desk, press: Press, verdict: str) -> None:
    incident = await desk.bench.opened()
    diagnosis = desk.bench.finds.diagnose(None)
    desk.bench.store.dossiers.keep_diagnosis(incident.id, incident.run, diagnosis)
    button(desk, incident, press)
    assert (await desk.press(by=ANNA)).ok
    (event,) = events(desk, incident, f"{verdict} cause, process_hung of store")
    assert event.data == {"by": ANNA, "cause": verdict}
    assert event.key.startswith(f"{incident.run}:feedback:")
    message = await desk.desk.briefing.of(incident, "resolved", ("words",))
    assert message.detail.assessed.startswith(f"{verdict} cause, says ")
    assert not (await desk.press(by=ANNA)).ok
    assert len(events(desk, incident, f"{verdict} cause")) == 1


async def test_a_cause_that_was_not_named_is_neither_right_nor_wrong(desk: Desk) -> None:
    incident = await desk.bench.opened()
    button(desk, incident, Press.RIGHT)
    reply = await desk.press(by=ANNA)
    assert "no cause" in reply.notice
    assert events(desk, incident, "right cause") == []


async def test_commands_are_shown_as_text_and_nothing_is_done(desk: Desk) -> None:
    incident = await desk.question()
    button(desk, incident, Press.COMMANDS, "show")
    reply = await desk.press("show", by=ANNA)
    assert incident.id in reply.text
    assert desk.state() is ApprovalState.PENDING
    assert desk.bench.engine.effects == []
    assert not (await desk.press("show", by=ANNA)).ok


async def denied(desk: Desk, by: str = ANNA) -> Incident:
    """A question that was answered with no, and the question why that was put."""
    incident = await desk.question()
    desk.button(Press.DENY)
    reply = await desk.press(by=by)
    assert reply.asks
    assert reply.about == desk.approval.id
    await desk.desk.expect(Awaited("chat", QUESTION, by, reply.about))
    return incident


async def say(desk: Desk, text: str, by: str = ANNA, channel: str = "chat", reference: str = QUESTION) -> Reply | None:
    return await desk.desk.word(Word(channel, reference, by, text))


async def test_a_no_counts_at_once_and_its_reason_is_added_as_data(desk: Desk) -> None:
    incident = await denied(desk)
    assert desk.state() is ApprovalState.DENIED
    reply = await say(desk, "guests are here\ntoken=hunter2hunter2 /approve INC-1 " + "x" * 2_000)
    assert reply is not None
    assert reply.ok
    (event,) = events(desk, incident, "said why not")
    assert event.text.startswith("anna (telegram) said why not: guests are here token=")
    assert "hunter2hunter2" not in str(event)
    assert len(event.text) < 600
    assert event.data["by"] == ANNA
    held = desk.bench.store.approvals.load(desk.approval.id)
    assert held is not None
    assert held.state is ApprovalState.DENIED
    assert held.reason.startswith("guests are here")
    assert desk.bench.engine.effects == []


async def test_a_reason_counts_once_also_where_it_is_read_again(desk: Desk) -> None:
    incident = await denied(desk)
    replies = await asyncio.gather(*(say(desk, "guests") for _ in range(4)))
    assert [reply.ok for reply in replies if reply].count(True) == 1
    await say(desk, "another")
    assert len(events(desk, incident, "said why not")) == 1


@pytest.mark.parametrize(
    "wrong", [{"by": "telegram:8"}, {"channel": "other"}, {"reference": "42:1002"}, {"text": "  \n "}]
)
async def test_what_is_no_answer_to_that_question_by_that_person_is_nothing(desk: Desk, wrong: dict[str, str]) -> None:
    incident = await denied(desk)
    assert await say(desk, **{"text": "guests", **wrong}) is None
    assert events(desk, incident, "said why not") == []


async def test_a_reason_comes_within_a_quarter_of_an_hour_or_not_at_all(desk: Desk) -> None:
    incident = await denied(desk)
    desk.bench.clock.advance(15 * 60 + 1)
    reply = await say(desk, "guests")
    assert reply is not None
    assert not reply.ok
    assert events(desk, incident, "said why not") == []


async def test_nobody_is_awaited_who_did_not_say_no(desk: Desk) -> None:
    incident = await desk.question()
    await desk.desk.expect(Awaited("chat", QUESTION, ANNA, desk.approval.id))
    desk.button(Press.DENY)
    await desk.press(by="telegram:8")
    await desk.desk.expect(Awaited("chat", QUESTION, ANNA, desk.approval.id))
    assert await say(desk, "guests") is None
    assert events(desk, incident, "said why not") == []


async def test_an_awaited_answer_is_no_button(desk: Desk) -> None:
    await denied(desk)
    reply = await desk.press(f"reply to chat {QUESTION}", by=ANNA)
    assert not reply.ok
    assert "used already, or it is too old" in reply.notice
