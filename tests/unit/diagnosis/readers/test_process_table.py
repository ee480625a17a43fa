from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.process_table import program_of
from lamplighter.domain.evidence import Evidence, Fact

AUX = """\
USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root           1  0.0  0.1 167000 11000 ?        Ss   Feb01   0:10 /sbin/init
www-data     812 98.5  2.0 500000 90000 ?        Rl   10:00  99:00 /usr/bin/ffmpeg -i secret://user:pw@host
db           900  5.0 61.2 900000 99000 ?        Ds   10:00   1:00 postgres: writer process
root         950  0.0  0.0      0     0 ?        Z    10:00   0:00 [sh] <defunct>
"""
COLUMNS = "    PID S %CPU %MEM   RSS COMMAND\n   4711 R 199.0 30.5 204800 java\n   4712 S  0.1  0.1   1024 bash\n"


def _read(content: str) -> list[Fact]:
    return read(Evidence("e1", "ps", "web1", {}, "text/plain", content, datetime(2026, 3, 1, 12, tzinfo=UTC)))


def test_who_is_busy_large_dead_or_waiting() -> None:
    counts, *processes = _read(AUX)
    assert (counts.number("processes"), counts.number("zombies"), counts.number("blocked")) == (4.0, 1.0, 1.0)
    assert [(fact.values["name"], fact.number("cpu_percent")) for fact in processes] == [
        ("ffmpeg", 98.5),
        ("postgres", 5.0),
    ]
    assert processes[1].number("memory_percent") == 61.2


def test_arguments_are_never_told_for_they_may_hold_secrets() -> None:
    assert not any("secret" in fact.text for fact in _read(AUX))
    assert program_of("/usr/bin/python3 app.py --password x") == "python3"
    assert program_of("[kworker/0:1-events]") == "[kworker/0:1-events]"


def test_any_order_of_columns_is_read() -> None:
    _, java = _read(COLUMNS)
    assert (java.values["name"], java.number("pid"), java.number("rss_bytes")) == ("java", 4711.0, 204800 * 1024.0)


def test_what_is_no_table_is_unreadable() -> None:
    for rubbish in ("", "error: unsupported option"):
        assert [fact.kind for fact in _read(rubbish)] == ["unreadable"]


def test_broken_rows_never_raise() -> None:
    counts = _read("PID %CPU COMMAND\n\nx y\n1e999 nan z\n" + "9" * 4000)[0]
    assert counts.kind == "processes"
