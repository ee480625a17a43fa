from __future__ import annotations

from lamplighter.diagnosis.signals.durations import slowings_of
from lamplighter.diagnosis.signals.spans import Visit


def _visits(seconds: float, count: int = 10, component: str = "shop") -> list[Visit]:
    return [
        Visit(component, "/orders", f"t{place}", float(place), 1.0, seconds, failed=False) for place in range(count)
    ]


def test_who_takes_longer_by_itself() -> None:
    now, normal = _visits(0.5) + _visits(0.02, component="entry"), _visits(0.02) + _visits(0.02, component="entry")
    (found,) = slowings_of(now, normal)
    assert (found.component, found.before, found.after) == ("shop", 0.02, 0.5)
    assert found.size > 3


def test_a_slowing_of_the_later_half_is_seen() -> None:
    late = [*_visits(0.02, 12)[:7], *(visit for visit in _visits(0.9, 12) if visit.start >= 7)]
    assert slowings_of(late, _visits(0.02))[0].after == 0.9


def test_few_visits_and_microseconds_prove_nothing() -> None:
    assert slowings_of(_visits(0.5, 2), _visits(0.02)) == []
    assert slowings_of(_visits(0.0004), _visits(0.0001))[0].size < 0.1
