"""Writes what the methods found down as facts: what moved, from what to what, when, and which component stands out."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from lamplighter.diagnosis.novelty import WEIGHT_MIN
from lamplighter.diagnosis.readers.draft import Values, known, shown
from lamplighter.diagnosis.signals.ballots import METHODS, Scene, Vote
from lamplighter.diagnosis.signals.durations import Slowing
from lamplighter.diagnosis.signals.flow import WAITING, Amount
from lamplighter.diagnosis.signals.habits import ERROR_MARK, Break
from lamplighter.diagnosis.signals.localising import Suspect
from lamplighter.diagnosis.signals.novelty import NEW, SURGING, VANISHED, News
from lamplighter.diagnosis.signals.shifts import Shift
from lamplighter.domain.evidence import Case, Evidence, Fact

ORIGIN = "origin"
LOOKS = frozenset({"docker.inspect", "supervisor.status", "systemctl.status", "http.probe"})
SHIFTS_EACH_MAX = 4
BREAKS_EACH_MAX = 3
SLOWINGS_EACH_MAX = 2
NEWS_EACH_MAX = 3
NEWS_MAX = 30
FACTS_MAX = 60
SHOWN_FROM = 0.3
RESOURCE_SHARE = 0.15
RESOURCE_FROM = 1.0
AUDIBLE_FROM = 0.2
ODDS_MAX = 9.0
_CHANGES = {NEW: "not said before", SURGING: "said far more often than before", VANISHED: "no longer said"}
MILLISECONDS = 1e3
_SECONDS = re.compile(r"seconds|latency_(?:average|p\d\d)$", re.IGNORECASE)
_MILLISECONDS = re.compile(r"(?:_|\b)(?:ms|millis\w{0,10})\b", re.IGNORECASE)
_PERCENT = re.compile(r"percent|pct|availability", re.IGNORECASE)
_BY_SOURCE = re.compile(r"by_source|source_|client|outgoing", re.IGNORECASE)


def tell(case: Case, scene: Scene, suspects: Sequence[Suspect]) -> list[Fact]:
    """Facts of the suspects, the most likely first, at most FACTS_MAX; each ends with the fact that it stands out."""
    by_id = {piece.id: piece for piece in case.evidence}
    # Where components were looked at themselves, an alert that fires for one says no more than the symptom does.
    if any(piece.tool in LOOKS and not piece.error for piece in case.evidence):
        suspects = [one for one in suspects if any(vote.method != "alert" for vote in one.votes)]
    facts: list[Fact] = []
    for place, suspect in enumerate(suspects, start=1):
        own = _of_suspect(scene, suspect, by_id)
        facts += [*own, _origin(suspect, place, len(suspects), scene, own)]
    return [*facts[:FACTS_MAX], *news_facts(case, scene.news)]


def news_facts(case: Case, news: Sequence[News]) -> list[Fact]:
    """What is new in the logs of all components: errors, and what chance does not explain; of each the most telling."""
    by_id = {piece.id: piece for piece in case.evidence}
    told: dict[str, int] = {}
    facts: list[Fact] = []
    for one in news:
        if not one.shift.error and abs(one.shift.weight) < WEIGHT_MIN:
            continue
        told[one.component] = told.get(one.component, 0) + 1
        if told[one.component] <= NEWS_EACH_MAX and len(facts) < NEWS_MAX:
            facts.append(_news_fact(one, by_id))
    return facts


def _news_fact(one: News, by_id: dict[str, Evidence]) -> Fact:
    shift = one.shift
    counts = f"{shift.baseline_count} lines like it in the baseline, {shift.count} in the window"
    said = f"log of {one.component}, {_CHANGES[one.change]} ({counts}): {shown(shift.example, 160)}"
    values = known(
        change=one.change,
        template=shown(shift.text, 200),
        before=float(shift.baseline_count),
        count=float(shift.count),
        weight=round(abs(shift.weight), 2),
        error=shift.error,
    )
    return _fact(by_id, one.evidence, one.component, "log_template", said, values, one.at)


def _of_suspect(scene: Scene, suspect: Suspect, by_id: dict[str, Evidence]) -> list[Fact]:
    named = [vote.basis for vote in suspect.votes if isinstance(vote.basis, Shift)]
    moved = [one for one in scene.shifts if one.series.component == suspect.component and abs(one.size) >= SHOWN_FROM]
    shifts = list(dict.fromkeys(named + moved))[:SHIFTS_EACH_MAX]
    breaks = [one for one in scene.breaks if one.component == suspect.component][:BREAKS_EACH_MAX]
    amounts = [vote.basis for vote in suspect.votes if isinstance(vote.basis, Amount)]
    slow = [one for one in scene.slowings if one.component == suspect.component][:SLOWINGS_EACH_MAX]
    facts = [_shift_fact(one, by_id) for one in shifts] + [_amount_fact(one, by_id) for one in amounts]
    return facts + [_break_fact(one, by_id) for one in breaks] + [_slowing_fact(one, by_id) for one in slow]


def _shift_fact(shift: Shift, by_id: dict[str, Evidence]) -> Fact:
    series = shift.series
    seen = f" as {series.source} sees it" if series.source and _BY_SOURCE.search(series.metric) else ""
    before, after = measured(shift.before, series.metric), measured(shift.after, series.metric)
    what = "failures" if series.family == "availability" else series.family
    moved = f"{'rose' if shift.rose else 'fell'} from {before} to {after}"
    said = f"{what} ({series.metric}) of {series.component}{seen} {moved}"
    values = known(
        metric=shown(series.metric, 120),
        family=series.family,
        before=shift.before,
        after=shift.after,
        ratio=shift.after / shift.before if shift.before > 0 else 1e6,
        doublings=round(shift.size, 2),
        what=what,
        was=before,
        became=after,
    )
    return _fact(by_id, series.evidence, series.component, "metric_shift", said, values, shift.onset)


def _amount_fact(amount: Amount, by_id: dict[str, Evidence]) -> Fact:
    what = "seconds of waiting" if amount.kind == WAITING else "failed requests"
    said = (
        f"{amount.component} adds {amount.extra:.3g} {what} to each sample, "
        f"{amount.own:.3g} of them not explained by what it calls"
    )
    values = known(extra=amount.extra, own=amount.own, kind=amount.kind)
    return _fact(by_id, amount.evidence, amount.component, "own_share", said, values, amount.onset)


def _slowing_fact(one: Slowing, by_id: dict[str, Evidence]) -> Fact:
    was, became = measured(one.before, "seconds"), measured(one.after, "seconds")
    said = f"own time of {one.component} for {one.entry}, without what it calls, rose from {was} to {became}"
    values = known(entry=shown(one.entry, 120), what="own time", was=was, became=became, doublings=round(one.size, 2))
    return _fact(by_id, one.evidence, one.component, "trace_own_time", said, values, one.at)


def _break_fact(one: Break, by_id: dict[str, Evidence]) -> Fact:
    what = shown(one.deed.removeprefix(ERROR_MARK), 160)
    counts = f"{one.now[0]} of {one.now[1]} requests to {one.entry}"
    said = f"{one.component}: '{what}' in {counts}, normally in {one.normally[0]} of {one.normally[1]}"
    kind = "log_new" if one.appeared else "step_missing"
    values = known(entry=shown(one.entry, 120), deed=what, error=one.error, weight=round(one.weight, 2))
    return _fact(by_id, one.evidence, one.component, kind, said, values, one.at)


def _origin(suspect: Suspect, place: int, count: int, scene: Scene, own: list[Fact]) -> Fact:
    chance = min(max(suspect.probability, 1e-4), 1 - 1e-4)
    odds = max(-ODDS_MAX, min(ODDS_MAX, math.log(chance / (1 - chance))))
    methods = sorted(
        {vote.method for vote in suspect.votes if vote.strength >= AUDIBLE_FROM} or {suspect.votes[0].method}
    )
    lead = lead_of(suspect.votes, scene)
    changed = suspect.component in scene.changed
    said = (
        f"{suspect.component} is number {place} of {count} components that stand out: "
        f"{len(methods)} of {len(METHODS)} methods point at it ({', '.join(methods)})"
        + (", and it was changed just before" if changed else "")
    )
    values = known(lead=lead, odds=round(odds, 3), place=float(place), methods=", ".join(methods))
    at = next((fact.at for fact in own if fact.at is not None), None)
    evidence = own[0].evidence if own else "alerts"
    query = own[0].query if own else "alerts"
    return Fact("", evidence, suspect.component, ORIGIN, shown(said), at, query, values)


def lead_of(votes: Sequence[Vote], scene: Scene) -> str:
    """The family that says what kind of fault it is: an own resource first, then what spoke loudest."""
    resource = next((vote for vote in votes if vote.method == "resource"), None)
    loudest = votes[0]
    if (
        resource is not None
        and resource.strength >= RESOURCE_SHARE * loudest.strength
        and resource.strength >= RESOURCE_FROM
    ):
        return resource.lead
    if isinstance(loudest.basis, Shift) and loudest.lead == "latency" and _on_the_way(loudest.basis, scene):
        return "network"
    return "errors" if loudest.lead == "availability" else loudest.lead


def _on_the_way(basis: Shift, scene: Scene) -> bool:
    """Whether callers see the delay and the component itself does not."""
    if not basis.series.source or not _BY_SOURCE.search(basis.series.metric):
        return False
    inside = [
        one
        for one in scene.shifts
        if one.series.component == basis.series.component and one.series.family == "latency" and one.size > 0
        if not _BY_SOURCE.search(one.series.metric)
    ]
    # The same edge seen from its other end compares best; percentiles of all requests are another measure.
    edges = [one for one in inside if one.series.source] or inside
    return max((one.after - one.before for one in edges), default=0.0) < (basis.after - basis.before) / 2


def measured(value: float, metric: str) -> str:
    """A value with the unit that the name of its metric tells."""
    if _MILLISECONDS.search(metric):
        return f"{value:.3g} ms"
    if _SECONDS.search(metric):
        return f"{value * MILLISECONDS:.3g} ms" if abs(value) < 1 else f"{value:.3g} s"
    return f"{value:.3g} %" if _PERCENT.search(metric) else f"{value:.4g}"


def _fact(
    by_id: dict[str, Evidence], evidence: str, component: str, kind: str, said: str, values: Values, when: float
) -> Fact:
    at = _instant(when)
    piece = by_id.get(evidence)
    query = piece.params.get("query", "") or piece.tool if piece else ""
    text = f"{said} at {at:%H:%M}" if at else said
    return Fact("", evidence, component, kind, shown(text), at, shown(query), values)


def _instant(when: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(when, UTC) if when > 0 else None
    except (OverflowError, ValueError, OSError):
        return None
