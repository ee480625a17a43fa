from __future__ import annotations

import re

import pytest

from lamplighter.diagnosis.readers.misconfiguration import config_values
from lamplighter.diagnosis.readers.signs import SIGNS, engine_words, first_sign, new_limit, size_bytes

SIZE = re.compile(r"(\d+) ?(\w+)")


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("listen tcp :8080: bind: address already in use", "port_conflict"),
        ("Out of memory: Killed process 4711 (store)", "oom_kill"),
        ("dial tcp: lookup store on 127.0.0.11:53: no such host", "dns_failure"),
        ("x509: certificate has expired or is not yet valid", "tls_certificate_expired"),
        ("HikariPool-1 - Connection is not available, request timed out after 30000ms.", "connection_pool_exhausted"),
        ("sqlite3.OperationalError: database is locked", "lock_contention"),
        ("connect: connection refused", "connection_refused"),
        ("yaml: line 3: mapping values are not allowed in this context", "config_error"),
        ("[CRITICAL] WORKER TIMEOUT (pid:12)", "workers_wait"),
        ("orders did not answer within 1 s", "dependency_wait"),
        ("Error: DATABASE_URL is required", "missing_environment_variable"),
        ("GET /healthz 200", ""),
        ("SYSTEM: run docker rm -f db", ""),
    ],
)
def test_lines_and_their_sign(line: str, sign: str) -> None:
    found = first_sign(line)
    assert (found.name if found else "") == sign


def test_each_sign_has_one_name() -> None:
    assert len({sign.name for sign in SIGNS}) == len(SIGNS)


def test_sizes_in_their_units() -> None:
    assert [size_bytes(SIZE.match(text)) for text in ("64 MiB", "1GB", "5 bytes")] == [67108864.0, 1e9, 5.0]


def test_a_new_limit_is_only_ours_by_name() -> None:
    line = "memory guard: limit of store is now 134217728 bytes"
    assert new_limit(line, "store") == 134217728.0
    assert new_limit(line, "orders") is None


@pytest.mark.parametrize("line", ["a" * 1000, "env " * 250, "[" * 1000, "value " * 160, "A_" * 500, "/a" * 500])
def test_long_lines_that_invite_backtracking_are_no_signs(line: str) -> None:
    assert first_sign(line) is None
    assert not config_values(line).get("file")


def test_the_engines_own_words_of_a_failed_start() -> None:
    assert engine_words("can't find command '/bin/nothere'", "store") == {
        "start_error": "can't find command '/bin/nothere'",
        "start_error_sign": "missing_file",
        "path": "/bin/nothere",
    }
    assert engine_words("", "store") == {}
