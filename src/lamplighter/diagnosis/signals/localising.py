"""Fuses the votes of all methods into suspects, each with the probability that the trouble began there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta

from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.signals.alerting import deduce, troubles_of
from lamplighter.diagnosis.signals.answers import answers_of, with_answers
from lamplighter.diagnosis.signals.ballots import METHODS, Scene, Vote
from lamplighter.diagnosis.signals.durations import slowings_of
from lamplighter.diagnosis.signals.flow import amounts_of
from lamplighter.diagnosis.signals.habits import attach, breaks_of, mark
from lamplighter.diagnosis.signals.lines import lines_of, taken_apart
from lamplighter.diagnosis.signals.novelty import news_of, novelties_of
from lamplighter.diagnosis.signals.series import series_of
from lamplighter.diagnosis.signals.shifts import shifts_of
from lamplighter.diagnosis.signals.spans import visits_of
from lamplighter.diagnosis.signals.starving import falls_of, starvers
from lamplighter.diagnosis.signals.symptom import symptom_of
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case

SUSPECTS_MAX = 10
CHANGES_REACH = timedelta(minutes=30)
CHANGED = 1.5
CHANGED_FROM = 0.5
SHARPNESS = 1.8
NONE_OF_THEM = 1.0
MILD = 0.2


@dataclass(frozen=True, slots=True)
class Suspect:
    """A component with its votes, the strongest first, and the probability that it is where the trouble began."""

    component: str
    score: float
    probability: float
    votes: tuple[Vote, ...]

    @property
    def lead(self) -> str:
        """The family that speaks loudest."""
        return self.votes[0].lead


def scene_of(case: Case) -> Scene:
    """All that the methods look at, computed once."""
    below = dependence(case.topology)
    series = series_of(case)
    now, normal, by_span = visits_of(case)
    lines, usual = lines_of(case)
    mark([*now, *normal])
    attach([*lines, *usual], by_span)
    news = news_of(lines, usual)
    breaks = breaks_of(now, normal, lines)
    if not breaks:
        breaks = with_answers(novelties_of(news), answers_of(lines, usual))
        # Minutes before an alert are no proof of what is normal: what is new since then may be a mere consequence.
        breaks = breaks if taken_apart(case) else [replace(one, weight=min(one.weight, MILD)) for one in breaks]
    return Scene(
        below,
        symptom_of(case, below),
        shifts_of(series),
        amounts_of(series, below),
        breaks,
        deduce(troubles_of(case), below),
        frozenset(case.components),
        starvers(falls_of(series), below),
        slowings_of(now, normal),
        frozenset(change.component for change in case.changes if _just_before(case, change)),
        news,
    )


def _just_before(case: Case, change: Change) -> bool:
    """Whether a change may have to do with the trouble: not long before the window, and not after it."""
    start, end = case.start or case.at - CHANGES_REACH, case.end or case.at
    return start - CHANGES_REACH <= change.at <= end


def localise(scene: Scene) -> tuple[Suspect, ...]:
    """The suspects, the most likely first, at most SUSPECTS_MAX."""
    votes: dict[str, list[Vote]] = {}
    for method in METHODS:
        for vote in method(scene):
            if vote.strength > 0 and (not scene.known or vote.component in scene.known):
                votes.setdefault(vote.component, []).append(vote)
    scores = {name: sum(vote.strength for vote in found) for name, found in votes.items()}
    # A change alone proves nothing; where something else points at the component, it says why now.
    for name in scene.changed & scores.keys():
        scores[name] += CHANGED if scores[name] >= CHANGED_FROM else 0.0
    total = sum(math.exp(SHARPNESS * score) for score in scores.values()) + math.exp(SHARPNESS * NONE_OF_THEM)
    ranked = sorted(scores, key=lambda name: (-scores[name], name))[:SUSPECTS_MAX]
    return tuple(
        Suspect(
            name,
            scores[name],
            math.exp(SHARPNESS * scores[name]) / total,
            tuple(sorted(votes[name], key=lambda vote: -vote.strength)),
        )
        for name in ranked
    )
