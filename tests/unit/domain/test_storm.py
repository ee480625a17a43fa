"""When it storms, for how long, and when so much of a group fails that no single fix is tried unasked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lamplighter.domain.storm import CALM, SETTLING, Storm, mass_failure, weather
from lamplighter.domain.topology import Component
from lamplighter.testing import NOON

SECOND = timedelta(seconds=1)


def test_a_storm_begins_at_its_bound_and_not_below() -> None:
    assert weather(None, 49, NOON, 50) is None
    assert weather(None, 50, NOON, 50) == Storm(NOON, NOON, 50)


def test_it_lasts_until_it_was_calm_for_a_while() -> None:
    storm = weather(Storm(NOON, NOON, 50), 80, NOON + SECOND, 50)
    assert storm == Storm(NOON, NOON + SECOND, 80)
    assert weather(storm, 0, NOON + SECOND + CALM, 50) == storm
    assert weather(storm, 0, NOON + 2 * SECOND + CALM, 50) is None


def test_a_clock_that_is_set_back_ends_it() -> None:
    assert weather(Storm(NOON, NOON, 50), 0, NOON - timedelta(hours=2), 50) is None


def test_it_settles_once_at_its_beginning() -> None:
    assert Storm(NOON, NOON + CALM, 50).settles_at() == NOON + SETTLING


def group(count: int, down: int, name: str = "shop") -> list[Component]:
    return [
        Component("docker", "container", f"{name}-{n}", f"{name}{n}", running=n >= down, group=name)
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "down", "is_mass"), [(10, 6, True), (10, 5, True), (10, 4, False), (4, 2, True), (3, 3, False)]
)
def test_under_half_of_a_group_well_is_a_mass_failure(count: int, down: int, *, is_mass: bool) -> None:
    assert bool(mass_failure("shop0", group(count, down), ())) is is_mass


def test_what_alerts_speak_of_is_not_well_though_it_runs() -> None:
    assert mass_failure("shop9", group(10, 3), {"shop-3", "shop-4"}) != ""
    assert mass_failure("shop9", group(10, 3), {"else"}) == ""


def test_another_group_or_none_is_nothing_to_it() -> None:
    assert mass_failure("inn0", [*group(10, 9), *group(10, 0, "inn")], ()) == ""
    assert mass_failure("lone", [Component("docker", "container", "lone", "lone", running=False)], ()) == ""
    assert mass_failure("gone", group(10, 9), ()) == ""
