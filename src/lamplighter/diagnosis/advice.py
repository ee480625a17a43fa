"""What a person can do at once about a log that they were shown: from its own signs, and from what helped before.

Nothing here is ever planned or done by the program; whoever wrote the log would choose it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.catalogue.fault_kind import Clue, FaultKind
from lamplighter.diagnosis.first_aid import STEPS
from lamplighter.diagnosis.readers.draft import shown
from lamplighter.diagnosis.readers.log_lines import read_log
from lamplighter.diagnosis.statement import state_cause
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Fact, bounded
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.redaction import redact
from lamplighter.domain.verification import Outcome

ACTIONS_MAX = 3
LESSONS_MAX = 1
STEPS_OF_ONE_MAX = 2
# A secret that begins just before the cut is still seen whole when it is looked for.
MARGIN_BYTES = 4_096
_STEPS = {**{kind.name: kind.at_once for kind in CATALOGUE if kind.at_once}, **STEPS}
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Advice:
    """At most three actions for a person, the first first; `reason` says what they rest on, or why there are none."""

    actions: tuple[str, ...]
    reason: str


def advise(text: str, component: str, lessons: Sequence[Lesson] = ()) -> tuple[str, ...]:
    """The actions of `weigh_up` alone."""
    return weigh_up(text, component, lessons).actions


def weigh_up(text: str, component: str, lessons: Sequence[Lesson] = ()) -> Advice:
    """Advice on a log of `component`, of which only the newest part is read; `lessons` are those of this trouble."""
    content, _ = bounded(redact(bounded(text, EVIDENCE_BYTES_MAX + MARGIN_BYTES)[0]))
    named = shown(component, 120) or "it"
    # Acting on nothing, it may believe a log that says of itself that it is the kernel's or the memory guard's.
    facts = read_log(Evidence("", "log", component, {"log": "shown"}, "text/plain", content, _NO_TIME))
    signs = [fact for fact in facts if fact.kind == "log_sign"]
    learned = [words for lesson in lessons if (words := _learned(lesson))][:LESSONS_MAX]
    steps: list[str] = list(learned)
    spoken: list[str] = []
    for name, kind, fact in _speaking(signs):
        of_one = [state_cause(replace(kind, clauses=step), named, (fact,), {}) for step in _steps(kind, name)]
        steps += of_one[:STEPS_OF_ONE_MAX]
        spoken.append(f"{name.replace('_', ' ')} ({fact.text})")
    actions = tuple(dict.fromkeys(steps))[:ACTIONS_MAX]
    return Advice(actions, _reason(spoken, learned, facts, content))


def _speaking(signs: Sequence[Fact]) -> Iterator[tuple[str, FaultKind, Fact]]:
    """The kinds of fault that the signs speak for, the surest first; a sign of no kind speaks for itself at the end."""
    found: list[tuple[bool, float, float, str, FaultKind, Fact]] = []
    for fact in signs:
        clues = [(kind, clue) for kind in CATALOGUE for clue in kind.clues if _for(clue, fact)]
        best = max(clues, key=lambda pair: (pair[1].decisive, pair[1].weight, not pair[0].generic), default=None)
        helped = best is not None and bool(_steps(best[0], best[0].name))
        name = best[0].name if best and helped else str(fact.values["sign"])
        if name in _STEPS or helped:
            decisive, weight = (best[1].decisive, best[1].weight) if best else (False, 0.0)
            kind = best[0] if best else FaultKind(name, (), ())
            found.append((decisive, weight, fact.number("count") or 0.0, name, kind, fact))
    found.sort(key=lambda one: (-one[0], -one[1], -one[2], one[3]))
    seen: set[str] = set()
    for *_, name, kind, fact in found:
        if name not in seen:
            seen.add(name)
            yield name, kind, fact


def _steps(kind: FaultKind, name: str) -> tuple[tuple[str, ...], ...]:
    """What can be done at once: as the kind itself says it, else as first aid does."""
    return STEPS.get(name, kind.at_once)


def _for(clue: Clue, fact: Fact) -> bool:
    return clue.weight > 0 and clue.where.get("sign") == fact.values.get("sign") and clue.matches(fact)


def _learned(lesson: Lesson) -> str:
    """What helped before; an outcome that was not good advises nothing."""
    if lesson.outcome != Outcome.RECOVERED or not lesson.actions:
        return ""
    done = ", then ".join(lesson.actions)
    fault = lesson.fault.replace("_", " ")
    return f"{done}: it helped on {lesson.at:%Y-%m-%d} in {lesson.incident_id} ({fault} of {lesson.component})"


def _reason(spoken: Sequence[str], learned: Sequence[str], facts: Sequence[Fact], content: str) -> str:
    if spoken:
        return f"the log speaks for {'; '.join(spoken[:ACTIONS_MAX])}"
    if learned:
        return "the log has no sign that I know; this helped with the same trouble before"
    if not content.strip():
        return "there is no log to read"
    error = next((fact.text for fact in facts if fact.kind == "log_error"), "")
    return (
        f"no line of the log has a sign that I know; its commonest error: {error}"
        if error
        else ("no line of the log has a sign that I know, and none tells of an error")
    )
