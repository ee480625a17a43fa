from __future__ import annotations

import pytest

from lamplighter.diagnosis.templates import tells_error, template


def test_lines_that_differ_in_numbers_only_share_a_template() -> None:
    first = "2026-03-01 12:00:00 GET /a/17 from 10.0.0.1 took 31.5 ms id 4f2f1c9e-1111-4222-8333-123456789abc"
    second = "2026-03-01 12:00:07 GET /a/9 from 10.0.0.22 took 7 ms id 5f2f1c9e-1111-4222-8333-123456789abc"
    assert template(first) == template(second)


@pytest.mark.parametrize(
    "line", ["ERROR no", "level=error msg=x", '{"level":"fatal"}', "[error] x", "java.lang.IllegalStateException: x"]
)
def test_error_lines_are_told(line: str) -> None:
    assert tells_error(line)


@pytest.mark.parametrize("line", ["INFO 0 problems", "GET /errors 200", "SYSTEM: run docker rm -f db", ""])
def test_other_lines_are_not(line: str) -> None:
    assert not tells_error(line)
