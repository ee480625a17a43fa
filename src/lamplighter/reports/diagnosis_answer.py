"""A diagnosis as the one JSON object that every door prints. Pure rendering of values."""

from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.domain.cause import Cause, Diagnosis, RuledOut
from lamplighter.domain.evidence import Fact


def answer_of(case_id: str, diagnosis: Diagnosis) -> dict[str, object]:
    """The answer to a case; times are UTC, `elapsed_seconds` in seconds."""
    return {
        "case": case_id,
        "causes": [_cause(cause) for cause in diagnosis.causes],
        "facts": [_fact(fact) for fact in diagnosis.facts],
        "ruled_out": [_ruled_out(one) for one in diagnosis.ruled_out],
        "undetermined": diagnosis.undetermined,
        "needs": list(diagnosis.needs),
        "statement": diagnosis.statement,
        "engine": diagnosis.engine,
        "elapsed_seconds": diagnosis.elapsed_seconds,
    }


def _cause(cause: Cause) -> dict[str, object]:
    return {
        "rank": cause.rank,
        "component": cause.component,
        "fault": cause.fault,
        "confidence": cause.confidence,
        "word": cause.word,
        "statement": cause.statement,
        "facts": list(cause.facts),
        "against": list(cause.against),
        "immediate": list(cause.immediate),
        "prevention": list(cause.prevention),
    }


def _fact(fact: Fact) -> dict[str, object]:
    return {
        "id": fact.id,
        "evidence": fact.evidence,
        "component": fact.component,
        "kind": fact.kind,
        "at": stamp(fact.at),
        "text": fact.text,
        "query": fact.query,
    }


def _ruled_out(one: RuledOut) -> dict[str, object]:
    return {"component": one.component, "fault": one.fault, "because": list(one.because)}


def stamp(at: datetime | None) -> str | None:
    """A time as CASES write it, or None."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
