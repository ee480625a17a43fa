"""An amendment takes away and never adds: no other target, verb or order, and no limit beyond what was proposed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.amendment import (
    AMENDMENTS_MAX,
    Amendment,
    Span,
    Unfit,
    amend,
    changes,
    for_a_person,
    span_of,
    why_not,
)
from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.policy import Ruling, Verdict

MIB = 1024**2
STORE = Target("docker", "container", "store", "id-1")
RAISE = Action(Verb.SET_MEMORY_LIMIT, STORE, {"bytes": str(128 * MIB)}, present={"bytes": str(64 * MIB)})
START = Action(Verb.START, STORE)
RESTART = Action(Verb.RESTART, Target("docker", "container", "front", "id-2"))
PLAN = Plan("INC-1", 1, "store", "oom_killed", 0.9, (RAISE, START), facts=("f1",), evidence="e")
SIZES = st.integers(1, 200 * MIB)


@st.composite
def actions(draw: st.DrawFn) -> Action:
    verb = draw(st.sampled_from(Verb))
    target = draw(st.sampled_from([STORE, RESTART.target]))
    if verb is not Verb.SET_MEMORY_LIMIT:
        return Action(verb, target)
    present = {"bytes": str(draw(SIZES))} if draw(st.booleans()) else {}
    return Action(verb, target, {"bytes": str(draw(SIZES))}, present=present)


PLANS = st.builds(
    lambda made, before: replace(PLAN, actions=tuple(made), amendments=before),
    st.lists(actions(), max_size=4),
    st.integers(0, AMENDMENTS_MAX + 1),
)
WANTED = st.builds(
    Amendment,
    st.none() | st.lists(st.integers(-1, 6), max_size=5).map(tuple),
    st.dictionaries(st.integers(-1, 6), st.integers(-1, 300 * MIB), max_size=3),
)


@given(PLANS, WANTED)
def test_whatever_is_wanted_what_comes_of_it_is_never_more(plan: Plan, wanted: Amendment) -> None:
    made = amend(plan, wanted)
    if isinstance(made, Unfit):
        assert made.reason
        return
    left = list(plan.actions)
    assert made.actions
    for action in made.actions:
        # In the order of the plan: each is found in what is left of it.
        while left and not is_no_more_than(action, left[0]):
            left.pop(0)
        assert left, "an action that the plan did not have"
        left.pop(0)
    assert replace(made, actions=plan.actions, amends=plan.amends, amendments=plan.amendments) == plan
    assert made.hash != plan.hash
    assert (made.amends, made.amendments) == (plan.hash, plan.amendments + 1)
    assert made.amendments <= AMENDMENTS_MAX
    assert changes(plan, made)


def is_no_more_than(now: Action, before: Action) -> bool:
    if now == before:
        return True
    if now.verb is not Verb.SET_MEMORY_LIMIT or replace(now, params=before.params) != before:
        return False
    return int(before.present["bytes"]) < int(now.params["bytes"]) < int(before.params["bytes"])


@given(PLANS)
def test_leaving_out_all_but_one_is_possible_wherever_something_may_be_amended(plan: Plan) -> None:
    if len(plan.actions) < 2 or plan.amendments >= AMENDMENTS_MAX:
        return
    made = amend(plan, Amendment(keep=(2,)))
    assert isinstance(made, Plan)
    assert made.actions == (plan.actions[1],)


def test_what_is_struck_out_is_said() -> None:
    made = amend(PLAN, Amendment(keep=(2,)))
    assert isinstance(made, Plan)
    assert made.actions == (START,)
    assert changes(PLAN, made) == ("raise the memory limit of store to 128 MiB: struck out",)


def test_a_lower_limit_is_said_beside_the_proposed_one() -> None:
    made = amend(PLAN, Amendment(limits={1: 96 * MIB}))
    assert isinstance(made, Plan)
    assert made.actions[0].params == {"bytes": str(96 * MIB)}
    assert changes(PLAN, made) == ("raise the memory limit of store to 96 MiB instead of 128 MiB",)
    assert span_of(made.actions[0]) == Span(64 * MIB + 1, 96 * MIB)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Amendment(), "the plan as it is"),
        (Amendment(keep=(1, 2)), "the plan as it is"),
        (Amendment(limits={1: 128 * MIB}), "the plan as it is"),
        (Amendment(keep=()), "at least one action stays"),
        (Amendment(keep=(3,)), "there is no action 3; the plan has actions 1 to 2"),
        (Amendment(keep=(0,)), "there is no action 0"),
        (Amendment(keep=(2, 1)), "in the order that they have"),
        (Amendment(keep=(1, 1)), "once each"),
        (Amendment(keep=(2,), limits={1: 96 * MIB}), "action 1, which is not among those that stay"),
        (Amendment(limits={2: 96 * MIB}), r"action 2 \(start store\) sets no memory limit"),
        (Amendment(limits={1: 64 * MIB}), "more than 64 MiB, at most 128 MiB, and not 64 MiB"),
        (Amendment(limits={1: 128 * MIB + 1}), "at most 128 MiB"),
        (Amendment(limits={1: -1}), "more than 64 MiB"),
    ],
)
def test_what_is_not_less_is_refused_with_its_reason(wanted: Amendment, why: str) -> None:
    made = amend(PLAN, wanted)
    assert isinstance(made, Unfit)
    with pytest.raises(ValueError, match=why):
        raise ValueError(made.reason)


@pytest.mark.parametrize(
    "present", [{}, {"bytes": ""}, {"bytes": "-1"}, {"bytes": "0"}, {"bytes": "none"}, {"bytes": str(128 * MIB - 1)}]
)
def test_a_limit_is_chosen_only_where_the_present_one_is_known_and_leaves_room(present: dict[str, str]) -> None:
    action = replace(RAISE, present=present)
    assert span_of(action) is None
    made = amend(replace(PLAN, actions=(action, START)), Amendment(limits={1: 96 * MIB}))
    assert isinstance(made, Unfit)
    assert ("is not known" if not present else "there is none between") in made.reason


def test_one_action_without_a_limit_leaves_nothing_to_amend() -> None:
    assert "say yes or no" in why_not(replace(PLAN, actions=(RESTART,)))
    assert "say yes or no" in why_not(replace(PLAN, actions=()))
    assert why_not(replace(PLAN, actions=(RAISE,))) == ""


def test_after_some_amendments_there_is_only_yes_or_no() -> None:
    plan = PLAN
    for number in range(AMENDMENTS_MAX):
        made = amend(plan, Amendment(limits={1: (120 - number) * MIB}))
        assert isinstance(made, Plan)
        plan = made
    last = amend(plan, Amendment(keep=(2,)))
    assert isinstance(last, Unfit)
    assert "amended 3 times, which is the limit" in last.reason


def test_who_amends_has_not_said_yes_whatever_policy_allows() -> None:
    made = amend(PLAN, Amendment(keep=(2,)))
    assert isinstance(made, Plan)
    allowed = Verdict(Ruling.ALLOWED, "a label allows it", wait_seconds=3)
    assert for_a_person(PLAN, allowed) == allowed
    asked = for_a_person(made, allowed)
    assert (asked.ruling, asked.wait_seconds) == (Ruling.NEEDS_APPROVAL, 3)
    for ruling in (Ruling.REFUSED, Ruling.NEEDS_APPROVAL):
        assert for_a_person(made, Verdict(ruling, "x")) == Verdict(ruling, "x")


def test_the_way_to_a_plan_is_part_of_its_hash_and_a_plan_from_before_keeps_its_own() -> None:
    plain = replace(PLAN, actions=(replace(RAISE, present={}), START))
    assert plain.hash == "7882d494393c9482bdfe6af7"
    assert len({plain.hash, PLAN.hash, replace(PLAN, amends="a").hash, replace(PLAN, amends="b").hash}) == 4
