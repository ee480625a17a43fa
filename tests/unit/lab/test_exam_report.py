"""The Markdown report of an exam: its figures, its misses, its confidence, and text that stays text."""

from __future__ import annotations

from lamplighter.lab.exam import Row
from lamplighter.lab.exam_report import MISSES_MAX, groups, markdown

RIGHT = Row(
    "c1", "a", rank=1, component_rank=1, said="db: disk_full", expected="db: disk_full", confidence=0.92, seconds=0.02
)
WRONG = Row("c2", "b", rank=2, component_rank=2, said="web: oom_killed", expected="db: disk_full", confidence=0.41)
BROKEN = Row("c3", "b", error="case.json: is missing")


def page(*rows: Row) -> str:
    return markdown(rows, "my exam", "made on Monday")


def rows_of(text: str, heading: str) -> list[list[str]]:
    lines = text.split(f"## {heading}\n\n")[1].split("\n\n", maxsplit=1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("|")][2:]


def test_every_folder_has_its_figures_and_so_have_all() -> None:
    text = page(RIGHT, WRONG, BROKEN)
    assert [row[:4] for row in rows_of(text, "Figures")] == [
        ["a", "1", "1.00", "1.00"],
        ["b", "2", "0.00", "0.50"],
        ["all", "3", "0.33", "0.67"],
    ]
    assert text.startswith("# Exam: my exam\n\nmade on Monday\n\n")


def test_one_folder_is_not_told_twice() -> None:
    assert [name for name, _ in groups([WRONG, BROKEN])] == ["b"]


def test_what_was_missed_is_told_beside_what_was_expected() -> None:
    assert rows_of(page(RIGHT, WRONG, BROKEN), "Misses") == [
        ["c2", "2", "web: oom_killed", "db: disk_full", "0.41"],
        ["c3", "-", "case.json: is missing", "", "-"],
    ]
    assert "## Misses\n\nNone." in page(RIGHT)


def test_the_confidence_is_told_beside_what_came_true() -> None:
    assert rows_of(page(RIGHT, WRONG, BROKEN), "Confidence") == [
        ["0.4 to 0.5", "1", "0.41", "0.00"],
        ["0.9 to 1.0", "1", "0.92", "1.00"],
    ]
    assert "No cause was named." in page(BROKEN)


def test_what_a_case_says_stays_text() -> None:
    odd = Row("<img src=x>|\n# [a](javascript:b) `c`\x1b[31m\u202e", "a", said="x" * 10_000)
    text = page(odd)
    (cells,) = rows_of(text, "Misses")
    assert cells[0].startswith("\\<img src=x\\>\\| # \\[a\\](javascript:b) \\`c\\`")
    assert not set("\x1b\u202e") & set(text)
    assert len(cells[2]) < 200


def test_the_misses_are_bounded() -> None:
    text = page(*(Row(f"c{number}", "a") for number in range(MISSES_MAX + 7)))
    assert len(rows_of(text, "Misses")) == MISSES_MAX
    assert "And 7 more." in text
