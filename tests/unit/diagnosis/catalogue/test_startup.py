from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis import diagnose

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Shop

LINES = [
    ("port_conflict", "OSError: [Errno 98] Address already in use: ('0.0.0.0', 8080)", "8080"),
    ("port_conflict", "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "80"),
    ("permission_denied", "PermissionError: [Errno 13] Permission denied: '/var/lib/shop/data'", "/var/lib/shop/data"),
    ("missing_file", "FileNotFoundError: [Errno 2] No such file or directory: '/etc/shop/key'", "/etc/shop/key"),
    ("missing_environment_variable", "KeyError: 'DEPLOY_ENV'", "DEPLOY_ENV"),
    ("missing_environment_variable", "FATAL environment variable SHOP_TOKEN_FILE is not set", "SHOP_TOKEN_FILE"),
    ("config_error", 'nginx: [emerg] unknown directive "worker_proceses" in /etc/nginx/nginx.conf:3', "nginx.conf"),
]


@pytest.mark.parametrize(("fault", "line", "word"), LINES)
def test_a_line_at_the_end_of_a_short_life_names_the_reason(shop: Shop, fault: str, line: str, word: str) -> None:
    shop.gateway("front", 502).exited("store", 1, StartedAt="2026-03-01T11:58:59Z").log("store", "INFO starts", line)
    best = diagnose(shop.case()).best
    assert best is not None
    assert (best.component, best.fault) == ("store", fault)
    assert best.confidence >= 0.8
    assert word in best.statement


def test_the_engine_itself_may_name_the_reason(shop: Shop) -> None:
    error = "driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated"
    best = diagnose(shop.exited("store", 128, Status="created", Error=error).case()).best
    assert best is not None
    assert (best.fault, best.confidence >= 0.6) == ("port_conflict", True)


def test_the_same_line_in_a_process_that_runs_is_not_believed(shop: Shop) -> None:
    shop.hangs("store").container("store").log("store", LINES[0][1])
    best = diagnose(shop.case()).best
    assert best is not None
    assert best.fault == "process_hung"


def test_a_command_that_supervisor_cannot_find(shop: Shop) -> None:
    shop.process("store", "FATAL", spawnerr="can't find command '/bin/nothere'", stop=0)
    best = diagnose(shop.case()).best
    assert best is not None
    assert (best.fault, best.confidence >= 0.6) == ("missing_file", True)
    assert "/bin/nothere" in best.statement
