"""A plan is actions, least disruptive first, with what verifies them and what undoes them."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from enum import StrEnum

from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Fact
from lamplighter.domain.topology import Component, Resolution

CONFIDENCE_TO_ACT = 0.6
MEMORY_LIMIT_FACTOR = 2
KIB = 1024
# Facts that a program's own text can bring about; no parameter of an action is ever taken from them.
TEXT_KINDS = frozenset({"log_sign", "log_error"})
MEMORY_LIMIT_BYTES_MAX = 64 * 1024**3
_SIZE = re.compile(r"([0-9]{1,15}) ?(B|KiB|MiB|GiB)?")
_UNITS = {"B": 1, "KiB": KIB, "MiB": KIB**2, "GiB": KIB**3}


class Verb(StrEnum):
    """Every verb there is. Nothing else can be planned, allowed or run."""

    RESTART = "restart"
    START = "start"
    SET_MEMORY_LIMIT = "set_memory_limit"


class Risk(StrEnum):
    """How bad it may turn out."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Target:
    """What an action works on, pinned by the engine's immutable id."""

    system: str
    kind: str
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Action:
    """One change to one target. `params` are plain strings, so that the hash is the same everywhere.

    `present` holds those of them that were seen on the target when the plan was made; empty where none was.
    """

    verb: Verb
    target: Target
    params: dict[str, str] = field(default_factory=dict)
    risk: Risk = Risk.LOW
    reversible: bool = True
    effect: str = ""
    undo: str = "nothing to undo"
    present: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The action as a person would say it."""
        if self.verb is Verb.SET_MEMORY_LIMIT:
            return f"raise the memory limit of {self.target.name} to {bytes_words(int(self.params['bytes']))}"
        return f"{self.verb} {self.target.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall be done about one incident. Without actions, `advice` says why and what a person can do.

    `amends` is the hash of the plan that a person made this one of, and `amendments` how many there were before it.
    """

    incident_id: str
    run: int
    component: str
    fault: str
    confidence: float
    actions: tuple[Action, ...] = ()
    verify: str = ""
    advice: str = ""
    facts: tuple[str, ...] = ()
    evidence: str = ""
    amends: str = ""
    amendments: int = 0

    @property
    def words(self) -> str:
        """All actions as a person would say them."""
        return ", then ".join(action.words for action in self.actions)

    @property
    def hash(self) -> str:
        """Twelve bytes in hex over everything an approver agrees to."""
        agreed: dict[str, object] = {
            "incident": self.incident_id,
            "run": self.run,
            "cause": [self.component, self.fault],
            "facts": list(self.facts),
            "evidence": self.evidence,
            "actions": [
                [a.verb, a.target.system, a.target.id, sorted(a.params.items()), a.risk, a.reversible, a.effect, a.undo]
                for a in self.actions
            ],
        }
        # Only where they are there, so that a plan from before they were known keeps its hash.
        if any(action.present for action in self.actions):
            agreed["present"] = [sorted(action.present.items()) for action in self.actions]
        if self.amends:
            agreed["amends"] = self.amends
        return hashlib.sha256(json.dumps(agreed, sort_keys=True).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Offer:
    """What an integration can do to a kind of target, declared as data."""

    system: str
    verb: Verb
    risk: Risk
    reversible: bool
    effect: str
    undo: str = "nothing to undo"


# Only kinds of fault that an engine or a probe sees. What a program's own text can bring about has no remedy here,
# because that text would choose the action.
REMEDIES: dict[str, tuple[Verb, ...]] = {
    "process_hung": (Verb.RESTART,),
    "process_crashed": (Verb.START,),
    "oom_killed": (Verb.SET_MEMORY_LIMIT, Verb.START),
}
# Kinds that a program's own text can bring about too: a remedy only where a look at the process itself measured it.
# What is in its memory alone goes with the process; where it comes back, the verification tells.
MEASURED_REMEDIES: dict[str, tuple[Verb, ...]] = {
    "memory_leak": (Verb.RESTART,),
    "cpu_saturation": (Verb.RESTART,),
    # An engine that still tries needs no help; one that gave up may be asked to try once more.
    "crash_loop": (Verb.RESTART,),
}
MEASURES: dict[str, tuple[str, dict[str, float]]] = {
    "memory_leak": ("usage", {"memory_share": 0.9}),
    "cpu_saturation": ("usage", {"cpu_share": 0.9, "cpu_wanted_share": 0.8, "throttled_share": 0.5}),
    "crash_loop": ("state", {"gave_up": 1.0}),
}
ADVICE: dict[str, str] = {
    "config_error": "correct the value in that file, then start it again",
    "missing_file": "put the missing file back, then start it again",
    "missing_environment_variable": "set the missing variable, then start it again",
    "port_conflict": "free the port, or give one of the two another port",
    "permission_denied": "give it the right it lacks, then start it again",
    "disk_full": "free space on the disk that is full",
    "crash_loop": "its engine starts it again and again already; repair what the end of its log names",
    "connection_pool_exhausted": "find who holds the connections; a restart frees them, and a larger pool buys time",
    "network_latency": "look at the network between it and who asks, and at what was changed on it last",
    "process_stopped": "it was stopped on purpose; start it again when you are ready",
}


def make_plan(
    incident_id: str,
    run: int,
    diagnosis: Diagnosis,
    resolution: Resolution,
    offers: tuple[Offer, ...],
    verify: str,
) -> Plan:
    """The plan for the best cause: actions where a remedy is known and offered, else advice for a person."""
    cause = diagnosis.best
    if cause is None and not diagnosis.undetermined:
        looked = diagnosis.statement or "nothing is wrong, as far as I can see"
        return Plan(incident_id, run, "", "", 0.0, verify=verify, advice=f"the alert fires, but {looked}")
    if cause is None or diagnosis.undetermined:
        needs = "; ".join(diagnosis.needs) or "more evidence"
        return Plan(incident_id, run, "", "", 0.0, verify=verify, advice=f"the cause is undetermined: it needs {needs}")
    actions, advice = _actions(cause, diagnosis.cited(cause), resolution, offers)
    said = json.dumps([[fact.component, fact.kind, fact.text] for fact in diagnosis.cited(cause)])
    evidence = hashlib.sha256(said.encode()).hexdigest()
    return Plan(
        incident_id, run, cause.component, cause.fault, cause.confidence, actions, verify, advice, cause.facts, evidence
    )


def remedy_of(fault: str) -> tuple[Verb, ...]:
    """What may heal a kind of fault at all."""
    return REMEDIES.get(fault) or MEASURED_REMEDIES.get(fault, ())


def is_measured(cause: Cause, facts: tuple[Fact, ...]) -> bool:
    """Whether a look at the component measured what must be measured for a remedy; most kinds ask for nothing."""
    if cause.fault not in MEASURES:
        return True
    kind, least = MEASURES[cause.fault]
    own = [fact for fact in facts if fact.kind == kind and fact.component == cause.component]
    return any((fact.number(key) or 0.0) >= bound for fact in own for key, bound in least.items())


def _actions(
    cause: Cause, facts: tuple[Fact, ...], resolution: Resolution, offers: tuple[Offer, ...]
) -> tuple[tuple[Action, ...], str]:
    verbs = remedy_of(cause.fault) if is_measured(cause, facts) else ()
    if not verbs:
        advice = ADVICE.get(cause.fault, "a person must look")
        return (), f"{cause.statement}. No action that I may take heals that: {advice}"
    # Written so that a confidence that is not a number does not act.
    if not cause.confidence >= CONFIDENCE_TO_ACT:
        return (), f"the cause is only {cause.word} ({cause.confidence:.0%}); I act from {CONFIDENCE_TO_ACT:.0%}"
    if not cause.seen:
        return (), f"no look of mine at {cause.component} itself shows that, so a person must look"
    if resolution.component is None:
        return (), f"I will not choose a target: {resolution.reason}"
    actions: list[Action] = []
    for verb in verbs:
        action = _action(verb, resolution.component, facts, offers)
        if isinstance(action, str):
            return (), action
        actions.append(action)
    return tuple(actions), ""


def _action(verb: Verb, part: Component, facts: tuple[Fact, ...], offers: tuple[Offer, ...]) -> Action | str:
    offer = next((o for o in offers if o.system == part.system and o.verb is verb), None)
    if offer is None:
        return f"{part.system} offers no {verb.replace('_', ' ')} for {part.name}"
    params: dict[str, str] = {}
    present: dict[str, str] = {}
    if verb is Verb.SET_MEMORY_LIMIT:
        limits = _limits(part, facts)
        if isinstance(limits, str):
            return limits
        present, params = ({"bytes": str(limit)} for limit in limits)
    target = Target(part.system, part.kind, part.name, part.id)
    return Action(verb, target, params, offer.risk, offer.reversible, offer.effect, offer.undo, present)


def _limits(part: Component, facts: tuple[Fact, ...]) -> tuple[int, int] | str:
    """The present limit in bytes and twice that, or why it cannot be raised."""
    mine = (fact for fact in facts if fact.component in part.names and fact.kind not in TEXT_KINDS)
    limits = (fact.number("memory_limit_bytes") for fact in mine)
    limit = next((n for n in limits if n is not None and math.isfinite(n) and n > 0), None)
    if limit is None:
        return f"the present memory limit of {part.name} is not known"
    wanted = min(int(limit) * MEMORY_LIMIT_FACTOR, MEMORY_LIMIT_BYTES_MAX)
    if wanted <= limit:
        return f"the memory limit of {part.name} is {bytes_words(int(limit))} already; I raise none further"
    return int(limit), wanted


def why_lower(name: str, present: str, wanted: int) -> str:
    """Why a limit that was to be raised is left alone: it is higher by now. Empty where it is not, or not known."""
    if not (present.isascii() and present.isdigit()) or int(present) <= wanted:
        return ""
    return f"the memory limit of {name} is {bytes_words(int(present))} by now, and {bytes_words(wanted)} would lower it"


def bytes_of(text: str) -> int | None:
    """The bytes that `96 MiB`, `96MiB` or a plain number stand for; None where the text is no size."""
    found = _SIZE.fullmatch(text.strip())
    return int(found[1]) * _UNITS[found[2] or "B"] if found else None


def bytes_words(count: int) -> str:
    """A number of bytes as people say it: 128 MiB."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < KIB or unit == "GiB":
            return f"{size:.0f} {unit}" if size == int(size) else f"{size:.1f} {unit}"
        size /= KIB
    return f"{count} B"
