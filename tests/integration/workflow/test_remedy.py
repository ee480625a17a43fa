"""Acting on a real ledger: at most one effect for each intent, and none where anything speaks against it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.approval import Grant
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import AttemptState, Result, ResultKind, intent_key
from lamplighter.domain.plan import Plan, Target, Verb
from lamplighter.domain.policy import Limits, Mode, Rules, parse_sentence
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.domain.verification import SignalState
from lamplighter.ports import Effect, ToolError
from lamplighter.testing import FakeAction
from lamplighter.workflow.remedy import Remedy
from lamplighter.workflow.story import Superseded
from tests.integration.workflow.conftest import MIB, Bench


class Dying(FakeAction):
    """Does it, and takes the engine with it."""

    __slots__ = ()

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        await FakeAction.act(self, target, params, key)
        self.engine.dead = True
        raise ToolError("connection reset; password=hunter2hunter2", unsure=True)


async def act(bench: Bench, incident: Incident, plan: Plan, grant: Grant, index: int = 0) -> Result:
    return await bench.steps.act(incident, plan, grant, index)


async def test_done_is_written_with_what_was_before(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    result = await act(bench, incident, plan, grant)
    attempt = bench.attempt(plan, grant)
    assert (result.kind, attempt.state, attempt.before["value.started"]) == (ResultKind.DONE, AttemptState.DONE, "1")
    assert bench.engine.effects == [("restart", "store")]
    assert bench.state(incident) is State.EXECUTING


async def test_the_step_repeated_has_no_second_effect(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    first = await act(bench, incident, plan, grant)
    bench.build()
    assert await act(bench, incident, plan, grant) == first
    assert len(bench.engine.effects) == 1


async def test_two_callers_with_one_intent_have_one_effect(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    await asyncio.gather(*(act(bench, incident, plan, grant) for _ in range(5)))
    assert len(bench.engine.effects) == 1


@pytest.mark.parametrize(
    ("restarted", "kind"), [(True, ResultKind.DONE), (False, ResultKind.FAILED)], ids=["happened", "not"]
)
async def test_found_started_is_settled_by_a_look_and_never_done_again(
    bench: Bench, kind: ResultKind, *, restarted: bool
) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    bench.begin(incident, plan, grant)
    bench.engine.starts[bench.part.id] += int(restarted)
    result = await act(bench, incident, plan, grant)
    assert result.kind is kind
    assert bench.engine.effects == []
    assert "settled" in bench.moments(incident)


async def test_found_started_where_the_target_is_gone_is_unknown(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    bench.begin(incident, plan, grant)
    del bench.engine.parts[bench.part.id]
    assert (await act(bench, incident, plan, grant)).kind is ResultKind.UNKNOWN
    assert bench.attempt(plan, grant).state is AttemptState.UNKNOWN


async def test_found_started_while_the_engine_is_away_is_unknown(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    bench.begin(incident, plan, grant)
    bench.engine.dead = True
    assert (await act(bench, incident, plan, grant)).kind is ResultKind.UNKNOWN


async def test_an_unsure_answer_is_settled_by_a_look(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    bench.engine.unsure = True
    result = await act(bench, incident, plan, bench.grant(incident, plan))
    assert (result.kind, len(bench.engine.effects)) == (ResultKind.DONE, 1)


async def test_an_unsure_answer_of_an_engine_that_then_is_away_is_unknown(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    bench.acts(Dying)
    grant = bench.grant(incident, plan)
    result = await act(bench, incident, plan, grant)
    assert result.kind is ResultKind.UNKNOWN
    assert "hunter2" not in bench.attempt(plan, grant).detail
    bench.engine.dead = False
    assert (await act(bench, incident, plan, grant)).kind is ResultKind.UNKNOWN
    assert len(bench.engine.effects) == 1


async def test_an_engine_that_says_no_is_a_failure_and_is_not_asked_again(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    bench.engine.broken = "HTTP 500"
    assert (await act(bench, incident, plan, grant)).kind is ResultKind.FAILED
    assert (await act(bench, incident, plan, grant)).kind is ResultKind.FAILED
    assert len(bench.engine.effects) == 1


async def test_a_new_thing_of_the_same_name_is_not_touched(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    del bench.engine.parts[bench.part.id]
    bench.engine.add("store", **{"lamplighter.allow": "restart"})
    result = await act(bench, incident, plan, bench.grant(incident, plan))
    assert result.kind is not ResultKind.DONE
    assert bench.engine.effects == []


async def test_a_target_that_goes_between_judgement_and_look_is_not_touched(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)

    async def nothing_against() -> str:
        del bench.engine.parts[bench.part.id]
        return ""

    result = await bench.remedy.act(incident, plan, bench.grant(incident, plan), 0, nothing_against)
    assert result.kind is ResultKind.FAILED
    assert "gone" in result.detail
    assert bench.engine.effects == []


async def test_the_switch_pressed_between_intent_and_start_stops_it(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)

    async def pressing() -> str:
        bench.switch.pause(by="admin", reason="wait", duration=None)
        return ""

    result = await bench.remedy.act(incident, plan, grant, 0, pressing)
    assert "paused by admin" in result.detail
    assert bench.engine.effects == []
    assert bench.attempt(plan, grant).state is AttemptState.FAILED
    assert bench.store.ledger.open() == []


@pytest.mark.parametrize("planned", [False, True], ids=["fresh", "found planned"])
async def test_a_pressed_switch_stops_it_and_leaves_no_open_intent(bench: Bench, *, planned: bool) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    if planned:
        bench.intend(incident, plan, grant)
    bench.switch.pause(by="admin", reason="wait", duration=None)
    assert (await act(bench, incident, plan, grant)).kind is ResultKind.STOPPED
    bench.switch.resume(by="admin")
    await act(bench, incident, plan, grant)
    assert bench.store.ledger.open() == []
    assert len(bench.engine.effects) == (0 if planned else 1)


@pytest.mark.parametrize("planned", [False, True], ids=["fresh", "found planned"])
@pytest.mark.parametrize("how", ["reading", "webhook"])
async def test_a_signal_that_cleared_before_acting_needs_nothing(bench: Bench, how: str, *, planned: bool) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    if planned:
        bench.intend(incident, plan, grant)
    if how == "reading":
        bench.signal.states[:] = [SignalState.CLEAR]
    else:
        await bench.clears(incident)
    assert (await act(bench, incident, plan, grant)).kind is ResultKind.CLEARED
    assert bench.engine.effects == []
    assert bench.store.ledger.open() == []


@pytest.mark.parametrize("readable", [True, False], ids=["no data", "no reader"])
async def test_what_cannot_be_seen_is_not_acted_on_by_policy_alone(bench: Bench, *, readable: bool) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    if readable:
        bench.signal.states[:] = [SignalState.NO_DATA]
    else:
        bench.signal = None
        bench.build()
    result = await act(bench, incident, plan, bench.grant(incident, plan))
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])


async def test_a_person_may_have_it_done_though_the_signal_cannot_be_seen(bench: Bench) -> None:
    incident = await bench.approved(State.AWAITING_APPROVAL)
    plan = bench.plan(incident)
    bench.signal.states[:] = [SignalState.NO_DATA]
    grant = await bench.asked(incident, plan)
    bench.store.incidents.move(
        incident.id, State.APPROVED, bench.steps.chronicle.event(incident, "yes", Moment.ANSWERED, Crew.PERSON, "")
    )
    assert (await act(bench, incident, plan, grant)).kind is ResultKind.DONE


async def test_a_frozen_target_is_left_alone_even_with_a_yes(bench: Bench) -> None:
    incident = await bench.approved(State.AWAITING_APPROVAL)
    plan = bench.plan(incident)
    grant = await bench.asked(incident, plan)
    bench.store.ledger.freeze(bench.part.id, "became worse", bench.clock.now())
    result = await act(bench, incident, plan, grant)
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])
    assert "frozen" in result.detail


async def test_a_yes_counts_for_its_own_plan_only(bench: Bench) -> None:
    incident = await bench.approved(State.AWAITING_APPROVAL)
    grant = await bench.asked(incident, bench.plan(incident))
    other = bench.plan(incident, Verb.SET_MEMORY_LIMIT)
    result = await act(bench, incident, other, grant)
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])
    assert bench.store.ledger.of_incident(incident.id) == []


async def test_a_yes_counts_for_its_own_incident_only(bench: Bench) -> None:
    first = await bench.approved(State.AWAITING_APPROVAL)
    grant = await bench.asked(first, bench.plan(first))
    second = await bench.approved(name="Other")
    result = await act(bench, second, bench.plan(second), grant)
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])


@pytest.mark.parametrize("answered", [True, False], ids=["expired", "never answered"])
async def test_without_a_yes_in_time_nothing_is_done(bench: Bench, *, answered: bool) -> None:
    incident = await bench.approved(State.AWAITING_APPROVAL)
    plan = bench.plan(incident)
    grant = await bench.asked(incident, plan, yes=answered)
    if answered:
        bench.clock.advance(901)
    result = await act(bench, incident, plan, grant)
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])
    assert "skipped" in bench.moments(incident)


async def test_a_yes_is_used_once(bench: Bench) -> None:
    incident = await bench.approved(State.AWAITING_APPROVAL)
    plan = bench.plan(incident)
    grant = await bench.asked(incident, plan)
    bench.intend(incident, plan, grant)
    stolen = bench.plan(incident, Verb.START)
    assert (await act(bench, incident, stolen, grant)).kind is ResultKind.STOPPED
    assert bench.engine.effects == []


async def test_an_intent_found_after_its_yes_expired_is_not_begun(bench: Bench) -> None:
    incident = await bench.approved(State.AWAITING_APPROVAL)
    plan = bench.plan(incident)
    grant = await bench.asked(incident, plan)
    bench.intend(incident, plan, grant)
    bench.clock.advance(7200)
    bench.build()
    result = await act(bench, incident, plan, grant)
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])
    assert "expired" in result.detail
    assert bench.store.ledger.open() == []


@pytest.mark.parametrize("never", ["restart container store", "* *"])
@pytest.mark.parametrize("asked", [True, False], ids=["with a yes", "by policy"])
async def test_a_never_written_meanwhile_wins(bench: Bench, never: str, *, asked: bool) -> None:
    incident = await bench.approved(State.AWAITING_APPROVAL if asked else State.APPROVED)
    plan = bench.plan(incident)
    grant = await bench.asked(incident, plan) if asked else bench.grant(incident, plan)
    bench.policy(never=(never,))
    result = await act(bench, incident, plan, grant)
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])


async def test_a_mode_narrowed_meanwhile_takes_policys_grant_back(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    bench.policy(Mode.ASK)
    result = await act(bench, incident, plan, bench.grant(incident, plan))
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])


async def test_a_group_that_fails_meanwhile_is_not_acted_on(bench: Bench) -> None:
    incident = await bench.approved(State.AWAITING_APPROVAL)
    plan = bench.plan(incident)
    grant = await bench.asked(incident, plan)
    for number in range(4):
        bench.engine.add(f"other{number}", running=False)
    result = await act(bench, incident, plan, grant)
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])
    assert "mass failure" in result.detail


async def test_many_yeses_at_once_stay_within_the_budget(bench: Bench) -> None:
    waiting = []
    for number in range(14):
        part = bench.engine.add(f"c{number}")
        incident = await bench.approved(State.AWAITING_APPROVAL, name=f"Down{number}", container=part.name)
        plan = bench.plan(incident, part=part)
        waiting.append((incident, plan, await bench.asked(incident, plan)))
        event = bench.steps.chronicle.event(incident, "yes", Moment.ANSWERED, Crew.PERSON, "")
        bench.store.incidents.move(incident.id, State.APPROVED, event)
    results = await asyncio.gather(*(act(bench, *one) for one in waiting))
    assert len(bench.engine.effects) == bench.rules.limits.total
    assert sum(result.kind is ResultKind.STOPPED for result in results) == 4


async def test_two_responses_at_once_have_one_effect_on_one_target(bench: Bench) -> None:
    first, second = await bench.approved(), await bench.approved(name="Other")
    plans = [bench.plan(one) for one in (first, second)]
    results = await asyncio.gather(
        *(act(bench, one, plan, bench.grant(one, plan)) for one, plan in zip((first, second), plans, strict=True))
    )
    assert len(bench.engine.effects) == 1
    assert min(result.kind for result in results) is ResultKind.DONE
    assert bench.store.ledger.open() == []


async def test_an_open_action_of_another_process_keeps_us_off(bench: Bench) -> None:
    first, second = await bench.approved(), await bench.approved(name="Other")
    held = bench.plan(first)
    bench.begin(first, held, bench.grant(first, held))
    plan = bench.plan(second)

    async def unseen() -> str:
        return ""

    result = await bench.remedy.act(second, plan, bench.grant(second, plan), 0, unseen)
    assert (result.kind, bench.engine.effects) == (ResultKind.FAILED, [])
    assert "being worked on" in result.detail


async def test_an_incident_closed_by_a_person_is_not_acted_on(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    event = bench.steps.chronicle.event(incident, "person", Moment.CLOSED, Crew.PERSON, "done by hand")
    bench.store.incidents.move(incident.id, State.RESOLVED, event)
    result = await act(bench, incident, plan, bench.grant(incident, plan))
    assert (result.kind, bench.engine.effects) == (ResultKind.STOPPED, [])


async def test_an_incident_closed_in_the_last_moment_leaves_the_target_free(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    grant = bench.grant(incident, plan)
    started = Remedy._effect

    async def closed_first(self: Remedy, *parts: object) -> Result:
        event = bench.steps.chronicle.event(incident, "person", Moment.CLOSED, Crew.PERSON, "done by hand")
        bench.store.incidents.move(incident.id, State.RESOLVED, event)
        return await started(self, *parts)

    monkeypatch.setattr(Remedy, "_effect", closed_first)
    with pytest.raises(Superseded):
        await act(bench, incident, plan, grant)
    assert bench.engine.effects == []
    assert bench.attempt(plan, grant).state is AttemptState.FAILED
    assert bench.store.ledger.open() == []


async def test_undoing_happens_once_and_freezes(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident, Verb.SET_MEMORY_LIMIT)
    grant = bench.grant(incident, plan)
    done = await act(bench, incident, plan, grant)
    assert bench.engine.limits[bench.part.id] == 128 * MIB
    for _ in range(2):
        undone = await bench.steps.undo(incident, plan, grant, (done,))
        assert undone.kind is ResultKind.DONE
    assert bench.engine.limits[bench.part.id] == 64 * MIB
    assert bench.engine.effects == [("set_memory_limit", "store"), ("undo set_memory_limit", "store")]
    assert bench.part.id in bench.store.ledger.frozen()


async def test_an_undo_that_fails_freezes_and_says_so(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident, Verb.SET_MEMORY_LIMIT)
    grant = bench.grant(incident, plan)
    done = await act(bench, incident, plan, grant)
    bench.engine.broken = "HTTP 500"
    undone = await bench.steps.undo(incident, plan, grant, (done,))
    assert undone.kind is ResultKind.FAILED
    assert "rollback failed" in undone.detail
    assert "undoing failed" in bench.store.ledger.frozen()[bench.part.id]


async def test_an_undo_found_begun_is_unknown_and_not_repeated(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident, Verb.SET_MEMORY_LIMIT)
    grant = bench.grant(incident, plan)
    done = await act(bench, incident, plan, grant)
    attempt = bench.attempt(plan, grant)
    key = intent_key(grant.id, plan.actions[0], undo=True)
    undoing = bench.remedy._intent(incident, plan, grant, plan.actions[0], key, undo_of=attempt.key)
    bench.store.ledger.plan(undoing, approval_id="")
    assert bench.store.ledger.start(key, attempt.before, bench.clock.now())
    undone = await bench.steps.undo(incident, plan, grant, (done,))
    assert undone.kind is ResultKind.FAILED
    assert [verb for verb, _ in bench.engine.effects] == ["set_memory_limit"]
    assert bench.attempt(plan, grant, undo=True).state is AttemptState.UNKNOWN


async def test_the_switch_stops_an_undo_too(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident, Verb.SET_MEMORY_LIMIT)
    grant = bench.grant(incident, plan)
    done = await act(bench, incident, plan, grant)
    bench.switch.pause(by="admin", reason="", duration=None)
    undone = await bench.steps.undo(incident, plan, grant, (done,))
    assert undone.kind is ResultKind.FAILED
    assert [verb for verb, _ in bench.engine.effects] == ["set_memory_limit"]
    assert bench.part.id in bench.store.ledger.frozen()


async def test_a_restart_has_nothing_to_undo_but_freezes(bench: Bench) -> None:
    incident = await bench.approved()
    plan = bench.plan(incident)
    plan = replace(plan, actions=(replace(plan.actions[0], reversible=False),))
    grant = bench.grant(incident, plan)
    done = await act(bench, incident, plan, grant)
    undone = await bench.steps.undo(incident, plan, grant, (done,))
    assert undone.kind is ResultKind.STOPPED
    assert len(bench.engine.effects) == 1
    assert bench.part.id in bench.store.ledger.frozen()


async def test_a_budget_longer_than_a_day_remembers_longer_than_a_day(bench: Bench) -> None:
    week = 7 * 86400
    limits = Limits(per_target=1, per_target_seconds=week, between_seconds=0)
    bench.rules = Rules(Mode.AUTO, (parse_sentence("restart *"),), limits=limits)
    bench.build()
    first = await bench.approved()
    plan = bench.plan(first)
    assert (await act(bench, first, plan, bench.grant(first, plan))).kind is ResultKind.DONE
    bench.clock.advance(timedelta(days=3).total_seconds())
    second = await bench.approved(name="Other")
    again = bench.plan(second)
    assert (await act(bench, second, again, bench.grant(second, again))).kind is ResultKind.STOPPED
    assert len(bench.engine.effects) == 1


async def test_an_action_of_another_response_must_show_its_effect_first(bench: Bench) -> None:
    first, second = await bench.approved(), await bench.approved(name="Other")
    plan, again = bench.plan(first), bench.plan(second)
    assert (await act(bench, first, plan, bench.grant(first, plan))).kind is ResultKind.DONE
    assert (await act(bench, second, again, bench.grant(second, again))).kind is ResultKind.STOPPED
    assert len(bench.engine.effects) == 1
