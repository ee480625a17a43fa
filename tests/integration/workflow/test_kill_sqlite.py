"""kill -9 at every point on SQLite: at most once, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.integration.workflow.killcases import Outside, cases_for, check, first_data, outside, run_cases

__all__ = ["outside"]


def test_killed_at_every_point_on_sqlite(outside: str, tmp_path: Path) -> None:
    cases = cases_for("sqlite", iter(lambda: "", None))
    results = run_cases(outside, tmp_path, first_data(outside, tmp_path, ""), cases)
    check(Outside.cases, results, len(cases))
