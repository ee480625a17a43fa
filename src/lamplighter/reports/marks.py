"""What happened around an incident as marks on a line of time: changes, alerts, and steps of the response. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lamplighter.domain.incident import State
from lamplighter.domain.ledger import AttemptState
from lamplighter.domain.timeline import Event, Moment
from lamplighter.domain.verification import Outcome
from lamplighter.reports.axis import DAY, tamed
from lamplighter.reports.episodes import Episode, episodes_of, key_of, told_of
from lamplighter.reports.papers import Papers, run_of

CHANGE_KINDS = frozenset({"change", "change_later"})
CHANGES_MAX = 60
ALERTS_MAX = 500
STEPS_MAX = 400
TEXT_LETTERS_MAX = 160
CAUSE_LETTERS_MAX = 90


class Kind(StrEnum):
    """What a mark stands for; the word that goes with its shape says more."""

    CHANGE = "change"
    FIRED = "fired"
    CLEARED = "cleared"
    STEP = "step"
    ASKED = "asked"
    GOOD = "good"
    BAD = "bad"
    EARLIER = "earlier"


SIGNS = {
    Kind.CHANGE: "",
    Kind.FIRED: "",
    Kind.CLEARED: "✓",
    Kind.STEP: "",
    Kind.ASKED: "?",
    Kind.GOOD: "✓",
    Kind.BAD: "✕",
    Kind.EARLIER: "◁",
}
_STEPS: dict[Moment, tuple[Kind, str]] = {
    Moment.OPENED: (Kind.STEP, "received"),
    Moment.DIAGNOSED: (Kind.STEP, "diagnosed"),
    Moment.VOTED: (Kind.STEP, "voted"),
    Moment.ASKED: (Kind.ASKED, "asked"),
    Moment.ANSWERED: (Kind.STEP, "answered"),
    Moment.AMENDED: (Kind.STEP, "plan amended"),
    Moment.EXPIRED: (Kind.BAD, "no answer in time"),
    Moment.ACKNOWLEDGED: (Kind.STEP, "acknowledged"),
    Moment.ACTED: (Kind.STEP, "acted"),
    Moment.SKIPPED: (Kind.BAD, "skipped"),
    Moment.UNDONE: (Kind.BAD, "undone"),
    Moment.VERIFIED: (Kind.STEP, "verified"),
    Moment.REOPENED: (Kind.BAD, "reopened"),
    Moment.MERGED: (Kind.STEP, "merged"),
    Moment.HELD: (Kind.STEP, "held"),
    Moment.CLOSED: (Kind.STEP, "closed"),
}
_FAILED = frozenset({AttemptState.FAILED, AttemptState.UNKNOWN})
_ENDS = {State.RESOLVED: Kind.GOOD, State.SELF_CLEARED: Kind.GOOD, State.NEEDS_HUMAN: Kind.BAD}


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that happened. `row` is the id of the row of the page that tells it; empty where there is none."""

    at: datetime
    kind: Kind
    word: str
    text: str
    row: str = ""


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert: each stretch from where it began to where it ended, oldest first; None where it still fires."""

    stretches: tuple[tuple[Mark, Mark | None], ...]

    @property
    def began(self) -> Mark:
        """Its first beginning."""
        return self.stretches[0][0]

    @property
    def ended(self) -> Mark | None:
        """Its last end."""
        return self.stretches[-1][1]

    @property
    def marks(self) -> list[Mark]:
        """All beginnings and ends."""
        return [mark for pair in self.stretches for mark in pair if mark is not None]


@dataclass(frozen=True, slots=True)
class Happenings:
    """All marks, oldest first. The counts are what was left out: past the limits, or because it has no time."""

    changes: tuple[Mark, ...] = ()
    firings: tuple[Firing, ...] = ()
    steps: tuple[Mark, ...] = ()
    more_changes: int = 0
    more_alerts: int = 0
    more_steps: int = 0
    undated: int = 0
    cause: Mark | None = None

    @property
    def alerts(self) -> tuple[Mark, ...]:
        """The beginnings and ends of alerts."""
        return tuple(sorted((mark for one in self.firings for mark in one.marks), key=_at))

    @property
    def first_alert(self) -> Mark | None:
        """The beginning of the alert that began first."""
        return min((one.began for one in self.firings), key=_at, default=None)


def happenings_of(papers: Papers) -> Happenings:
    """The marks of one incident; of too many, changes near the first sign, the first alerts and the last steps."""
    sign = sign_of(papers)
    facts = [fact for fact in papers.findings.facts if fact.kind in CHANGE_KINDS]
    dated = [(tamed(fact.at), fact) for fact in facts if fact.at is not None]
    nearest = sorted(dated, key=lambda pair: abs(pair[0] - sign))[:CHANGES_MAX]
    kept = [
        (fact.id, Mark(at, Kind.CHANGE, said(fact.text, CAUSE_LETTERS_MAX), said(fact.text), f"change-{fact.id}"))
        for at, fact in nearest
    ]
    firings = sorted(_firings(papers), key=lambda one: one.began.at)
    failed = frozenset(one.key for one in papers.attempts if one.state in _FAILED)
    steps = sorted((event for event in papers.events if _is_step(event)), key=lambda event: event.at)
    cited = frozenset(papers.findings.known.facts if papers.findings.known else ())
    return Happenings(
        changes=tuple(sorted([mark for _, mark in kept], key=_at)),
        firings=tuple(firings),
        steps=tuple(_step(event, failed) for event in steps[-STEPS_MAX:]),
        more_changes=len(dated) - len(kept),
        more_alerts=max(0, len(papers.members) - ALERTS_MAX),
        more_steps=max(0, len(steps) - STEPS_MAX),
        undated=len(facts) - len(dated),
        cause=_cause(kept, cited, sign),
    )


def sign_of(papers: Papers) -> datetime:
    """When the newest response's trouble was first seen: an alert's own beginning, unless that is older than a day."""
    incident = papers.incident
    opened = tamed(incident.opened_at)
    if incident.run > 1:
        mine = [tamed(event.at) for event in papers.events if run_of(event) == incident.run]
        return min(mine, default=opened)
    begins = [
        tamed(incident.alert.starts_at),
        *(min(tamed(member.alert.starts_at), tamed(member.joined_at)) for member in papers.members[:ALERTS_MAX]),
    ]
    return min((at for at in begins if opened - DAY <= at <= opened), default=opened)


def said(text: str, letters_max: int = TEXT_LETTERS_MAX) -> str:
    """Words from outside as one short line."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * letters_max]).split())
    return line if len(line) <= letters_max else f"{line[: letters_max - 1].rstrip()}…"


def _cause(changes: Sequence[tuple[str, Mark]], cited: frozenset[str], sign: datetime) -> Mark | None:
    """The change to look at: the newest before the first sign, of those that the cause cites if there are any."""
    before = [(key, mark) for key, mark in changes if mark.at <= sign]
    blamed = [mark for key, mark in before if key in cited] or [mark for _, mark in before]
    return max(blamed, key=_at, default=None)


def _firings(papers: Papers) -> Iterable[Firing]:
    told, incident = told_of(papers.events), papers.incident
    over_by = incident.closed_at or incident.signal_cleared_at or incident.updated_at
    for member in papers.members[:ALERTS_MAX]:
        name = said(member.alert.name, CAUSE_LETTERS_MAX)
        label = f"{name} on {member.component}" if member.component and member.component not in name else name
        mine = told.get(key_of(member), ())
        found = episodes_of(member, mine, over_by, open_still=incident.closed_at is None)
        yield Firing(tuple(_stretch(episode, label) for episode in found))


def _stretch(episode: Episode, label: str) -> tuple[Mark, Mark | None]:
    began = Mark(episode.began, Kind.FIRED, said(label), said(f"{label} fires"), episode.began_row)
    if episode.ended is None:
        return began, None
    text = said(f"{label} {episode.how}")
    return began, Mark(episode.ended, Kind.CLEARED, episode.how, text, episode.ended_row)


def _is_step(event: Event) -> bool:
    return event.moment in _STEPS or (event.moment is Moment.STATE and event.data.get("state") == State.APPROVED)


def _step(event: Event, failed: frozenset[str]) -> Mark:
    kind, word = _told(event, *_STEPS.get(event.moment, (Kind.GOOD, "allowed")), failed)
    return Mark(tamed(event.at), kind, word, said(f"{word}: {event.text}" if event.text else word), f"ev-{event.seq}")


def _told(event: Event, kind: Kind, word: str, failed: frozenset[str]) -> tuple[Kind, str]:
    """The kind and the word of a step, as what came of it tells."""
    if event.moment is Moment.ACTED:
        verb = said(str(event.data.get("verb", "")).replace("_", " "))
        return (Kind.BAD if event.data.get("key") in failed else kind), f"{word}: {verb}" if verb else word
    state = str(event.data.get("state", ""))
    if event.moment is Moment.CLOSED and state:
        return _ENDS.get(State(state), Kind.STEP) if state in set(State) else Kind.STEP, said(state.replace("_", " "))
    if event.moment is Moment.ANSWERED:
        return (Kind.GOOD, "approved") if state == State.APPROVED else (Kind.BAD, "denied")
    if event.moment is Moment.VERIFIED:
        outcome = str(event.data.get("outcome", ""))
        if outcome == Outcome.RECOVERED:
            return Kind.GOOD, "verified"
        return Kind.BAD, said(f"verified: {outcome}") if outcome else word
    if event.moment is Moment.VOTED:
        favour = event.data.get("in_favour")
        return kind, "voted for" if favour is True else "voted against" if favour is False else word
    return kind, word


def _at(mark: Mark) -> datetime:
    return mark.at
