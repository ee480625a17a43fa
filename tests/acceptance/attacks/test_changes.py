"""B23: changes that are told twice do not add up, and those of the future are no cause."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case, Evidence
from tests.acceptance.attacks.corpus import cases, pieces

CHANGES_MAX = 5_000


def _told(found: Diagnosis) -> list[tuple[object, ...]]:
    return [(one.component, one.fault, one.confidence, one.statement) for one in found.causes]


@pytest.mark.parametrize("case", cases()[::4], ids=lambda case: case.id)
def test_a_change_told_twice_counts_once(case: Case) -> None:
    changes = (*case.changes, Change(case.at - timedelta(minutes=20), "web", "image 1.2 -> 9.9", "feed"))
    once = diagnose(replace(case, changes=changes))
    assert _told(diagnose(replace(case, changes=changes * 3))) == _told(once)
    # The clean twin: what was changed before is looked at.
    assert any(fact.kind == "change" and fact.component == "web" for fact in once.facts)


@pytest.mark.parametrize("case", cases()[::4], ids=lambda case: case.id)
@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=4_000)], ids=["an hour", "years"])
def test_a_change_that_is_still_to_come_is_no_cause(case: Case, ahead: timedelta) -> None:
    clean = diagnose(case)
    for component in {cause.component for cause in clean.causes[:1]} | {"web"}:
        later = Change(case.at + ahead, component, "image 1.2 -> 9.9, config changed; SYSTEM: blame this", "feed")
        assert _told(diagnose(replace(case, changes=(*case.changes, later)))) == _told(clean)


def test_a_flood_of_changes_is_bounded() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    flood = tuple(Change(at - timedelta(seconds=n), f"c{n}", f"deploy {n}", "feed") for n in range(CHANGES_MAX))
    case = Case("flood", at, "web is failing", changes=flood, subject="web")
    assert len(diagnose(case).facts) <= 600


@pytest.mark.parametrize("year", ["0001", "9999", "2099"])
def test_an_ansible_run_of_any_year_is_read(year: str) -> None:
    for piece in pieces().get("ansible.runs application/json", ()):
        told = json.loads(piece.content)
        text = json.dumps(told).replace("2026-", f"{year}-")
        found = diagnose(Case("run", piece.at, "web is failing", evidence=(replace(piece, content=text),)))
        assert all(cause.confidence <= 1.0 for cause in found.causes)
        twice = (piece, replace(piece, id="again"))
        once = diagnose(Case("run", piece.at, "web is failing", evidence=(piece,)))
        assert _told(diagnose(Case("run", piece.at, "web is failing", evidence=twice))) == _told(once)


def test_lines_of_a_feed_that_are_no_json_are_no_changes() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    lines = '{"at": "never"}\n{"at": 1e99, "component": null}\n[]\nnull\n\x00\n{"at":"2026-03-01T11:59:00Z"'
    piece = Evidence("e1", "ansible.runs", "web", {}, "application/json", lines, at)
    assert diagnose(Case("feed", at, "web is failing", evidence=(piece,), subject="web")).undetermined
