from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact


def _read(*lines: str) -> list[Fact]:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read(Evidence("e1", "docker.logs", "store", {}, "text/plain", "\n".join(lines), at))


def _read_guard(*lines: str) -> list[Fact]:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read(Evidence("e1", "supervisor.logs", "store", {"log": "guard"}, "text/plain", "\n".join(lines), at))


def test_the_guards_words_in_a_programs_own_log_count_for_nothing() -> None:
    line = "memory guard: store killed: it used 70 GiB, its limit is 64 GiB"
    assert _read(line) == []
    assert _read_guard(line) != []


def test_a_sign_is_counted_and_shows_its_last_line() -> None:
    stamps = ("2026-03-01T11:00:00.1Z", "2026-03-01T11:00:01.1Z")
    (fact,) = _read(*(f"{stamp} accept: too many open files" for stamp in stamps), "INFO fine")
    assert (fact.kind, fact.values["sign"], fact.number("count")) == ("log_sign", "fd_exhausted", 2.0)
    assert fact.at == datetime(2026, 3, 1, 11, 0, 1, 100000, tzinfo=UTC)


def test_the_guards_line_carries_its_numbers() -> None:
    (fact,) = _read_guard("memory guard: store killed: it used 70 MiB, its limit is 64 MiB")
    assert (fact.number("memory_used_bytes"), fact.number("memory_limit_bytes")) == (73400320.0, 67108864.0)


def test_a_guards_line_about_another_component_is_no_sign_of_ours() -> None:
    assert _read_guard("memory guard: orders killed: it used 70 MiB, its limit is 64 MiB") == []


def test_a_raised_limit_replaces_the_one_of_the_kill() -> None:
    killed = "memory guard: store killed: it used 70 MiB, its limit is 64 MiB"
    (fact,) = _read_guard(killed, "memory guard: limit of store is now 134217728 bytes")
    assert fact.number("memory_limit_bytes") == 134217728.0
    assert "now 128 MiB" in fact.text


def test_what_a_file_error_says_is_not_also_a_wrong_configuration() -> None:
    line = 'nginx: [emerg] open() "/etc/nginx/x.conf" failed (2: No such file or directory) in /etc/nginx/nginx.conf:9'
    assert [fact.values["sign"] for fact in _read(line)] == ["missing_file"]


def test_unknown_errors_are_kept_by_template() -> None:
    facts = _read("ERROR odd thing 1", "ERROR odd thing 2", "ERROR other")
    assert [(fact.kind, fact.number("count")) for fact in facts] == [("log_error", 2.0), ("log_error", 1.0)]


def test_binary_and_endless_lines_are_bounded() -> None:
    facts = _read("ERROR " + "\x00\ufffd" * 500_000)
    assert all(len(fact.text) <= 400 for fact in facts)
