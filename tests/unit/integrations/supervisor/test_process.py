from __future__ import annotations

import pytest

from lamplighter.integrations.supervisor.process import ProcessId, guard_lines, guarded_limit, parse_id

LOG = """memory guard: limit of store is now 67108864 bytes
2026-11-21T01:21:45Z memory guard: limit of orders is now 134217728 bytes
memory guard: store killed: it used 64.8 MiB, its limit is 64 MiB
memory guard: limit of store is now 134217728 bytes
memory guard: cannot ask supervisord: store is now 5 bytes
 memory guard: limit of store is now 1 bytes
"""


def test_an_id_has_three_parts_and_only_the_daemon_may_hold_a_colon() -> None:
    assert parse_id("shop:front:front") == ProcessId("shop", "front", "front")
    assert parse_id("my:shop:web:web-1") == ProcessId("my:shop", "web", "web-1")
    assert ProcessId("shop", "web", "web-1").text == "shop:web:web-1"
    assert ProcessId("shop", "web", "web-1").spec == "web:web-1"


@pytest.mark.parametrize("text", ["", "front", "a:b", "::", "a::b"])
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_id(text) is None


def test_the_last_announced_limit_counts() -> None:
    assert guarded_limit(LOG, "store") == 134_217_728
    assert guarded_limit(LOG, "orders") == 134_217_728
    assert guarded_limit(LOG, "stor") is None
    assert guarded_limit("", "store") is None


def test_the_guards_lines_are_filtered_by_name() -> None:
    assert guard_lines(LOG, "orders") == ("2026-11-21T01:21:45Z memory guard: limit of orders is now 134217728 bytes",)
    assert len(guard_lines(LOG, "store")) == 3
