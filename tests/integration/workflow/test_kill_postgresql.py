"""kill -9 at every point on PostgreSQL: at most once, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.workflow.killcases import Outside, cases_for, check, first_data, outside, run_cases

__all__ = ["outside"]


@pytest.mark.postgres
def test_killed_at_every_point_on_postgresql(outside: str, tmp_path: Path, postgres_server: object) -> None:
    first = postgres_server.new_database()
    data = first_data(outside, tmp_path, first)
    cases = cases_for("postgresql", iter(lambda: postgres_server.new_database(first), None))
    results = run_cases(outside, tmp_path, data, cases)
    check(Outside.cases, results, len(cases))
