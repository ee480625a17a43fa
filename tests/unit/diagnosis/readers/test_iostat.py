from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

TABLE = """\
Linux 6.1.0 (files1)  03/01/26  _x86_64_ (4 CPU)

avg-cpu:  %user   %nice %system %iowait  %steal   %idle
           4.00    0.00    2.00   61.00    1.00   32.00

Device            r/s     w/s  w_await  %util
sda              1.00    2.00     3.10   4.20
sdb             90.00  310.00   812.40  99.80
"""


def _read(text: str) -> list[Fact]:
    return read(Evidence("e1", "iostat", "", {}, "text/plain", text, datetime(2026, 3, 1, tzinfo=UTC)))


def test_the_busiest_disk_and_the_waiting_are_the_machines() -> None:
    (fact,) = _read(TABLE)
    assert (fact.kind, fact.component, fact.values["device"]) == ("usage", "files1", "sdb")
    assert (fact.values["io_busy_share"], fact.values["io_wait_share"]) == (0.998, 0.61)
    assert fact.values["io_await_milliseconds"] == 812.4


def test_a_text_without_a_table_is_unreadable() -> None:
    assert [fact.kind for fact in _read("command not found")] == ["unreadable"]
