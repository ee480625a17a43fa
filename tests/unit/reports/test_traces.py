"""Series as lines and checks as strips, cut to a window; what nobody saw is not shown as well."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.check import Sample, SampleState
from lamplighter.reports.axis import Window
from lamplighter.reports.charts import Chart
from lamplighter.reports.findings import ShownFact
from lamplighter.reports.lanes import NARROW, WIDE
from lamplighter.reports.traces import (
    SLOTS,
    STRIPS_MAX,
    TRACE_HEIGHT,
    TRACE_WIDTH,
    TRACES_MAX,
    runs_of,
    strip_of,
    traces_of,
    up_strips,
)
from lamplighter.testing import NOON

WINDOW = Window(NOON, NOON + timedelta(minutes=10))
OK, FAILING, BLIND = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def chart(*points: tuple[float, float], metric: str = "memory_bytes", changed: datetime | None = NOON) -> Chart:
    placed = tuple((NOON.timestamp() + seconds, value) for seconds, value in points)
    return Chart(metric, "B", placed, changed, 1.0, 9.0, NOON, NOON)


def fact(number: int, series: Chart | None, component: str = "shop") -> ShownFact:
    return ShownFact(number, f"f{number}", component, "metric_shift", None, "it rose", "e1", "", series, {})


def points(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.split())]


def sample(seconds: float, state: SampleState = OK) -> Sample:
    return Sample("page", NOON + timedelta(seconds=seconds), state, "")


def states(*samples: Sample, every: float = 10.0) -> list[tuple[SampleState, float]]:
    strip = strip_of("page", samples, every, WINDOW)
    return [(run.state, round(run.width * SLOTS)) for run in runs_of(strip, WINDOW, WIDE)]


def test_a_series_is_cut_straight_at_the_edges_of_the_window() -> None:
    (trace,) = traces_of([fact(1, chart((-600, 0), (1200, 18)))], WINDOW, WIDE)
    drawn = points(trace.line)
    assert len(drawn) == 2
    assert drawn[0][0] == round(1000 * WIDE.across(0), 1)
    assert drawn[1][0] == round(1000 * WIDE.across(1), 1)
    assert drawn[0][1] > drawn[1][1]


def test_a_series_that_lies_elsewhere_has_no_line_and_no_change_in_it() -> None:
    (trace,) = traces_of([fact(1, chart((-90, 1), (-60, 2), changed=NOON - timedelta(hours=1)))], WINDOW, WIDE)
    assert trace.line == ""
    assert trace.turned is None
    (seen,) = traces_of([fact(1, chart((0, 1), (60, 2), changed=NOON))], WINDOW, WIDE)
    assert seen.turned == WIDE.across(0)


def test_the_same_series_is_drawn_once_and_only_a_few_are() -> None:
    same = [fact(number, chart((0, 1), (60, 2))) for number in (1, 2)]
    many = [fact(number, chart((0, number), (60, 2))) for number in range(3, 20)]
    found = traces_of([*same, fact(99, None), *many], WINDOW, NARROW)
    assert [one.fact for one in found] == ["f1", "f3", "f4", "f5"]
    assert len(found) == TRACES_MAX


@given(values=st.lists(st.tuples(st.floats(-9_000, 9_000), FINITE), min_size=2, max_size=60))
def test_a_line_stays_in_its_box_whatever_the_numbers(values: list[tuple[float, float]]) -> None:
    (trace,) = traces_of([fact(1, chart(*sorted(values)))], WINDOW, NARROW)
    for x, y in points(trace.line):
        assert 0 <= x <= TRACE_WIDTH
        assert 0 <= y <= TRACE_HEIGHT


def test_a_check_is_well_then_failing_then_well() -> None:
    looks = [sample(10 * number, FAILING if 20 <= number < 40 else OK) for number in range(60)]
    found = states(*looks)
    assert [state for state, _ in found] == [OK, FAILING, OK]
    assert sum(width for _, width in found) in range(150, SLOTS + 3)


def test_a_single_short_failure_is_not_lost_and_what_nobody_saw_is_a_gap() -> None:
    looks = [sample(number, FAILING if number == 300 else OK) for number in range(600)]
    assert FAILING in [state for state, _ in states(*looks, every=1.0)]
    gap = strip_of("page", [sample(0), sample(500)], 10.0, WINDOW)
    first, second = runs_of(gap, WINDOW, WIDE)
    assert first.x + first.width < second.x
    assert states(sample(10, BLIND), sample(20, BLIND))[0][0] is BLIND


def test_only_looks_in_the_window_count() -> None:
    strip = strip_of(
        "page", [sample(-10, FAILING), sample(30, FAILING), sample(40), sample(9_999, FAILING)], 10, WINDOW
    )
    assert (len(strip.looks), strip.failing) == (2, 1)
    assert strip.failed_at == NOON + timedelta(seconds=30)
    assert runs_of(strip_of("page", [], 10, WINDOW), WINDOW, WIDE) == ()


@given(
    looks=st.lists(st.tuples(st.floats(-900, 1_800), st.sampled_from(SampleState)), max_size=200),
    every=st.floats(allow_nan=True, allow_infinity=True),
)
def test_a_strip_has_few_stretches_in_order_and_every_failure_is_in_one(
    looks: list[tuple[float, SampleState]], every: float
) -> None:
    strip = strip_of("page", [sample(at, state) for at, state in sorted(looks)], every, WINDOW)
    runs = runs_of(strip, WINDOW, NARROW)
    assert len(runs) <= SLOTS
    assert all(run.x >= 0 and run.width > 0 and run.x + run.width <= 1 + 1e-9 for run in runs)
    assert all(a.x + a.width <= b.x + 1e-9 for a, b in pairwise(runs))
    failing = [run for run in runs if run.state is FAILING]
    for at, state in strip.looks:
        if state is FAILING:
            x = NARROW.across(WINDOW.share(at))
            assert any(run.x - 0.01 <= x <= run.x + run.width + 0.01 for run in failing)


def test_series_that_say_up_or_down_are_strips_and_no_lines() -> None:
    up = fact(1, chart((0, 1), (60, 1), (120, 0), (180, 0), metric="up"))
    assert traces_of([up], WINDOW, WIDE) == ()
    (strip,) = up_strips([up, up, fact(2, chart((0, 5), (9, 5)))], WINDOW)
    assert (strip.name, strip.failing, len(strip.looks)) == ("shop up", 2, 4)
    many = [fact(number, chart((0, 1), (9, 1), metric="up"), f"c{number}") for number in range(9)]
    assert len(up_strips(many, WINDOW)) == STRIPS_MAX
