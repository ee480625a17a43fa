from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TABLE = """\
api                              RUNNING   pid 211, uptime 1 day, 2:00:00
mailer                           STOPPED   Mar 02 08:52 AM
queue:worker                     FATAL     can't find command '/opt/run'
loader                           EXITED    Mar 01 11:10 PM
"""


def _read(text: str) -> list[tuple[str, str, dict[str, str | float]]]:
    found = read(Evidence("e1", "supervisor.status", "", {"host": "box"}, "text/plain", text, NOW))
    return [(fact.component, fact.kind, fact.values) for fact in found]


def test_each_program_has_its_state() -> None:
    found = {name: values for name, kind, values in _read(TABLE) if kind == "state"}
    assert found["api"]["running"] == 1.0
    assert found["mailer"]["stopped_on_purpose"] == 1.0
    assert found["queue:worker"]["gave_up"] == 1.0
    assert found["queue:worker"]["start_error_sign"] == "missing_file"
    assert found["loader"]["running"] == 0.0


def test_times_are_read_from_both_ways_to_write_them() -> None:
    found = {name: values for name, _, values in _read(TABLE)}
    assert found["mailer"]["finished_epoch_seconds"] == datetime(2026, 3, 2, 8, 52, tzinfo=UTC).timestamp()
    assert found["api"]["started_epoch_seconds"] == datetime(2026, 3, 1, 7, 0, tzinfo=UTC).timestamp()


def test_other_text_is_told_as_unreadable() -> None:
    assert [kind for _, kind, _ in _read("unix:///run/supervisor.sock no such file")] == ["unreadable"]
