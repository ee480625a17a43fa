"""An incident, a diagnosis and lessons to put together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from lamplighter.domain.cause import Cause, Diagnosis, RuledOut
from lamplighter.domain.evidence import Fact
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.lesson import Lesson
from lamplighter.testing import NOON, firing


def incident(number: int = 9, state: State = State.NEEDS_HUMAN, at: datetime = NOON, **more: Any) -> Incident:  # noqa: ANN401 - fields of the incident
    alert = firing("Down", at, container="shop")
    fields: dict[str, Any] = {"component": "shop", **more}
    return Incident(f"INC-{number}", "Down", state, "critical", alert.trouble, alert, at, at, **fields)


def lesson(number: int, at: datetime = NOON, **more: Any) -> Lesson:  # noqa: ANN401 - fields of the lesson
    told: dict[str, Any] = {
        "trouble": incident().trouble,
        "component": "shop",
        "fault": "oom",
        "actions": ("restart shop",),
        "outcome": "resolved",
        "confidence": 0.9,
        "seconds": 61.0,
        **more,
    }
    return Lesson(incident_id=f"INC-{number}", at=at, **told)


def fact(number: int, kind: str, text: str, **more: Any) -> Fact:  # noqa: ANN401 - fields of the fact
    told: dict[str, Any] = {"evidence": "e1", "component": "shop", **more}
    return Fact(id=f"f{number}", kind=kind, text=text, **told)


def diagnosis(**more: Any) -> Diagnosis:  # noqa: ANN401 - fields of the diagnosis
    facts = (
        fact(1, "alert", "alert Down is firing", at=NOON),
        fact(2, "state", "shop was killed for memory", query="docker inspect shop"),
        fact(3, "change", "shop: image 10.10 became 10.11", at=NOON - timedelta(minutes=17)),
        fact(4, "change", "nas was patched", component="nas", at=NOON - timedelta(hours=3)),
        fact(5, "change", "shop was scaled", at=NOON + timedelta(minutes=1)),
        fact(6, "probe", "nas answers", component="nas"),
    )
    causes = (
        Cause(1, "shop", "oom", 0.82, "likely", "shop was killed for memory", ("f2", "f3")),
        Cause(2, "nas", "disk_full", 0.2, "possible", "nas may be full", ("f4",), ("f6",)),
    )
    fields: dict[str, Any] = {
        "causes": causes,
        "facts": facts,
        "ruled_out": (RuledOut("nas", "host_down", ("f6", "f99")),),
        "statement": "shop was killed for memory",
        "elapsed_seconds": 0.012,
        **more,
    }
    return Diagnosis(**fields)
