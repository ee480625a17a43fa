from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.misconfiguration import config_values

LINES = [
    (
        "config error: /etc/shop/store.ini: [store] workers = 'many': expected a whole number",
        {"file": "/etc/shop/store.ini", "section": "store", "key": "workers", "value": "many"},
    ),
    (
        'nginx: [emerg] unknown directive "worker_proceses" in /etc/nginx/nginx.conf:12',
        {"file": "/etc/nginx/nginx.conf", "line_number": "12", "key": "worker_proceses"},
    ),
    ('FATAL:  invalid value for parameter "max_connections": "abc"', {"key": "max_connections", "value": "abc"}),
    (
        'FATAL: unrecognized configuration parameter "foo" in file "/etc/postgresql/postgresql.conf" line 7',
        {"file": "/etc/postgresql/postgresql.conf", "line_number": "7", "key": "foo"},
    ),
    (
        "[ALERT] (1) : config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'mod' in 'global' section",
        {"file": "/etc/haproxy/haproxy.cfg", "line_number": "12", "key": "mod"},
    ),
    (
        "error loading config file /etc/prometheus/prometheus.yml: yaml: line 3: field scrap not found",
        {"file": "/etc/prometheus/prometheus.yml", "line_number": "3", "key": "scrap"},
    ),
    (
        '  in "/etc/app/settings.yaml", line 4, column 9',
        {"file": "/etc/app/settings.yaml", "line_number": "4"},
    ),
    ("mysqld: unknown variable 'max_conections=5'", {"key": "max_conections", "value": "5"}),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_what_a_line_names(line: str, expected: dict[str, str]) -> None:
    assert config_values(line) == expected


def test_a_line_that_names_nothing() -> None:
    assert config_values("configuration is invalid") == {}
