"""What is known of an incident and how surely, put together from its diagnosis, evidence and lessons. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lamplighter.domain.cause import LIKELY_FROM, Diagnosis
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.examination import examined, title_of
from lamplighter.domain.incident import Incident
from lamplighter.domain.lesson import Lesson
from lamplighter.reports.charts import Chart, chart_of
from lamplighter.reports.links import Places, links_of
from lamplighter.reports.recurrence import SeenBefore, seen_before

QUERY_CHARS_MAX = 4_000
CHARTS_MAX = 60
CHANGES_MAX = 20
UNKNOWN = "unknown"
CHANGE = "change"
# What came in by itself: the facts name their source where others name their query.
UNASKED = frozenset({"alerts", "changes"})
# Nothing here asks a model, so nothing is paid for.
COST_USD = 0.0


@dataclass(frozen=True, slots=True)
class Known:
    """The headline. `called` is "root cause" only where the component was examined; `facts` are ids, in their order.

    `immediate` and `prevention` are what a person can do at once, and against the next time.
    """

    called: str
    component: str
    fault: str
    examined: bool
    word: str
    confidence: float | None
    statement: str
    facts: tuple[str, ...]
    engine: str
    elapsed_seconds: float
    cost_usd: float
    immediate: tuple[str, ...] = ()
    prevention: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownFact:
    """One fact with its number, the query that gave it, its picture, and where to ask again."""

    number: int
    id: str
    component: str
    kind: str
    at: datetime | None
    text: str
    evidence: str
    query: str
    series: Chart | None
    links: dict[str, str]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A cause that is possible and no more."""

    component: str
    fault: str
    confidence: float
    word: str
    statement: str
    facts: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotProven:
    """What would settle it, and what is merely possible."""

    needs: tuple[str, ...] = ()
    causes: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Excluded:
    """A cause that was ruled out; `facts` are ids, `because` what those say."""

    component: str
    fault: str
    facts: tuple[str, ...]
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeBefore:
    """Something that was changed before the alert began, by `seconds_before`."""

    fact: str
    at: datetime
    component: str
    text: str
    seconds_before: float


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it. `known` is None where nothing was diagnosed yet."""

    known: Known | None = None
    facts: tuple[ShownFact, ...] = ()
    not_proven: NotProven = NotProven()
    ruled_out: tuple[Excluded, ...] = ()
    changes: tuple[ChangeBefore, ...] = ()
    seen_before: tuple[SeenBefore, ...] = ()


def findings_of(
    incident: Incident,
    diagnosis: Diagnosis | None,
    evidence: Iterable[Evidence] = (),
    lessons: Sequence[Lesson] = (),
    earlier: Sequence[Incident] = (),
    places: Places = Places(),  # noqa: B008 - a frozen value
) -> Findings:
    """The findings; `lessons` and `earlier` may hold more than what is like this incident."""
    seen = seen_before(incident, diagnosis, lessons, earlier)
    if diagnosis is None:
        return Findings(seen_before=seen)
    said = {fact.id: fact.text for fact in diagnosis.facts}
    return Findings(
        known=_known(diagnosis),
        facts=_facts(diagnosis, {piece.id: piece for piece in evidence}, places),
        not_proven=_not_proven(diagnosis),
        ruled_out=tuple(
            Excluded(out.component, out.fault, out.because, tuple(said[key] for key in out.because if key in said))
            for out in diagnosis.ruled_out
        ),
        changes=_changes(diagnosis.facts, incident.alert.starts_at),
        seen_before=seen,
    )


def _known(diagnosis: Diagnosis) -> Known:
    best = None if diagnosis.undetermined else diagnosis.best
    engine, elapsed = diagnosis.engine, diagnosis.elapsed_seconds
    if best is None:
        word = UNKNOWN if diagnosis.undetermined else ""
        return Known("", "", "", False, word, None, diagnosis.statement, (), engine, elapsed, COST_USD)
    return Known(
        called=title_of(best, diagnosis.facts),
        component=best.component,
        fault=best.fault,
        examined=examined(best.component, diagnosis.facts),
        word=best.word,
        confidence=best.confidence,
        statement=best.statement,
        facts=tuple(fact.id for fact in diagnosis.cited(best)),
        engine=engine,
        elapsed_seconds=elapsed,
        cost_usd=COST_USD,
        immediate=best.immediate,
        prevention=best.prevention,
    )


def _facts(diagnosis: Diagnosis, pieces: dict[str, Evidence], places: Places) -> tuple[ShownFact, ...]:
    """All facts; those that a cause cites get their pictures first."""
    cited = [fact for cause in diagnosis.causes for fact in diagnosis.cited(cause)]
    charts: dict[str, Chart] = {}
    for fact in (*cited, *diagnosis.facts):
        if len(charts) >= CHARTS_MAX:
            break
        chart = None if fact.id in charts else chart_of(fact, pieces.get(fact.evidence))
        if chart is not None:
            charts[fact.id] = chart
    return tuple(
        ShownFact(
            number=number,
            id=fact.id,
            component=fact.component,
            kind=fact.kind,
            at=fact.at,
            text=fact.text,
            evidence=fact.evidence,
            query=_query(fact, pieces.get(fact.evidence)),
            series=charts.get(fact.id),
            links=links_of(pieces.get(fact.evidence), places),
        )
        for number, fact in enumerate(diagnosis.facts, start=1)
    )


def _query(fact: Fact, piece: Evidence | None) -> str:
    """The query as it was asked, so that it can be asked again; a fact keeps only its beginning."""
    asked = piece.params.get("query", "") if piece else ""
    if not asked and fact.evidence in UNASKED:
        return ""
    query = (asked or fact.query)[:QUERY_CHARS_MAX]
    return "".join(letter for letter in query if letter.isprintable() or letter in "\n\t")


def _not_proven(diagnosis: Diagnosis) -> NotProven:
    doubts = tuple(
        Doubt(one.component, one.fault, one.confidence, one.word, one.statement, one.facts, one.against)
        for one in diagnosis.causes
        if one.confidence < LIKELY_FROM
    )
    return NotProven(diagnosis.needs, doubts)


def _changes(facts: Iterable[Fact], began: datetime) -> tuple[ChangeBefore, ...]:
    """What was changed before the alert began, the newest first."""
    found = [
        ChangeBefore(fact.id, fact.at, fact.component, fact.text, (began - fact.at).total_seconds())
        for fact in facts
        if fact.kind == CHANGE and fact.at is not None and fact.at <= began
    ]
    return tuple(sorted(found, key=lambda one: one.seconds_before)[:CHANGES_MAX])
