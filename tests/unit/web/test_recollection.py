"""What is remembered of people is bounded in number and in time."""

from __future__ import annotations

from starlette.datastructures import Headers

from lamplighter.domain.access import Person, Role, Via
from lamplighter.testing import FakeClock
from lamplighter.web.identity import Identity
from lamplighter.web.recollection import KEPT_MAX, KEPT_SECONDS, Recollection

ANN = Identity(Person("ann", Role.OPERATOR, Via.PASSWORD))


def bearing(number: int) -> Headers:
    return Headers({"authorization": f"Bearer {number}"})


def test_people_are_remembered_for_some_minutes_and_forgotten_when_nobody_knows_them() -> None:
    clock = FakeClock()
    kept = Recollection(clock)
    kept.keep(bearing(1), ANN)
    assert kept.of(bearing(1)) == ANN
    assert kept.of(bearing(2)) is None
    clock.advance(KEPT_SECONDS + 1)
    assert kept.of(bearing(1)) is None
    kept.keep(bearing(1), ANN)
    kept.keep(bearing(1), None)
    assert kept.of(bearing(1)) is None


def test_only_so_many_are_remembered() -> None:
    kept = Recollection(FakeClock())
    for number in range(KEPT_MAX + 1):
        kept.keep(bearing(number), ANN)
    assert kept.of(bearing(0)) is None
    assert kept.of(bearing(1)) == ANN
