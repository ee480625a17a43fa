from __future__ import annotations

import pytest

from lamplighter.diagnosis import diagnose
from tests.unit.diagnosis.home import Home

CASES = [
    (
        Home("till fails", components=("till", "till-db")).log(
            "till", "could not connect to till-db:5432: Connection refused"
        ),
        "till-db",
        "database_down",
    ),
    (
        Home("pages slow", components=("web", "redis"))
        .log("web", "Error connecting to redis:6379. Connection refused.")
        .series("redis_up", {"redis": (1.0, 0.0)}),
        "redis",
        "cache_unavailable",
    ),
    (
        Home("old numbers", components=("pg-b",)).series("pg_replication_lag_seconds", {"pg-b": (1.0, 2000.0)}),
        "pg-b",
        "replication_lag",
    ),
    (
        Home("no backup of files").log(
            "restic-files", "Fatal: unable to create lock in backend: repository is already locked"
        ),
        "restic-files",
        "backup_failed",
    ),
    (
        Home("report is missing", components=("scheduler",)).log(
            "scheduler", "ERROR job month_report failed after 4 s"
        ),
        "scheduler",
        "job_failed",
    ),
]


@pytest.mark.parametrize(("home", "component", "fault"), CASES, ids=[case[2] for case in CASES])
def test_the_kind_and_its_component_are_named(home: Home, component: str, fault: str) -> None:
    best = diagnose(home.case()).best
    assert best is not None
    assert (best.component, best.fault) == (component, fault)
