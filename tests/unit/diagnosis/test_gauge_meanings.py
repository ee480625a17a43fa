from __future__ import annotations

import pytest

from lamplighter.diagnosis.gauge_meanings import meaning_of


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("node_filesystem_files_free", "inodes_free"),
        ("node_filesystem_avail_bytes{mountpoint='/'}", "disk_free"),
        ("process_open_fds", "fds"),
        ("process_max_fds", "fds_max"),
        ("redis_up", "cache_up"),
        ("probe_ssl_earliest_cert_expiry", "certificate"),
        ("pg_replication_lag_seconds", "replication_lag"),
        ("rabbitmq_queue_messages_ready", "queue"),
        ("rate(http_requests_total[1m])", "traffic"),
        ("histogram_quantile(0.9, rate(x_bucket[1m]))", "latency"),
    ],
)
def test_a_query_says_what_it_measures(query: str, name: str) -> None:
    found = meaning_of(query)
    assert found is not None
    assert found.name == name


def test_an_unknown_metric_means_nothing() -> None:
    assert meaning_of("temperature_celsius") is None
