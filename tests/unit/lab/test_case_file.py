"""The case format: what becomes of each key, and which key is named where something is wrong with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lamplighter.lab.case_archive import BadCase
from lamplighter.lab.case_file import EVIDENCE_MAX, case_of

AT = "2026-01-05T12:00:00Z"
FILES = {"evidence/e1.txt": b"one line\n"}


def body(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON, right or wrong
    piece = {"id": "e1", "tool": "logs", "params": {"component": "web"}, "file": "evidence/e1.txt"}
    return {
        "schema": "lamplighter.case/1",
        "id": "c1",
        "symptom": "web is slow",
        "at": AT,
        "evidence": [piece],
        **more,
    }


def written(whole: object) -> dict[str, bytes]:
    return {**FILES, "case.json": json.dumps(whole).encode()}


def test_the_least_that_a_case_may_hold() -> None:
    case = case_of(written(body(evidence=[])))
    assert (case.id, case.symptom, case.at) == ("c1", "web is slow", datetime(2026, 1, 5, 12, tzinfo=UTC))
    assert (case.evidence, case.alerts, case.start, case.subject) == ((), (), None, "")


def test_every_key_is_read() -> None:
    case = case_of(
        written(
            body(
                window={"start": "2026-01-05T11:00:00Z", "end": AT},
                baseline={"start": "2026-01-04T09:00:00Z", "end": "2026-01-04T12:00:00+02:00"},
                alerts=[{"status": "firing", "labels": {"alertname": "Slow", "name": "web"}, "startsAt": AT}],
                components=["web", "db"],
                topology=[{"from": "web", "to": "db", "kind": "calls"}],
                changes=[{"at": AT, "component": "db", "what": "restarted", "source": "ansible"}],
                fault_kinds=["slow_queries"],
                subject="web",
            )
        )
    )
    assert case.start is not None
    assert case.end is not None
    assert case.end - case.start == timedelta(hours=1)
    assert case.baseline_end == datetime(2026, 1, 4, 10, tzinfo=UTC)
    assert (case.alerts[0].name, case.components, case.fault_kinds) == ("Slow", ("web", "db"), ("slow_queries",))
    assert (case.topology[0].source, case.topology[0].target, case.subject) == ("web", "db", "web")
    assert (case.changes[0].component, case.changes[0].source) == ("db", "ansible")


def test_evidence_has_its_text_its_component_and_the_time_of_the_case() -> None:
    piece = {
        "id": "e1",
        "tool": "kubectl.get",
        "file": "evidence/e1.txt",
        "params": {"component": "web", "namespaced": True, "lines": 3},
        "error": "refused",
        "truncated": True,
    }
    (read,) = case_of(written(body(evidence=[piece]))).evidence
    assert (read.component, read.content, read.at) == ("web", "one line\n", datetime(2026, 1, 5, 12, tzinfo=UTC))
    assert read.params == {"component": "web", "namespaced": "true", "lines": "3"}
    assert (read.error, read.truncated, read.media) == ("refused", True, "text/plain")


def test_a_file_that_is_not_utf_8_is_read_with_marks_in_it() -> None:
    files = {"evidence/e1.txt": b"\xef\xbb\xbfcaf\xe9 \x00"}
    (read,) = case_of({**written(body()), **files}).evidence
    assert read.content == "caf\N{REPLACEMENT CHARACTER} \x00"


def piece(**more: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON, right or wrong
    return [{**body()["evidence"][0], **more}]


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"schema": "lamplighter.case/2"}, "schema: "),
        ({"schema": 1}, "schema: "),
        ({"id": None}, "id: "),
        ({"at": "yesterday"}, "at: "),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at: "),
        ({"at": "9999-12-31T23:59:59-14:00"}, "at: "),
        ({"symptom": ""}, "symptom: "),
        ({"evidence": {}}, "evidence: "),
        ({"evidence": piece(file="evidence/none.txt")}, "evidence[0].file: "),
        ({"evidence": piece(file="../../etc/passwd")}, "evidence[0].file: "),
        ({"evidence": piece(file="case.json")}, "evidence[0].file: "),
        ({"evidence": piece(file="answer.json")}, "evidence[0].file: "),
        ({"evidence": piece(at="0300-01-01T00:00:00Z")}, "evidence[0].at: "),
        ({"evidence": piece(params=[])}, "evidence[0].params: "),
        ({"evidence": piece() * 2}, "evidence[1].id: "),
        ({"evidence": [{"id": "e1"}]}, "evidence[0].tool: "),
        ({"evidence": piece() * (EVIDENCE_MAX + 1)}, "evidence: "),
        ({"window": {"start": AT, "end": AT}}, "window: "),
        ({"baseline": {"start": AT}}, "baseline.end: "),
        ({"topology": [{"from": "a", "to": "b", "kind": "likes"}]}, "topology[0].kind: "),
        ({"topology": [{"from": "a"}]}, "topology[0].to: "),
        ({"changes": [{"at": 5, "component": "a", "what": "b"}]}, "changes[0].at: "),
        ({"components": ["a", 1]}, "components[1]: "),
        ({"alerts": [{"status": "pending", "labels": {"alertname": "x"}, "startsAt": AT}]}, "alerts"),
        ({"alerts": [{"status": "firing", "labels": {"alertname": 1}, "startsAt": AT}]}, "alerts"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(wrong: dict[str, Any], key: str) -> None:
    with pytest.raises(BadCase) as told:
        case_of(written(body(**wrong)))
    assert str(told.value).startswith(key)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("key", ["schema", "id", "at", "evidence"])
def test_what_is_missing_is_named(key: str) -> None:
    whole = body()
    del whole[key]
    with pytest.raises(BadCase, match=f"^{key}: "):
        case_of(written(whole))


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'{"schema": "\xff"}', b"[" * 100_000, b"\xff\xfe{\x00}\x00"]
)
def test_what_is_no_json_object_is_said(raw: bytes) -> None:
    with pytest.raises(BadCase, match=r"^case\.json: "):
        case_of({"case.json": raw})


def test_a_folder_without_the_file_says_so() -> None:
    with pytest.raises(BadCase, match=r"^case\.json: is missing"):
        case_of({})


def test_the_alerts_of_old_cases_are_of_their_own_time() -> None:
    old = "1999-05-05T12:00:00Z"
    alerts = [{"status": "firing", "labels": {"alertname": "Slow"}, "startsAt": old}]
    case = case_of(written(body(at=old, alerts=alerts, symptom="")))
    assert case.alerts[0].starts_at.year == 1999
