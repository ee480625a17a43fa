from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.signals.starving import falls_of, starvers

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


FED, STARVED = [10, 10, 11, 10, 10], [10, 10, 0, 0, 0]


def _blamed(plant: Plant, **requests: list[int]) -> dict[str, float]:
    calm = [10, 11, 9, 10, 10, 11]
    series = [plant.one(now, calm, "requests", component=name, family="traffic") for name, now in requests.items()]
    return {name: size for name, (size, _) in starvers(falls_of(series), dependence(plant.edges)).items()}


def test_who_is_fed_and_feeds_nobody_is_blamed(plant: Plant) -> None:
    blamed = _blamed(plant, entry=FED, shop=FED, stock=STARVED, pay=STARVED)
    assert set(blamed) == {"shop"}
    assert blamed["shop"] > 2


def test_who_starves_itself_passes_the_blame_up(plant: Plant) -> None:
    assert (
        max(_blamed(plant, entry=FED, shop=STARVED, stock=STARVED, pay=STARVED).items(), key=lambda one: one[1])[0]
        == "entry"
    )


def test_one_alone_may_be_out_of_reach(plant: Plant) -> None:
    blamed = _blamed(plant, entry=FED, shop=FED, stock=STARVED, pay=FED)
    assert blamed["shop"] > blamed["stock"] > 0


def test_nobody_starves_nobody_is_blamed(plant: Plant) -> None:
    assert _blamed(plant, entry=FED, shop=FED, stock=FED) == {}
