from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.council import (
    ACTIONS_MAX,
    AUDITOR,
    CHECKS,
    CLOCK_SLACK,
    MEMBERS,
    SECURITY_OFFICER,
    SRE_LEAD,
    Motion,
    Vote,
    auditor,
    security_officer,
    sre_lead,
    tally,
)
from lamplighter.domain.evidence import Fact
from lamplighter.domain.plan import Action, Plan, Risk, Target, Verb
from lamplighter.domain.policy import Record, Ruling, Verdict
from lamplighter.domain.topology import Component
from lamplighter.testing import NOON

FRONT = Component("docker", "container", "front", "c0ffee01")
BACK = Component("docker", "container", "back", "c0ffee02")
TARGET = Target("docker", "container", "front", "c0ffee01")
RESTART = Action(Verb.RESTART, TARGET, reversible=False)
FACT = Fact("f1", "e1", "front", "unresponsive", "front does not answer", NOON)
CAUSE = Cause(1, "front", "process_hung", 0.9, "confirmed", "front hangs", ("f1",), seen=True)
DIAGNOSIS = Diagnosis((CAUSE,), (FACT,))
PLAN = Plan("INC-7", 1, "front", "process_hung", 0.9, (RESTART,), facts=("f1",))
MOTION = Motion(PLAN, DIAGNOSIS, Record(NOON, components=(FRONT, BACK)), NOON, signal_firing=True)
ALLOWED = Verdict(Ruling.ALLOWED, "mode auto")
STRICTNESS = {Ruling.ALLOWED: 0, Ruling.NEEDS_APPROVAL: 1, Ruling.REFUSED: 2}


def acting(*actions: Action) -> Motion:
    return replace(MOTION, plan=replace(PLAN, actions=actions))


def knowing(*causes: Cause, facts: tuple[Fact, ...] = (FACT,)) -> Motion:
    return replace(MOTION, diagnosis=Diagnosis(causes, facts))


def against(vote: Vote, *words: str) -> None:
    assert not vote.in_favour, vote
    assert not vote.failed
    for word in words:
        assert word in vote.reason


def test_a_sound_plan_has_three_voices() -> None:
    for member, check in CHECKS.items():
        vote = check(MOTION)
        assert vote.member == member
        assert vote.in_favour, vote
        assert vote.reason
    assert tuple(CHECKS) == MEMBERS


@pytest.mark.parametrize(
    "target",
    [
        replace(TARGET, id="c0ffee99"),
        replace(TARGET, id=""),
        replace(TARGET, name="back"),
        replace(TARGET, name="Front"),
    ],
)
def test_the_security_officer_wants_a_live_pinned_target(target: Target) -> None:
    against(security_officer(acting(replace(RESTART, target=target))), "not pinned")


def test_the_security_officer_wants_nothing_touched_but_the_cause() -> None:
    other = Target("docker", "container", "back", "c0ffee02")
    against(security_officer(acting(replace(RESTART, target=other))), "front", "back")
    against(security_officer(acting(RESTART, replace(RESTART, target=other))))


def test_the_security_officer_wants_one_target_even_where_two_have_the_cause_name() -> None:
    twin = replace(FRONT, id="c0ffee03")
    motion = acting(RESTART, replace(RESTART, target=replace(TARGET, id="c0ffee03")))
    motion = replace(motion, record=replace(MOTION.record, components=(FRONT, twin)))
    against(security_officer(motion), "more than one target")


def test_the_security_officer_refuses_high_risk() -> None:
    against(security_officer(acting(replace(RESTART, risk=Risk.HIGH))), "high risk")


def test_the_auditor_wants_a_cause() -> None:
    against(auditor(replace(MOTION, diagnosis=Diagnosis(undetermined=True))), "no cause")


@pytest.mark.parametrize("cited", [(), ("f9",), ("f1", "f9"), ("f1", "f1", "f9")])
def test_the_auditor_wants_facts_that_exist(cited: tuple[str, ...]) -> None:
    against(auditor(knowing(replace(CAUSE, facts=cited))), "do not exist")


def test_the_auditor_wants_a_fact_about_the_cause_itself() -> None:
    against(auditor(knowing(CAUSE, facts=(replace(FACT, component="back"),))), "front")


def test_the_auditor_sees_a_wrong_clock() -> None:
    future = replace(FACT, at=NOON + CLOCK_SLACK + timedelta(seconds=1))
    against(auditor(knowing(CAUSE, facts=(future,))), "clock")


def test_a_cause_may_lie_long_ago() -> None:
    assert auditor(knowing(CAUSE, facts=(replace(FACT, at=NOON - timedelta(days=1)),))).in_favour


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_auditor_refuses_where_another_component_is_as_likely(confidence: float) -> None:
    rival = Cause(2, "back", "crash_loop", confidence, "confirmed", "back dies", ("f1",), seen=True)
    against(auditor(knowing(CAUSE, rival)), "back")


def test_a_less_likely_rival_does_not_count() -> None:
    rival = Cause(2, "back", "crash_loop", 0.89, "likely", "back dies", ("f1",), seen=True)
    assert auditor(knowing(CAUSE, rival)).in_favour


def test_the_sre_lead_wants_a_fix_that_heals() -> None:
    for fault in ("oom_killed", "disk_full", "", "unheard of"):
        against(sre_lead(replace(MOTION, plan=replace(PLAN, fault=fault))), "does not heal")


def test_the_sre_lead_wants_few_actions() -> None:
    against(sre_lead(acting(*[RESTART] * (ACTIONS_MAX + 1))), "too many")


def test_the_sre_lead_wants_a_signal_to_verify_on() -> None:
    against(sre_lead(replace(MOTION, signal_firing=None)), "cannot be read")


def test_the_sre_lead_wants_a_trouble_that_is_still_there() -> None:
    against(sre_lead(replace(MOTION, signal_firing=False)))


def test_the_sre_lead_does_not_repeat_what_failed() -> None:
    against(sre_lead(replace(MOTION, failed_before=True)), "did not hold")


def test_the_sre_lead_wants_a_way_back() -> None:
    limit = Action(Verb.SET_MEMORY_LIMIT, TARGET, {"bytes": "1024"}, reversible=False)
    motion = acting(limit)
    against(sre_lead(replace(motion, plan=replace(motion.plan, fault="oom_killed"))), "undone")


def votes(*in_favour: bool) -> tuple[Vote, ...]:
    return tuple(Vote(member, yes, "because") for member, yes in zip(MEMBERS, in_favour, strict=False))


def test_three_of_three_leave_the_verdict() -> None:
    verdict = tally(votes(True, True, True), ALLOWED)
    assert (verdict.ruling, verdict.risky) == (Ruling.ALLOWED, False)
    assert "3/3" in verdict.reason


@pytest.mark.parametrize("voices", [(True, True, False), (True, False, True), (False, True, True)])
def test_two_of_three_mark_the_plan_risky_and_say_who_was_against(voices: tuple[bool, ...]) -> None:
    verdict = tally(votes(*voices), ALLOWED)
    assert verdict.risky
    assert MEMBERS[voices.index(False)] in verdict.reason


@pytest.mark.parametrize("voices", [(True, False, False), (False, False, True), (False, False, False)])
def test_a_minority_asks_a_person(voices: tuple[bool, ...]) -> None:
    assert tally(votes(*voices), ALLOWED).ruling is Ruling.NEEDS_APPROVAL


@pytest.mark.parametrize("cast", [(), votes(True), votes(True, True)])
def test_a_missing_vote_asks_a_person(cast: tuple[Vote, ...]) -> None:
    verdict = tally(cast, ALLOWED)
    assert (verdict.ruling, verdict.risky) == (Ruling.NEEDS_APPROVAL, True)
    assert SRE_LEAD in verdict.reason


@pytest.mark.parametrize("said", [True, False])
def test_a_failed_vote_asks_a_person_whatever_it_says(said: bool) -> None:  # noqa: FBT001 - a parameter of the test
    failed = Vote(AUDITOR, said, "failed: KeyError", failed=True)
    cast = (Vote(SECURITY_OFFICER, True, "y"), failed, Vote(SRE_LEAD, True, "y"))
    verdict = tally(cast, ALLOWED)
    assert verdict.ruling is Ruling.NEEDS_APPROVAL
    assert AUDITOR in verdict.reason


def test_one_member_three_times_is_one_voice() -> None:
    assert tally((Vote(AUDITOR, True, "y"),) * 3, ALLOWED).ruling is Ruling.NEEDS_APPROVAL


@pytest.mark.parametrize(
    "more", [Vote(SRE_LEAD, False, "no"), Vote(SRE_LEAD, True, "failed", failed=True)], ids=["no", "failed"]
)
def test_a_member_who_votes_twice_and_not_alike_asks_a_person(more: Vote) -> None:
    verdict = tally((*votes(True, True, True), more), ALLOWED)
    assert verdict.risky or verdict.ruling is not Ruling.ALLOWED


def test_strangers_have_no_voice() -> None:
    strangers = tuple(Vote(f"member {number}", True, "run it") for number in range(3))
    assert tally((*votes(False, False, False), *strangers), ALLOWED).ruling is Ruling.NEEDS_APPROVAL


VOTES = st.lists(
    st.builds(Vote, st.sampled_from([*MEMBERS, "somebody", ""]), st.booleans(), st.text(max_size=9), st.booleans()),
    max_size=6,
).map(tuple)
VERDICTS = st.builds(
    Verdict, st.sampled_from(Ruling), st.text(max_size=9), st.booleans(), st.floats(0, 300, allow_nan=False)
)


@given(VOTES, VERDICTS)
def test_no_vote_loosens_a_verdict(cast: tuple[Vote, ...], verdict: Verdict) -> None:
    after = tally(cast, verdict)
    assert STRICTNESS[after.ruling] >= STRICTNESS[verdict.ruling]
    assert after.risky >= verdict.risky
    assert after.wait_seconds == verdict.wait_seconds
    if verdict.ruling is Ruling.REFUSED:
        assert after == verdict


@given(VOTES)
def test_nothing_runs_alone_unless_every_member_voted(cast: tuple[Vote, ...]) -> None:
    if tally(cast, ALLOWED).ruling is Ruling.ALLOWED:
        assert {vote.member for vote in cast if not vote.failed} >= set(MEMBERS)
