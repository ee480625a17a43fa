from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.diagnosis.gauges import gauges_of
from lamplighter.diagnosis.naming import naming_of
from lamplighter.domain.evidence import Fact
from tests.unit.diagnosis.home import NOW, Home


def _of(home: Home) -> list[Fact]:
    case = home.case()
    return gauges_of(case, naming_of(case, []))


@pytest.mark.parametrize(
    ("query", "bad", "good"),
    [
        ("node_filesystem_files_free", (9e5, 0.0), (9e5, 8e5)),
        ("redis_up", (1.0, 0.0), (1.0, 1.0)),
        ("rate(node_disk_io_time_seconds_total[1m])", (0.1, 0.99), (0.1, 0.12)),
        ("rate(http_requests_total[1m])", (40.0, 400.0), (40.0, 44.0)),
        ("pg_replication_lag_seconds", (1.0, 900.0), (1.0, 2.0)),
        ("probe_ssl_earliest_cert_expiry", (NOW.timestamp() - 60,) * 2, (NOW.timestamp() + 1e6,) * 2),
    ],
)
def test_a_level_that_is_bad_is_told_and_a_good_one_is_not(
    query: str, bad: tuple[float, float], good: tuple[float, float]
) -> None:
    (fact,) = _of(Home(components=("a", "b")).series(query, {"a": bad, "b": good}))
    assert (fact.kind, fact.component) == ("gauge", "a")


def test_descriptors_are_measured_by_their_limit() -> None:
    home = Home(components=("hub",)).series("process_open_fds", {"hub": (800.0, 1024.0)})
    (fact,) = _of(home.series("process_max_fds", {"hub": (1024.0, 1024.0)}))
    assert (fact.values["share"], fact.values["level"]) == (1.0, 1024.0)


def test_the_onset_is_where_the_level_changed() -> None:
    (fact,) = _of(Home(components=("a",)).series("redis_up", {"a": (1.0, 0.0)}))
    assert fact.at == NOW - timedelta(minutes=15)


def test_where_a_normal_stretch_is_known_a_rise_is_left_to_who_compares() -> None:
    case = replace(
        Home(components=("a",)).series("rate(http_requests_total[1m])", {"a": (4.0, 90.0)}).case(), baseline_start=NOW
    )
    assert gauges_of(case, naming_of(case, [])) == []
