from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from lamplighter.diagnosis.novelty import LINES_MAX, SHIFTS_MAX, Novelty, novelty

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
QUIET = [f"lamp {number} of the tower is lit" for number in range(40)]


def spread(lines: list[str], start: datetime = NOON, seconds: float = 600) -> list[tuple[datetime | None, str]]:
    step = seconds / max(len(lines) - 1, 1)
    return [(start + timedelta(seconds=number * step), line) for number, line in enumerate(lines)]


def test_what_was_never_said_before_is_new_with_its_first_time_and_a_line_of_it() -> None:
    window = [
        *spread(QUIET),
        (NOON + timedelta(seconds=90), "oil of lamp 7 is short"),
        (NOON, "oil of lamp 9 is short"),
    ]
    found = novelty(window, spread(QUIET, NOON - timedelta(hours=1)))
    (shift,) = found.new
    assert (shift.text, shift.count, shift.baseline_count) == ("oil of lamp <n> is short", 2, 0)
    assert (shift.first_at, shift.last_at) == (NOON, NOON + timedelta(seconds=90))
    assert shift.example == "oil of lamp 7 is short"
    assert found.vanished == found.surging == ()
    assert found.compared


def test_a_new_error_comes_before_what_is_new_and_frequent() -> None:
    found = novelty([*QUIET, *["the tide is high"] * 30, "ERROR the wick broke"], QUIET)
    assert [(shift.text, shift.error) for shift in found.new] == [
        ("ERROR the wick broke", True),
        ("the tide is high", False),
    ]


def test_what_was_said_regularly_and_is_not_any_more_has_vanished() -> None:
    before = [line for lamp in QUIET for line in (lamp, "heartbeat of the keeper")]
    (shift,) = novelty(QUIET, before, window_seconds=600, baseline_seconds=600).vanished
    assert (shift.text, shift.count, shift.baseline_count) == ("heartbeat of the keeper", 0, 40)
    assert shift.weight < -3


def test_what_was_rare_may_be_missing_for_a_while() -> None:
    assert novelty(QUIET, [*QUIET, "heartbeat of the keeper"]).vanished == ()


def test_far_more_of_the_same_is_a_surge() -> None:
    timeout = ["timeout at quay after 5 s"]
    found = novelty(spread([*QUIET, *timeout * 60]), spread([*QUIET, *timeout * 5]))
    (shift,) = found.surging
    assert (shift.text, shift.count, shift.expected) == ("timeout at quay after <n>", 60, 5.0)
    assert found.new == ()


def test_a_longer_window_has_more_lines_and_no_surge() -> None:
    assert novelty(spread(QUIET * 4, seconds=2_400), spread(QUIET, seconds=600)).surging == ()
    assert novelty(QUIET * 4, QUIET, window_seconds=2_400, baseline_seconds=600).surging == ()
    (shift,) = novelty(QUIET * 4, QUIET, window_seconds=600, baseline_seconds=600).surging
    assert shift.expected == 40


def test_without_times_the_whole_log_tells_how_much_more_was_to_be_expected() -> None:
    common = [f"{word} shines" for word in ("lamp", "bell", "gate", "stair", "roof") for _ in range(10)]
    found = novelty([*common * 4, *["timeout at quay"] * 200], [*common, *["timeout at quay"] * 10])
    (shift,) = found.surging
    assert (shift.text, shift.expected) == ("timeout at quay", 40.0)


def test_with_nothing_to_compare_nothing_is_said() -> None:
    assert novelty(QUIET, []) == novelty([], QUIET) == novelty(QUIET, ["", "  "]) == Novelty()
    assert not novelty([], []).compared


def test_the_same_log_twice_says_nothing() -> None:
    lines = [*QUIET, "ERROR the wick broke"]
    assert novelty(lines, lines) == Novelty(compared=True)


def test_of_too_many_lines_the_newest_count_and_their_part_of_the_time() -> None:
    found = novelty(["the old gate fell", *QUIET * 2], QUIET, lines_max=40, window_seconds=1_215, baseline_seconds=600)
    assert found == Novelty(compared=True)
    assert LINES_MAX >= 100_000


def test_what_is_returned_has_a_bound() -> None:
    words = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(100, 200)]
    assert len(novelty([*QUIET, *(f"{word} {word}" for word in words)], QUIET).new) == SHIFTS_MAX


def test_a_log_of_nothing_but_unlike_lines_comes_to_an_end() -> None:
    random = Random(1)  # noqa: S311 - the same noise everywhere
    noise = [" ".join("".join(random.choices("abcdef.1_", k=7)) for _ in range(12)) for _ in range(6_000)]
    found = novelty(noise * 30, QUIET)
    assert found.compared
    assert len(found.new) == SHIFTS_MAX
