from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.signals.habits import attach, breaks_of, mark, surprise
from lamplighter.diagnosis.signals.lines import lines_of
from lamplighter.diagnosis.signals.spans import Visit, visits_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


def _visits(count: int, *deeds: str, component: str = "shop", trace: str = "t") -> list[Visit]:
    return [
        Visit(component, "/orders", f"{trace}{place}", float(place), 0.1, 0.1, failed=False, deeds=set(deeds))
        for place in range(count)
    ]


def test_a_step_that_always_was_and_never_is_any_more() -> None:
    (found,) = breaks_of(_visits(10, "a"), _visits(10, "a", "log: saved"))
    assert (found.component, found.deed, found.appeared) == ("shop", "log: saved", False)
    assert (found.now, found.normally) == ((0, 10), (10, 10))


def test_a_step_that_vanished_in_the_middle_is_found_by_the_later_part() -> None:
    now = _visits(6, "a", "saved") + [visit for visit in _visits(12, "a") if visit.start >= 6]
    (found,) = breaks_of(now, _visits(10, "a", "saved"))
    assert found.now[0] == 0


def test_a_new_error_is_a_break_and_a_new_step_is_none() -> None:
    (found,) = breaks_of(_visits(10, "a", "! log: no stock", "calls pay"), _visits(10, "a"))
    assert (found.deed, found.error, found.appeared) == ("! log: no stock", True, True)
    assert found.traces == {f"t{place}" for place in range(10)}


def test_what_is_done_only_sometimes_may_be_left_out() -> None:
    assert breaks_of(_visits(10, "a"), _visits(5, "a", "b") + _visits(5, "a")) == []


def test_what_was_always_done_twice_and_is_done_once_broke() -> None:
    now, normal = _visits(8), _visits(8)
    for visit, times in [*((one, 1) for one in now), *((one, 2) for one in normal)]:
        for _ in range(times):
            visit.note("log: reckoned")
    (found,) = breaks_of(now, normal)
    assert found.deed == "log: reckoned (2 times)"


def test_failed_requests_of_the_normal_stretch_do_not_hide_what_goes_with_good_ones() -> None:
    normal = _visits(4, "a", "saved") + _visits(4, "a", "! log: refused")
    (found,) = breaks_of(_visits(10, "a"), normal)
    assert (found.deed, found.normally) == ("saved", (4, 4))


def test_recovering_from_errors_breaks_nothing() -> None:
    assert breaks_of(_visits(10, "a", "b"), _visits(10, "! log: refused", "c")) == []


def test_kinds_of_visits_that_are_not_known_are_not_judged() -> None:
    assert breaks_of(_visits(10, "a"), []) == []
    assert breaks_of(_visits(10), _visits(1, "a")) == []


def test_lines_and_failures_are_deeds_of_their_visit(plant: Plant) -> None:
    plant.spans(("t1", "s1", "", "shop", "/orders", 0, 5, "ERROR")).lines("shop", "ERROR SpanID: s1 no stock")
    case = plant.case()
    window, _, by_span = visits_of(case)
    mark(window)
    attach(lines_of(case)[0], by_span)
    assert len(window[0].deeds) == 2


def test_the_surprise_grows_with_the_counts() -> None:
    assert surprise(0, 2, 2, 2) < surprise(0, 20, 20, 20)
    assert surprise(3, 10, 3, 10) == 0.0
