from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.redis_info import read_redis
from lamplighter.domain.evidence import Evidence, Fact

INFO = (
    "# Clients\r\nconnected_clients:12\r\nmaxclients:10000\r\n# Memory\r\nused_memory:1048576\r\nmaxmemory:2097152\r\n"
    "maxmemory_policy:noeviction\r\n# Persistence\r\nloading:0\r\nrdb_last_bgsave_status:ok\r\n"
)


def _read(text: str) -> list[Fact]:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read_redis(Evidence("e1", "redis-cli", "cache", {}, "text/plain", text, at))


def test_memory_and_clients_are_told() -> None:
    (fact,) = _read(INFO)
    assert (fact.kind, fact.component, fact.values["memory_share"], fact.values["clients"]) == (
        "cache",
        "cache",
        0.5,
        12.0,
    )
    assert "12 clients, noeviction" in fact.text


@pytest.mark.parametrize(
    ("before", "after", "sign"),
    [
        ("used_memory:1048576", "used_memory:2097152", "cache_unavailable"),
        ("loading:0", "loading:1", "cache_unavailable"),
        ("bgsave_status:ok", "bgsave_status:err", "cache_unavailable"),
        ("connected_clients:12", "connected_clients:10000", "connection_pool_exhausted"),
        ("# Persistence", "master_link_status:down", "replication_lag"),
    ],
)
def test_states_in_which_clients_get_errors(before: str, after: str, sign: str) -> None:
    _, fact = _read(INFO.replace(before, after))
    assert (fact.kind, fact.values["sign"]) == ("log_sign", sign)


def test_a_full_cache_that_evicts_goes_on() -> None:
    full = INFO.replace("used_memory:1048576", "used_memory:2097152").replace("noeviction", "allkeys-lru")
    assert len(_read(full)) == 1


@pytest.mark.parametrize("text", ["", "used memory: 5", "# Memory is full\nused_memory of it", "ERROR no info"])
def test_another_text_is_none(text: str) -> None:
    assert _read(text) == []
