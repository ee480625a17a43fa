"""Each act asks for its right again, goes the way of the API, and says what came of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lamplighter.domain.access import Person, Role
from lamplighter.domain.amendment import Amendment
from lamplighter.domain.approval import CannotAnswer
from lamplighter.domain.incident import State
from lamplighter.domain.letter import Letter, LetterState
from lamplighter.domain.message import Message
from lamplighter.ports import StoreUnavailable
from lamplighter.testing import NOON
from lamplighter.web.console.acts import ACTS, NOTICE, REPLY, Desk
from lamplighter.web.console.hub import Hub, Said
from lamplighter.web.console.staffing import STAFFING
from tests.unit.reports.conftest import diagnosis
from tests.unit.web.console.conftest import Room, person

HASH = "f" * 24


class Notice:
    """The pane that says what came of an act."""

    is_deleted = False

    def __init__(self) -> None:
        self.said: list[str] = []

    def show(self, html: str) -> None:
        self.said.append(html)


class Bureau:
    """A desk with somebody at it."""

    def __init__(self, room: Room) -> None:
        self.notice = Notice()
        self.person: Person | None = person()
        self.away = False
        hub = Hub(room.context, {}, lambda said: said.words if said.fine else f"! {said.words}")
        self.desk = Desk(room.context, hub, (), self._who, {NOTICE: cast("Any", self.notice)}, person())

    async def _who(self) -> Person | None:
        if self.away:
            raise StoreUnavailable("locked")
        return self.person

    async def act(self, verb: str, **values: str) -> str:
        await self.desk.act({"act": verb, **values})
        return self.notice.said[-1]


@pytest.fixture
def bureau(room: Room) -> Bureau:
    return Bureau(room)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.VIEWER, frozenset({"ask"})),
        (Role.OPERATOR, frozenset(ACTS) - {"approve", "deny", "snooze", "amend"} - frozenset(STAFFING)),
        (Role.APPROVER, frozenset(ACTS) - frozenset(STAFFING)),
        (Role.ADMIN, frozenset(ACTS)),
    ],
)
async def test_every_act_is_asked_for_its_right(
    bureau: Bureau, room: Room, role: Role, allowed: frozenset[str]
) -> None:
    bureau.person = person(role)
    room.app.store.approvals.answer = lambda *_, **__: SimpleNamespace(incident_id="INC-9")
    room.app.store.approvals.load = lambda _: None
    room.app.communicator = SimpleNamespace(posting=SimpleNamespace(channels=()))
    for verb in ACTS:
        said = await bureau.act(verb)
        assert (f"robin is {role.word}" in said) is (verb not in allowed), verb


async def test_who_is_signed_out_does_nothing(bureau: Bureau, room: Room) -> None:
    bureau.person = None
    assert "signed out" in await bureau.act("pause")
    assert room.paused == ""


async def test_an_act_that_nobody_knows_is_none(bureau: Bureau) -> None:
    assert (await bureau.act("__class__")).startswith("! this page knows no such act")
    await bureau.desk.act({})
    assert bureau.notice.said[-1].startswith("!")


async def test_pause_and_resume_are_recorded_under_the_name(bureau: Bureau, room: Room) -> None:
    assert "paused" in await bureau.act("pause", reason="moving disks")
    assert room.paused == "by robin: moving disks"
    await bureau.act("resume")
    assert room.paused == ""


async def test_the_switch_is_pressed_while_the_store_is_away_and_nothing_else_is(bureau: Bureau, room: Room) -> None:
    bureau.away = True
    assert (await bureau.act("pause", reason="help")).startswith("paused")
    assert room.paused == "by robin: help"
    assert await bureau.act("resume") == "! nothing was done: locked"
    assert await bureau.act("comment") == "! nothing was done: locked"
    assert room.paused == "by robin: help"


@pytest.mark.parametrize("last", [None, person(Role.VIEWER)])
async def test_without_a_store_the_last_that_was_known_of_the_person_counts(
    bureau: Bureau, room: Room, last: Person | None
) -> None:
    bureau.person = last
    await bureau.act("comment")
    bureau.away = True
    assert (await bureau.act("pause")).startswith("!")
    assert room.paused == ""


async def test_an_answer_is_bound_to_its_plan_and_its_person(bureau: Bureau, room: Room) -> None:
    given: list[tuple[str, dict[str, Any]]] = []
    room.incidents.open(1)

    def answer(identity: str, **values: Any) -> Any:  # noqa: ANN401 - as the store has it
        given.append((identity, values))
        return SimpleNamespace(incident_id="INC-1")

    room.app.store.approvals.answer = answer
    assert (await bureau.act("approve", approval="APP-1", plan=HASH)).startswith("approved")
    assert (await bureau.act("deny", approval="APP-1", plan=HASH, reason="no")).startswith("denied")
    assert [(one, values["approve"], values["plan_hash"]) for one, values in given] == [
        ("APP-1", True, HASH),
        ("APP-1", False, HASH),
    ]
    assert {values["by"] for _, values in given} == {"robin"}
    assert room.told.woken == ["INC-1", "INC-1"]
    assert "plan_hash" in await bureau.act("approve", approval="APP-1", plan="not a hash")
    assert len(given) == 2


async def test_a_yes_while_actions_are_paused_is_told_to_run_nothing(bureau: Bureau, room: Room) -> None:
    room.incidents.open(1)
    room.app.store.approvals.answer = lambda *_, **__: SimpleNamespace(incident_id="INC-1")
    await bureau.act("pause", reason="moving disks")
    said = await bureau.act("approve", approval="APP-1", plan=HASH)
    assert said.startswith("approved, but actions are paused by robin: moving disks: nothing runs")


async def test_why_somebody_said_no_is_kept_without_secrets_and_controls(bureau: Bureau, room: Room) -> None:
    kept: list[str] = []
    room.incidents.open(1)

    def answer(_: str, *, reason: str, **__: object) -> Any:  # noqa: ANN401 - as the store has it
        kept.append(reason)
        return SimpleNamespace(incident_id="INC-1")

    room.app.store.approvals.answer = answer
    await bureau.act("deny", approval="APP-1", plan=HASH, reason="it has password=hunter2hunter2\x1b[2J")
    (reason,) = kept
    assert reason.startswith("it has password=")
    assert "hunter2" not in reason
    assert "\x1b" not in reason


async def test_an_answer_that_comes_late_is_told(bureau: Bureau, room: Room) -> None:
    def answer(*_: object, **__: object) -> None:
        raise CannotAnswer("approval APP-1 is already denied")

    room.app.store.approvals.answer = answer
    assert (await bureau.act("approve", approval="APP-1", plan=HASH)).startswith("! approval APP-1 is already denied")


async def test_people_comment_acknowledge_and_close(bureau: Bureau, room: Room) -> None:
    room.incidents.open(1)
    await bureau.act("comment", incident="INC-1", text="looking at it")
    await bureau.act("acknowledge", incident="INC-1")
    await bureau.act("resolve", incident="INC-1", resolution="bought a disk")
    assert room.incidents.held["INC-1"].state is State.RESOLVED
    assert room.incidents.held["INC-1"].resolved_by == "robin"
    assert any(event.text == "looking at it" for event in room.incidents.events)
    await bureau.act("reopen", incident="INC-1", reason="full again")
    assert room.incidents.held["INC-1"].run == 2
    assert (await bureau.act("comment", incident="INC-1", text="")).startswith("! text")
    assert (await bureau.act("merge", incident="INC-1", into="INC-1")).startswith("! INC-1 cannot be merged")
    assert (await bureau.act("split", incident="INC-9", trouble="x")).startswith("!")


async def test_a_field_that_no_page_has_changes_no_plan(bureau: Bureau) -> None:
    for field in ("limit-01", "limit-7", "keep-x"):
        values = {"keep-1": "on", "keep-7": "on", field: ""}
        said = await bureau.act("amend", approval="APP-1", plan="no hash", **values)
        assert said.startswith("! plan_hash"), field


async def test_a_question_is_put_off_as_from_a_message(bureau: Bureau, room: Room) -> None:
    room.incidents.open(1)
    put: list[tuple[object, str, str]] = []
    held = SimpleNamespace(id="APP-1", incident_id="INC-1")
    room.app.store.approvals.load = lambda identity: held if identity == "APP-1" else None

    async def put_off(approval: object, incident: Any, by: str) -> object:  # noqa: ANN401 - an incident
        if put:
            raise CannotAnswer("it was put off long enough")
        put.append((approval, incident.id, by))
        return approval

    room.app.communicator = SimpleNamespace(answering=SimpleNamespace(put_off=put_off))
    assert (await bureau.act("snooze", approval="APP-1")).startswith("I ask again in 30 minutes")
    assert put == [(held, "INC-1", "robin")]
    assert (await bureau.act("snooze", approval="APP-1")).startswith("! it was put off long enough")
    assert (await bureau.act("snooze", approval="APP-2")).startswith("! ")


async def test_what_a_person_thinks_of_the_cause_stands_in_the_timeline(bureau: Bureau, room: Room) -> None:
    room.incidents.open(1)
    assert "no cause that could be right or wrong" in await bureau.act("right", incident="INC-1")
    room.dossiers.found = diagnosis()
    await bureau.act("right", incident="INC-1")
    await bureau.act("wrong", incident="INC-1", reason="a cable\x1b[2J")
    said = [event for event in room.incidents.events if event.data.get("cause")]
    assert [event.text for event in said] == [
        "robin: right cause, oom of shop",
        "robin: wrong cause, oom of shop: a cable\ufffd[2J",
    ]
    assert [(event.data["cause"], event.moment) for event in said] == [("right", "commented"), ("wrong", "commented")]


async def test_a_store_that_is_away_is_told(bureau: Bureau, room: Room) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("locked")

    room.incidents.load = away  # type: ignore[method-assign]
    assert (await bureau.act("comment", incident="INC-1", text="x")).startswith("! nothing was done")
    assert Said("x").fine


async def test_a_form_becomes_less_of_the_plan_and_nothing_else(bureau: Bureau, room: Room) -> None:
    given: list[tuple[Any, ...]] = []

    async def amend(identity: str, plan_hash: str, wanted: Amendment, *, by: str, reason: str) -> None:
        given.append((identity, plan_hash, wanted, by, reason))

    room.app.communicator.amending = SimpleNamespace(amend=amend)
    form = {"approval": "APP-1", "plan": HASH, "reason": " less ", "keep-1": "on", "limit-1": "96", "limit-2": "12"}
    assert (await bureau.act("amend", **form)).startswith("amended; it is judged anew")
    assert given == [("APP-1", HASH, Amendment((1,), {1: 96 * 1024**2}), "robin", "less")]
    await bureau.act("amend", **{**form, "limit-1": " ", "keep-2": "on", "limit-2": "", "keep-x": "on", "keep-²": "on"})
    assert given[1][2] == Amendment((1, 2), {})
    assert "limits.0.bytes" in await bureau.act("amend", **{**form, "limit-1": "ninety"})
    assert "keep" in await bureau.act("amend", **{**form, "keep-99999": "on"})
    assert len(given) == 2


@pytest.mark.parametrize(
    ("state", "problem", "said"),
    [
        (LetterState.SENT, "", "ntfy took the test message"),
        (LetterState.DEAD, "HTTP 403", "! ntfy did not take it: HTTP 403"),
        (LetterState.QUEUED, "", "! ntfy did not take it: it still waits"),
    ],
)
async def test_a_test_message_is_said_to_have_arrived_only_where_the_channel_took_it(
    bureau: Bureau, room: Room, state: LetterState, problem: str, said: str
) -> None:
    bureau.person = person(Role.ADMIN)
    sent: list[tuple[str, tuple[str, ...]]] = []

    async def announce(message: Message, channels: Any) -> None:  # noqa: ANN401 - names
        sent.append((message.key, tuple(channels)))
        ended = None if state is LetterState.QUEUED else NOON
        letter = Letter(
            f"ntfy|{message.key}", "ntfy", message, 1, NOON, NOON, state=state, problem=problem, ended_at=ended
        )
        room.app.store.outbox = SimpleNamespace(listed=lambda: [letter])

    briefing = SimpleNamespace(plain=lambda key, *_: Message(key, "", "test", State.RECEIVED, "info", "test", ()))
    channels = (SimpleNamespace(name="ntfy"), SimpleNamespace(name="mail"))
    room.app.communicator = SimpleNamespace(
        posting=SimpleNamespace(channels=channels, briefing=briefing, announce=announce)
    )
    assert (await bureau.act("send_test", channel="ntfy")).startswith(said)
    assert [channels for _, channels in sent] == [("ntfy",)]
    assert (await bureau.act("send_test", channel="nobody")).startswith("! there is no channel 'nobody'")


async def test_an_answer_is_shown_on_the_page_of_who_asked_and_nowhere_else(bureau: Bureau, room: Room) -> None:
    room.incidents.open(1)
    room.dossiers.found = diagnosis()
    mine, shown = Notice(), Notice()
    bureau.desk.panes = {**bureau.desk.panes, REPLY: cast("Any", mine)}
    bureau.desk.shown = lambda incident, reply: shown.said.append(incident) or reply.answer.text  # type: ignore[func-returns-value]
    assert await bureau.act("ask", incident="INC-1", question="why?") == ""
    assert mine.said == ["shop was killed for memory"]
    assert shown.said == ["INC-1"]


async def test_a_question_that_is_too_long_or_empty_is_refused(bureau: Bureau, room: Room) -> None:
    room.incidents.open(1)
    for question in ("", "   ", "x" * 501):
        assert (await bureau.act("ask", incident="INC-1", question=question)).startswith("! question:")


async def test_the_real_cause_is_written_down(bureau: Bureau, room: Room) -> None:
    room.incidents.open(1)
    room.dossiers.found = diagnosis()
    said = await bureau.act("correct", incident="INC-1", component=" nas ", text="its disk was full")
    assert said == "written into the timeline"
    event = room.incidents.events[-1]
    assert event.text == "robin: wrong cause, oom of shop; it was nas: its disk was full"
    assert (event.data["cause"], event.data["component"]) == ("wrong", "nas")
