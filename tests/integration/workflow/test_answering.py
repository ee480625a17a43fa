"""An answer from a message counts once, for one plan, from one channel, and never past its time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.domain.approval import ApprovalState, CannotAnswer
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.letter import Nonce
from lamplighter.domain.message import Press
from lamplighter.ports import Abilities, Pressed, Reply
from lamplighter.testing import FakeChannel
from lamplighter.workflow.answering import OPEN_MAX, Answering
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.posting import Posting
from lamplighter.workflow.postman import digest_of_token
from lamplighter.workflow.quiet import Quiet
from lamplighter.workflow.remarks import Remarks
from lamplighter.workflow.switch import FileSwitch
from tests.integration.workflow.conftest import NOTHING_ALLOWS_IT, Bench


@dataclass
class Desk:
    bench: Bench
    folder: Path
    woken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        store, clock = self.bench.store, self.bench.clock
        briefing = Briefing(store, clock)
        chronicle = Chronicle(store, clock)
        posting = Posting(store, clock, briefing)
        self.quiet = Quiet(store, clock)
        chronicle.mutes = self.quiet
        remarks = Remarks(store, clock, chronicle, briefing, self.quiet)
        self.switch = FileSwitch(self.folder, clock)
        self.desk = Answering(store, clock, chronicle, posting, briefing, self, self.switch, remarks)

    async def wake(self, incident: Incident) -> None:
        self.woken.append(incident.id)

    async def question(self) -> Incident:
        incident = await self.bench.approved(State.COUNCIL_REVIEW)
        self.approval = await self.bench.steps.ask(incident, self.bench.plan(incident), NOTHING_ALLOWS_IT)
        return incident

    def button(self, press: Press, word: str = "token", **changes: str) -> None:
        values = {"channel": "chat", "plan_hash": self.approval.plan_hash, "holder": "", **changes}
        self.bench.store.nonces.issue(
            [
                Nonce(
                    digest_of_token(word),
                    values["channel"],
                    self.approval.incident_id,
                    1,
                    press,
                    self.approval.expires_at,
                    self.approval.id,
                    values["plan_hash"],
                    values["holder"],
                )
            ]
        )

    async def press(self, word: str = "token", by: str = "alex", channel: str = "chat") -> Reply:
        return await self.desk.press(Pressed(channel, word, by))

    def state(self) -> ApprovalState:
        found = self.bench.store.approvals.load(self.approval.id)
        assert found is not None
        return found.state


@pytest.fixture
def desk(bench: Bench, tmp_path: Path) -> Desk:
    return Desk(bench, tmp_path)


async def test_a_yes_counts_once_and_wakes_the_response(desk: Desk) -> None:
    incident = await desk.question()
    desk.button(Press.APPROVE)
    assert (await desk.press()).ok
    assert desk.state() is ApprovalState.APPROVED
    again = await desk.press()
    assert not again.ok
    assert "approved by alex" in again.notice
    assert desk.woken == [incident.id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"word": "other"},
        {"word": ""},
        {"word": "x" * 10_000},
        {"channel": "elsewhere"},
        {"by": ""},
    ],
)
async def test_what_proves_nothing_changes_nothing(desk: Desk, wrong: dict[str, str]) -> None:
    await desk.question()
    desk.button(Press.APPROVE)
    assert not (await desk.press(**wrong)).ok
    assert desk.state() is ApprovalState.PENDING
    assert desk.woken == []


async def test_a_yes_to_another_plan_does_not_count(desk: Desk) -> None:
    await desk.question()
    desk.button(Press.APPROVE, plan_hash="0" * 24)
    reply = await desk.press()
    assert "is for plan" in reply.notice
    assert desk.state() is ApprovalState.PENDING


async def test_a_yes_after_the_expiry_does_not_count(desk: Desk) -> None:
    await desk.question()
    desk.button(Press.APPROVE)
    desk.bench.clock.advance(901)
    assert not (await desk.press()).ok
    assert desk.state() is ApprovalState.PENDING


async def test_the_second_of_two_buttons_finds_the_question_answered(desk: Desk) -> None:
    await desk.question()
    desk.button(Press.DENY, "no")
    desk.button(Press.APPROVE, "yes")
    assert (await desk.press("no")).ok
    assert "already denied" in (await desk.press("yes")).notice
    assert desk.state() is ApprovalState.DENIED


async def test_of_two_who_press_at_once_one_counts(desk: Desk) -> None:
    await desk.question()
    desk.button(Press.DENY, "no")
    desk.button(Press.APPROVE, "yes")
    replies = await asyncio.gather(*(desk.press(word) for word in ("yes", "no", "yes", "no")))
    assert [reply.ok for reply in replies].count(True) == 1
    assert desk.state() in {ApprovalState.APPROVED, ApprovalState.DENIED}
    assert len(desk.woken) == 1


async def test_the_holder_of_a_channel_is_who_answered(desk: Desk) -> None:
    await desk.question()
    desk.desk.posting.channels = (FakeChannel("chat", can=Abilities(holder="ntfy:alex")),)
    desk.button(Press.APPROVE, holder="ntfy:alex")
    await desk.press(by="")
    found = desk.bench.store.approvals.load(desk.approval.id)
    assert found is not None
    assert found.approver == "ntfy:alex"


@pytest.mark.parametrize("now", ["", "ntfy:sam"])
async def test_a_holder_that_is_not_configured_any_more_answers_nothing(desk: Desk, now: str) -> None:
    await desk.question()
    elsewhere = FakeChannel("other", can=Abilities(holder="ntfy:alex"))
    desk.desk.posting.channels = (FakeChannel("chat", can=Abilities(holder=now)), elsewhere)
    desk.button(Press.APPROVE, holder="ntfy:alex")
    reply = await desk.press(by="")
    assert (reply.ok, desk.state()) == (False, ApprovalState.PENDING)
    assert "any more" in reply.notice


async def test_snoozes_end(desk: Desk) -> None:
    await desk.question()
    replies: list[Reply] = []
    while len(replies) < 20 and (not replies or replies[-1].ok):
        held = desk.bench.store.approvals.load(desk.approval.id)
        assert held is not None
        desk.approval = held
        desk.button(Press.SNOOZE, f"later-{len(replies)}")
        replies.append(await desk.press(f"later-{len(replies)}"))
        desk.bench.clock.advance(30 * 60)
    assert "long enough" in replies[-1].notice
    assert 2 < len(replies) < 10
    assert desk.approval.expires_at - desk.approval.asked_at <= OPEN_MAX


async def test_a_question_is_put_off_from_a_page_within_the_same_bound(desk: Desk) -> None:
    incident = await desk.question()
    first = await desk.desk.put_off(desk.approval, incident, "robin")
    assert first.state is ApprovalState.PENDING
    assert desk.woken == [incident.id]
    notes = [event.text for event in desk.bench.store.incidents.timeline(incident.id)]
    assert any(text.startswith("robin wants to be asked again at") for text in notes)
    desk.bench.clock.advance(OPEN_MAX.total_seconds())
    with pytest.raises(CannotAnswer):
        await desk.desk.put_off(first, incident, "robin")


async def test_what_the_response_tells_while_a_message_is_refreshed_stays_the_last_word(desk: Desk) -> None:
    class Overtaken(Posting):
        async def update(self, incident: Incident, moment: str, lines: tuple[str, ...], mark: str = "") -> None:
            if moment == "asked":
                await self.tell(incident, "rejected", ("no",), "", ())
            await super().update(incident, moment, lines, mark)

    incident = await desk.question()
    bench, chat = desk.bench, FakeChannel("chat", can=Abilities(edits=True, buttons_max=5))
    desk.desk.posting = Overtaken(bench.store, bench.clock, desk.desk.briefing, (chat,))
    await desk.desk.posting.tell(incident, "asked", ("may I",), "", ())
    desk.button(Press.ACKNOWLEDGE)
    assert (await desk.press()).ok
    letters = bench.store.outbox.of_incident(incident.id)
    assert [(one.message.moment, one.message.update) for one in letters][:2] == [("rejected", True), ("asked", True)]


async def test_acknowledging_is_written_down_and_ends_with_the_incident(desk: Desk) -> None:
    incident = await desk.question()
    desk.button(Press.ACKNOWLEDGE)
    assert (await desk.press()).ok
    found = desk.bench.store.incidents.load(incident.id)
    assert found is not None
    assert found.acknowledged_by == "alex"


async def test_commands_press_and_release_the_switch_and_tell_how_things_stand(desk: Desk) -> None:
    assert "until" in await desk.desk.command("pause", "2h moving disks", "chat:alex")
    assert "moving disks" in desk.switch.paused()
    assert "Paused" in await desk.desk.command("status", "", "chat:alex")
    assert "may run again" in await desk.desk.command("resume", "", "chat:alex")
    assert desk.switch.paused() == ""
    await desk.desk.command("pause", "just so", "chat:alex")
    assert "just so" in desk.switch.paused()
    assert "/status" in await desk.desk.command("rm", "-rf /", "chat:alex")


async def test_a_pause_has_a_longest_time(desk: Desk) -> None:
    await desk.desk.command("pause", "999999d", "chat:alex")
    desk.bench.clock.advance(timedelta(days=31).total_seconds())
    assert desk.switch.paused() == ""


async def test_a_button_of_a_channel_that_lags_turns_no_other_channel_back(desk: Desk) -> None:
    incident = await desk.question()
    bench = desk.bench
    chat, pager = FakeChannel("chat", can=Abilities(edits=True)), FakeChannel("pager", can=Abilities(buttons_max=5))
    desk.desk.posting = Posting(bench.store, bench.clock, desk.desk.briefing, (chat, pager))
    await desk.desk.posting.tell(incident, "asked", ("may I",), "", ())
    # Only where a message can be changed people see that it goes on.
    await desk.desk.posting.update(incident, "executing", ("restart",))
    desk.button(Press.WHY, channel="pager")
    assert (await desk.press(channel="pager")).ok
    letters = [one for one in bench.store.outbox.of_incident(incident.id) if one.channel == "chat"]
    assert [one.message.moment for one in letters] == ["executing", "executing", "asked"]


async def test_a_reminder_that_waits_for_its_hour_is_not_what_people_were_told(desk: Desk) -> None:
    incident = await desk.question()
    bench, chat = desk.bench, FakeChannel("chat", can=Abilities(edits=True))
    desk.desk.posting = Posting(bench.store, bench.clock, desk.desk.briefing, (chat,))
    await desk.desk.posting.tell(incident, "asked", ("may I",), "", ())
    await desk.desk.posting.update(incident, "executing", ("restart",))
    await desk.desk.posting.remind(incident, ("may I",), bench.clock.now() + timedelta(minutes=30))
    await desk.desk.posting.refresh(incident, "mark")
    assert bench.store.outbox.of_incident(incident.id)[0].message.moment == "executing"
