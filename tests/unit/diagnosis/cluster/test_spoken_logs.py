from __future__ import annotations

import pytest

from lamplighter.diagnosis.cluster.spoken_logs import spoken_in


@pytest.mark.parametrize(
    ("line", "port"),
    [
        ("Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)", 8000),
        ("Tomcat started on port(s): 8080 (http)", 8080),
        ('level=info msg="Listening on" address=[::]:9090', 9090),
        ("http: Server listening on :3000", 3000),
        ("gRPC server listening at 0.0.0.0:50051", 50051),
    ],
)
def test_where_a_program_listens(line: str, port: int) -> None:
    assert list(spoken_in([line]).ports) == [port]


@pytest.mark.parametrize(
    "line", ["connected to db at 10.0.0.9:5432", "cache client ready addr=redis:6379", "GET / 200 12ms"]
)
def test_where_it_only_connects_to_is_no_port_of_its_own(line: str) -> None:
    assert spoken_in([line]).ports == {}


@pytest.mark.parametrize(
    ("line", "host", "port", "error"),
    [
        ("dial tcp 10.0.0.9:5432: connect: connection refused", "10.0.0.9", 5432.0, "refused"),
        ("dial tcp: lookup kafka.shop.svc on 10.96.0.10:53: no such host", "kafka.shop.svc", None, "dns"),
        ("Error: getaddrinfo ENOTFOUND redis", "redis", None, "dns"),
        ("nc: bad address 'timescale'", "timescale", None, "dns"),
        ("connection to ledger-db:5432 failed: connection refused, retry in 10s", "ledger-db", 5432.0, "refused"),
        ("connect to db (10.0.0.9) port 5432 (tcp) failed: Connection timed out", "db", 5432.0, "timeout"),
        ("waiting for postgres:5432 ...", "postgres", 5432.0, "wait"),
        ("Get https://web:8443/: x509: certificate has expired", "web", 8443.0, "tls"),
    ],
)
def test_whom_a_program_cannot_reach(line: str, host: str, port: float | None, error: str) -> None:
    [call] = spoken_in([line, line]).calls
    assert (call.host, call.port, call.error, call.count) == (host, port, error, 2)


@pytest.mark.parametrize(
    "line", ["Waiting for application startup.", "2026-03-01T10:14:02Z request timed out", "all connected"]
)
def test_lines_that_name_nobody_are_no_calls(line: str) -> None:
    assert spoken_in([line]).calls == []


def test_whom_a_pool_of_connections_cannot_reach() -> None:
    line = "ERROR HTTPConnectionPool(host='accounts-api', port=80): Failed to connect: [Errno 111] Connection refused"
    (call,) = spoken_in([line]).calls
    assert (call.host, call.port, call.error) == ("accounts-api", 80.0, "refused")
