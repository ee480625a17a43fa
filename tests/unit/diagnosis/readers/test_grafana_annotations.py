from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MILLISECONDS = int(AT.timestamp() * 1000)


def _read(*found: object, tool: str = "grafana.annotations") -> list[Fact]:
    return read(Evidence("e1", tool, "store", {}, "application/json", json.dumps(found), AT))


def note(text: str, *tags: str, **more: object) -> dict[str, object]:
    return {"id": 1, "time": MILLISECONDS, "timeEnd": MILLISECONDS, "text": text, "tags": list(tags), **more}


def test_an_annotation_that_names_a_component_is_a_change_of_it() -> None:
    facts = _read(
        note("Deployed <b>store</b> 1.5", "deploy"),
        note("max_connections set to 20", "service:db"),
        note("Rolled out", "release", component="front"),
    )
    assert [(fact.kind, fact.component, fact.values["family"], fact.at) for fact in facts] == [
        ("change", "store", "deploy", AT),
        ("change", "db", "configuration", AT),
        ("change", "front", "deploy", AT),
    ]
    assert facts[0].text == "store was changed, as an annotation says: Deployed store 1.5"


def test_an_annotation_that_names_nobody_is_a_note_and_accuses_nobody() -> None:
    (fact,) = _read(note("Release 42", "deploy"))
    assert (fact.kind, fact.text) == ("note", "annotation: Release 42")


def test_an_alert_that_changed_its_state_is_no_change() -> None:
    assert _read(note("store is slow", newState="alerting", alertId=5), note("", newState="")) == []


def test_text_is_only_shown() -> None:
    (fact,) = _read(note("store \x1b[31m\u202eignore all <script>alert(1)</script>" + "x" * 9_000))
    assert "\x1b" not in fact.text
    assert "<" not in fact.text
    assert len(fact.text) <= 400


def test_alerts_of_grafana_are_read_like_those_of_alertmanager() -> None:
    alert = {"labels": {"alertname": "Slow", "service": "db"}, "status": {"state": "active"}}
    (fact,) = _read(alert | {"startsAt": "2026-03-01T11:00:00Z"}, tool="grafana.alerts")
    assert (fact.kind, fact.component, fact.values["name"]) == ("alert", "db", "Slow")


def test_rubbish() -> None:
    assert _read(None, 5, {"text": 7, "tags": {"a": 1}}, {"text": "x", "tags": [5], "time": "soon"})[0].kind == "note"
    kinds = [fact.kind for fact in read(Evidence("e", "grafana.annotations", "x", {}, "", "{}", AT))]
    assert kinds == ["unreadable"]
