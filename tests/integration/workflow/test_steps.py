"""The whole story on a real store: what each trouble comes to, counted in effects on the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import State
from lamplighter.domain.ledger import AttemptState
from lamplighter.domain.plan import Target
from lamplighter.domain.policy import Mode
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.domain.verification import SignalState
from lamplighter.ports import Effect, Snapshot
from lamplighter.testing import FakeAction, FakeChannel, FakeClock, FakeEngine
from lamplighter.workflow.remedy import READING_AGE_SECONDS_MAX
from lamplighter.workflow.story import Superseded
from tests.integration.workflow.conftest import MIB, Bench

FIRING, CLEAR, NO_DATA = SignalState.FIRING, SignalState.CLEAR, SignalState.NO_DATA


class Breaking(FakeAction):
    """Does what it should, and leaves the target down."""

    __slots__ = ()

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        effect = await FakeAction.act(self, target, params, key)
        self.engine.parts[target.id] = replace(self.engine.parts[target.id], running=False)
        return effect


class Blind(FakeAction):
    """Cannot tell whether it happened."""

    __slots__ = ()

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        return None


@dataclass
class SlowEngine(FakeEngine):
    """An engine on whose calls time passes."""

    clock: FakeClock = field(default_factory=FakeClock)


class Slow(FakeAction):
    """Takes longer than a reading of the signal is believed."""

    __slots__ = ()

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        effect = await FakeAction.act(self, target, params, key)
        await self.engine.clock.sleep(READING_AGE_SECONDS_MAX)
        return effect


async def test_a_hung_service_is_restarted_verified_and_learned_from(bench: Bench) -> None:
    bench.heals()
    incident = await bench.opened()
    assert await bench.run(incident) is State.RESOLVED
    assert bench.engine.effects == [("restart", "store")]
    (lesson,) = await bench.steps.knowledge.recall(incident.trouble, "")
    assert (lesson.outcome, lesson.actions, lesson.component) == ("recovered", ("restart store",), "store")
    assert [message.moment for message in bench.channel.sent] == ["opened", "resolved"]
    ended = bench.store.incidents.load(incident.id)
    assert ended.resolved_by == "lamplighter"
    order = [moment for moment in bench.moments(incident) if moment in {"planned", "judged", "intended", "acting"}]
    assert order == ["planned", "judged", "intended", "acting"]


async def test_an_oom_kill_gets_room_and_a_start(bench: Bench) -> None:
    bench.finds.fault = "oom_killed"
    bench.heals()
    incident = await bench.opened()
    await bench.run(incident)
    assert bench.engine.limits[bench.part.id] == 128 * MIB
    assert bench.state(incident) is State.RESOLVED


async def test_a_trouble_that_ends_after_the_first_of_two_actions_is_resolved_and_learned(bench: Bench) -> None:
    bench.finds.fault = "oom_killed"
    bench.engine = SlowEngine(clock=bench.clock)
    bench.part = bench.engine.add("store", **{"lamplighter.allow": "limits,restart"})
    bench.acts(Slow)
    bench.heals()
    incident = await bench.opened()
    assert await bench.run(incident) is State.RESOLVED
    assert bench.engine.effects == [("set_memory_limit", "store")]
    (lesson,) = await bench.steps.knowledge.recall(incident.trouble, "")
    assert lesson.outcome == "recovered"


async def test_without_data_nothing_is_done_and_nothing_is_called_good(bench: Bench) -> None:
    bench.signal.states[:] = [NO_DATA]
    incident = await bench.opened()
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []


async def test_data_lost_after_the_action_is_unknown_and_not_undone(bench: Bench) -> None:
    bench.finds.fault = "oom_killed"
    bench.signal.states[:] = [FIRING, NO_DATA]
    incident = await bench.opened()
    bench.store.incidents.load(incident.id)
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert [verb for verb, _ in bench.engine.effects] == ["set_memory_limit", "start"]
    assert bench.engine.limits[bench.part.id] == 128 * MIB
    assert "verified" in bench.moments(incident)
    assert bench.store.incidents.load(incident.id).closed_at is None


async def test_a_clear_look_between_missing_ones_resolves_nothing(bench: Bench) -> None:
    bench.signal.states[:] = [FIRING, *([CLEAR, NO_DATA] * 20), NO_DATA]
    incident = await bench.opened()
    assert await bench.run(incident) is State.NEEDS_HUMAN


async def test_worse_is_put_back_once_and_frozen(bench: Bench) -> None:
    bench.finds.fault = "oom_killed"
    bench.acts(Breaking)
    incident = await bench.opened()
    assert await bench.run(incident) is State.ROLLED_BACK
    done = ["set_memory_limit", "start", "undo start", "undo set_memory_limit"]
    assert [verb for verb, _ in bench.engine.effects] == done
    assert bench.engine.limits[bench.part.id] == 64 * MIB
    assert bench.part.id in bench.store.ledger.frozen()

    bench.clock.advance(3600)
    second = await bench.opened("Other")
    assert await bench.run(second) is State.NEEDS_HUMAN
    assert len(bench.engine.effects) == len(done)


async def test_an_action_that_does_not_help_is_tried_a_bounded_number_of_times(bench: Bench) -> None:
    ends = []
    for number in range(8):
        incident = await bench.opened(f"StoreDown{number}")
        ends.append(await bench.run(incident))
        bench.clock.advance(30)
    assert set(ends) == {State.NEEDS_HUMAN}
    assert len(bench.engine.effects) <= bench.rules.limits.per_target


async def test_flapping_is_acted_on_a_bounded_number_of_times(bench: Bench) -> None:
    for _ in range(30):
        before = len(bench.engine.effects)
        incident = await bench.opened()
        if bench.state(incident) is not State.RECEIVED:
            continue
        bench.signal.states[:], bench.signal.reads = [FIRING, CLEAR], 0
        await bench.run(incident)
        assert len(bench.engine.effects) - before <= 1
        await bench.clears(incident)
        bench.clock.advance(20)
    assert len(bench.engine.effects) <= bench.rules.limits.per_target


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("how", ["never", "label"])
async def test_what_must_never_be_touched_is_not_in_any_mode(bench: Bench, mode: Mode, how: str) -> None:
    if how == "label":
        labels = {"lamplighter.allow": "*", "lamplighter.deny": "*"}
        part = bench.part
        bench.engine.parts[part.id] = replace(part, labels=labels)
        bench.policy(mode, auto=("* container store",))
    else:
        bench.policy(mode, auto=("* container store",), never=("* container store",))
    incident = await bench.opened()
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []
    assert bench.store.approvals.listed(pending_only=False) == []


async def test_watching_only_looks(bench: Bench) -> None:
    bench.policy(Mode.WATCH, auto=("* container store",))
    incident = await bench.opened()
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []


async def test_a_yes_during_the_wait_is_acted_on(bench: Bench) -> None:
    bench.policy(Mode.ASK)
    bench.heals()
    incident = await bench.opened()

    async def yes() -> None:
        (question,) = bench.store.approvals.listed(pending_only=True)
        bench.store.approvals.answer(
            question.id, approve=True, by="admin", reason="", plan_hash=question.plan_hash, now=bench.clock.now()
        )

    bench.steps.meanwhile = [yes]
    assert await bench.run(incident) is State.RESOLVED
    (question,) = bench.store.approvals.listed(pending_only=False)
    assert question.state is ApprovalState.CONSUMED


async def test_no_answer_is_a_no(bench: Bench) -> None:
    bench.policy(Mode.ASK)
    incident = await bench.opened()
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []
    (question,) = bench.store.approvals.listed(pending_only=False)
    assert question.state is ApprovalState.EXPIRED


@pytest.mark.parametrize("answer_first", [False, True], ids=["while waiting", "between yes and act"])
async def test_a_resolved_message_ends_it_without_an_action(bench: Bench, *, answer_first: bool) -> None:
    bench.policy(Mode.ASK)
    incident = await bench.opened()

    async def over() -> None:
        (question,) = bench.store.approvals.listed(pending_only=True)
        if answer_first:
            bench.store.approvals.answer(
                question.id, approve=True, by="admin", reason="", plan_hash=None, now=bench.clock.now()
            )
        await bench.clears(incident)

    bench.steps.meanwhile = [over]
    assert await bench.run(incident) is State.SELF_CLEARED
    assert bench.engine.effects == []


async def test_a_resolved_message_while_investigating_ends_it_without_an_action(bench: Bench) -> None:
    incident = await bench.opened()
    await bench.clears(incident)
    assert await bench.run(incident) is State.SELF_CLEARED
    assert bench.engine.effects == []


async def test_closed_by_a_person_during_the_wait_ends_it(bench: Bench) -> None:
    bench.policy(Mode.ASK)
    incident = await bench.opened()

    async def closed() -> None:
        event = bench.steps.chronicle.event(incident, "person", Moment.CLOSED, Crew.PERSON, "by hand")
        bench.store.incidents.move(incident.id, State.RESOLVED, event)

    bench.steps.meanwhile = [closed]
    with pytest.raises(Superseded):
        await bench.run(incident)
    assert bench.engine.effects == []
    (question,) = bench.store.approvals.listed(pending_only=False)
    assert question.state is ApprovalState.CANCELLED


async def test_an_unknown_outcome_goes_to_a_person(bench: Bench) -> None:
    incident = await bench.opened()
    bench.engine.unsure = True
    bench.acts(Blind)
    assert await bench.run(incident) is State.NEEDS_HUMAN
    (attempt,) = bench.store.ledger.of_incident(incident.id)
    assert attempt.state is AttemptState.UNKNOWN
    assert len(bench.engine.effects) == 1


async def test_a_channel_that_refuses_changes_nothing_of_the_fix(bench: Bench) -> None:
    bench.channel = FakeChannel(refuses="401")
    bench.build()
    bench.heals()
    incident = await bench.opened()
    assert await bench.run(incident) is State.RESOLVED
    told = [event.text for event in bench.store.incidents.timeline(incident.id) if event.moment == "notified"]
    assert told
    assert all("did not take the message" in text for text in told)


async def test_the_same_name_twice_is_no_target(bench: Bench) -> None:
    bench.engine.add("store")
    incident = await bench.opened()
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []


async def test_an_engine_that_is_away_is_never_taken_for_an_empty_one(bench: Bench) -> None:
    bench.engine.dead = True
    incident = await bench.opened()
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []


async def test_a_fix_that_did_not_hold_is_not_repeated_alone(bench: Bench) -> None:
    first = await bench.opened()
    assert await bench.run(first) is State.NEEDS_HUMAN
    bench.clock.advance(3 * 3600)
    second = await bench.opened("Other")
    await bench.run(second)
    votes = [event.text for event in bench.store.incidents.timeline(second.id) if event.moment == "voted"]
    assert any("did not hold the last time" in text for text in votes)
