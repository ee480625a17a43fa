"""What a person may change of a plan that is asked about: less of it, never more, other or elsewhere. Pure.

An amendment can strike out actions, and give a memory limit between the present one and the one proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lamplighter.domain.plan import Action, Plan, Verb, bytes_words
from lamplighter.domain.policy import Ruling, Verdict

AMENDMENTS_MAX = 3
LIMITED = "bytes"


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a person wants: the numbers of the actions that stay, from 1 (None: all), and other limits in bytes."""

    keep: tuple[int, ...] | None = None
    limits: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unfit:
    """An amendment that is not taken, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Span:
    """The memory limits that a person may choose, in bytes, both ends included."""

    least: int
    most: int

    @property
    def words(self) -> str:
        """As people say it; the lower end is the present limit, which is not raised by itself."""
        return f"more than {bytes_words(self.least - 1)}, at most {bytes_words(self.most)}"


def amend(plan: Plan, wanted: Amendment) -> Plan | Unfit:
    """The plan as amended, with a hash of its own; `Unfit` where that would not be less of the very same plan."""
    why = why_not(plan) or _why_unkept(plan, wanted.keep)
    if why:
        return Unfit(why)
    kept = tuple(range(1, len(plan.actions) + 1)) if wanted.keep is None else wanted.keep
    strange = sorted(set(wanted.limits) - set(kept))
    if strange:
        return Unfit(f"a limit is given for action {strange[0]}, which is not among those that stay")
    actions: list[Action] = []
    for number in kept:
        action = plan.actions[number - 1]
        limited = _limited(action, number, wanted.limits[number]) if number in wanted.limits else action
        if isinstance(limited, Unfit):
            return limited
        actions.append(limited)
    if tuple(actions) == plan.actions:
        return Unfit("that is the plan as it is; say yes or no to it")
    return replace(plan, actions=tuple(actions), amends=plan.hash, amendments=plan.amendments + 1)


def why_not(plan: Plan) -> str:
    """Why nothing of this plan can be amended; empty where something can."""
    if plan.amendments >= AMENDMENTS_MAX:
        return f"the plan was amended {plan.amendments} times, which is the limit; say yes or no"
    if len(plan.actions) > 1 or any(span_of(action) for action in plan.actions):
        return ""
    return "nothing of this plan can be left out; say yes or no"


def span_of(action: Action) -> Span | None:
    """Which memory limits a person may choose for this action; None where there is no choice.

    A plan that was made before the present limit was kept with it leaves none.
    """
    if action.verb is not Verb.SET_MEMORY_LIMIT:
        return None
    present, proposed = _bytes(action.present), _bytes(action.params)
    # Raising it by one byte is the least that is still a raise.
    return Span(present + 1, proposed) if 0 < present < proposed - 1 else None


def changes(before: Plan, after: Plan) -> tuple[str, ...]:
    """What an amendment left out or lowered, in words."""
    left = list(after.actions)
    found: list[str] = []
    for action in before.actions:
        if left and (left[0].verb, left[0].target) == (action.verb, action.target):
            now = left.pop(0)
            found += [f"{now.words} instead of {bytes_words(_bytes(action.params))}"] if now != action else []
        else:
            found.append(f"{action.words}: struck out")
    return tuple(found)


def for_a_person(plan: Plan, verdict: Verdict) -> Verdict:
    """The verdict on a plan that a person may have amended: who edits has not said yes, whatever policy allows."""
    if not plan.amendments or verdict.ruling is not Ruling.ALLOWED:
        return verdict
    reason = f"{verdict.reason}; a person amended the plan, so a person says yes to it"
    return replace(verdict, ruling=Ruling.NEEDS_APPROVAL, reason=reason)


def _why_unkept(plan: Plan, keep: tuple[int, ...] | None) -> str:
    if keep is None:
        return ""
    if not keep:
        return "at least one action stays; to have nothing done, say no"
    last = len(plan.actions)
    strange = [number for number in keep if not 1 <= number <= last]
    if strange:
        return f"there is no action {strange[0]}; the plan has actions 1 to {last}"
    if list(keep) != sorted(set(keep)):
        return "the actions that stay are named once each, in the order that they have"
    return ""


def _limited(action: Action, number: int, limit: int) -> Action | Unfit:
    if action.verb is not Verb.SET_MEMORY_LIMIT:
        return Unfit(f"action {number} ({action.words}) sets no memory limit")
    if limit == _bytes(action.params):
        return action
    span = span_of(action)
    if span is None:
        why = "there is none between the present one and this" if action.present else "the present one is not known"
        return Unfit(f"no other limit can be chosen for action {number}: {why}")
    if not span.least <= limit <= span.most:
        return Unfit(f"the limit of action {number} must be {span.words}, and not {bytes_words(limit)}")
    return replace(action, params={**action.params, LIMITED: str(limit)})


def _bytes(params: Mapping[str, str]) -> int:
    """The bytes that parameters name; 0 where they name none."""
    text = params.get(LIMITED, "")
    return int(text) if text.isascii() and text.isdigit() else 0
