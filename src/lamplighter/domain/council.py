"""The council of three: each member's checks are code, each vote has its reason, and no vote can loosen a verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.plan import Plan, Risk, Verb, remedy_of
from lamplighter.domain.policy import Record, Ruling, Verdict

SECURITY_OFFICER = "Security Officer"
AUDITOR = "Auditor"
SRE_LEAD = "SRE Lead"
MEMBERS = (SECURITY_OFFICER, AUDITOR, SRE_LEAD)
CLOCK_SLACK = timedelta(minutes=10)
ACTIONS_MAX = 3
UNANIMOUS = 3
MAJORITY = 2


@dataclass(frozen=True, slots=True)
class Vote:
    """One member's voice and why. A member that failed to vote counts against, with the failure as the reason."""

    member: str
    in_favour: bool
    reason: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Motion:
    """What the council has before it."""

    plan: Plan
    diagnosis: Diagnosis
    record: Record
    now: datetime
    signal_firing: bool | None
    failed_before: bool = False


def security_officer(motion: Motion) -> Vote:
    """Is every target known and pinned, and nothing touched but what the cause names?"""
    for action in motion.plan.actions:
        part = motion.record.component(action.target)
        if part is None or part.name != action.target.name:
            return Vote(SECURITY_OFFICER, False, f"{action.target.name} is not pinned to a live id")
        if motion.plan.component not in part.names:
            return Vote(SECURITY_OFFICER, False, f"the cause is {motion.plan.component}, the target is {part.name}")
        if action.risk is Risk.HIGH:
            return Vote(SECURITY_OFFICER, False, f"{action.words} is of high risk")
    if len({action.target.id for action in motion.plan.actions}) > 1:
        return Vote(SECURITY_OFFICER, False, "the plan touches more than one target")
    return Vote(SECURITY_OFFICER, True, "one target, pinned by id, and only verbs from the list")


def auditor(motion: Motion) -> Vote:
    """Does the cause rest on facts that exist, do not lie in the future, and speak of the target?"""
    cause = motion.diagnosis.best
    if cause is None:
        return Vote(AUDITOR, False, "no cause was found")
    facts = motion.diagnosis.cited(cause)
    if not facts or len(facts) != len(cause.facts):
        return Vote(AUDITOR, False, "the cause cites facts that do not exist")
    if all(fact.component != cause.component for fact in facts):
        return Vote(AUDITOR, False, f"no cited fact is about {cause.component} itself")
    if any(fact.at is not None and fact.at > motion.now + CLOCK_SLACK for fact in facts):
        return Vote(AUDITOR, False, "a cited fact lies in the future; a clock is wrong")
    rivals = [
        c for c in motion.diagnosis.causes[1:] if c.component != cause.component and c.confidence >= cause.confidence
    ]
    if rivals:
        return Vote(AUDITOR, False, f"{rivals[0].component} is as likely ({rivals[0].confidence:.0%})")
    return Vote(AUDITOR, True, f"{len(facts)} facts carry the cause ({cause.word}, {cause.confidence:.0%})")


def sre_lead(motion: Motion) -> Vote:
    """Does this fix heal this fault, is the trouble still there, and has it not failed before?"""
    verbs = tuple(action.verb for action in motion.plan.actions)
    if not set(verbs) <= set(remedy_of(motion.plan.fault)):
        return Vote(SRE_LEAD, False, f"{', '.join(verbs)} does not heal {motion.plan.fault}")
    if len(verbs) > ACTIONS_MAX:
        return Vote(SRE_LEAD, False, f"{len(verbs)} actions at once are too many")
    if motion.signal_firing is None:
        return Vote(SRE_LEAD, False, "the signal that fired cannot be read now, so the fix could not be verified")
    if not motion.signal_firing:
        return Vote(SRE_LEAD, False, "the signal is clear now, so there is nothing to heal")
    if motion.failed_before:
        return Vote(SRE_LEAD, False, "the same fix did not hold the last time")
    if any(not action.reversible and action.verb is not Verb.RESTART for action in motion.plan.actions):
        return Vote(SRE_LEAD, False, "the plan cannot be undone")
    return Vote(SRE_LEAD, True, f"{', '.join(verbs)} heals {motion.plan.fault}, and the signal can be asked again")


CHECKS = {SECURITY_OFFICER: security_officer, AUDITOR: auditor, SRE_LEAD: sre_lead}


def tally(votes: tuple[Vote, ...], verdict: Verdict) -> Verdict:
    """The verdict after the vote: 3 of 3 leaves it, 2 of 3 marks it risky, fewer or a failed member asks a person."""
    voices = {member: [vote for vote in votes if vote.member == member] for member in MEMBERS}
    absent = [member for member, said in voices.items() if not said or any(vote.failed for vote in said)]
    for_it = sum(1 for said in voices.values() if said and all(v.in_favour and not v.failed for v in said))
    against = "; ".join(f"{vote.member}: {vote.reason}" for vote in votes if not vote.in_favour)
    if verdict.ruling is Ruling.REFUSED:
        return verdict
    if absent:
        return replace(
            verdict,
            ruling=Ruling.NEEDS_APPROVAL,
            risky=True,
            reason=f"council incomplete ({', '.join(absent)}); a person decides",
        )
    if for_it >= UNANIMOUS:
        return replace(verdict, reason=f"council 3/3; {verdict.reason}")
    if for_it == MAJORITY:
        return replace(verdict, risky=True, reason=f"council 2/3, risky ({against}); {verdict.reason}")
    return replace(
        verdict, ruling=Ruling.NEEDS_APPROVAL, risky=True, reason=f"council {for_it}/3 ({against}); a person decides"
    )
