from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.signals.localising import localise, scene_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


def _first(plant: Plant) -> str:
    return localise(scene_of(plant.case()))[0].component


def _slow(plant: Plant, **levels: float) -> Plant:
    for name in ("entry", "shop", "stock", "pay"):
        after = levels.get(name, 20.0)
        plant.series("latency_p90_ms", [20, 21, 20, 20, after, after, after], [20, 21, 19, 20] * 8, component=name)
    return plant


def test_the_deepest_slow_component_is_first(plant: Plant) -> None:
    assert _first(_slow(plant, entry=400, shop=390, stock=380)) == "stock"
    assert _first(_slow(type(plant)(), entry=400, shop=390)) == "shop"


def test_several_methods_that_agree_are_surer_than_one(plant: Plant) -> None:
    alone = localise(scene_of(_slow(plant, stock=60).case()))[0].probability
    both = type(plant)()
    both.series("cpu_usage_percent", [5, 5, 5, 5, 95, 96, 96], [5, 6, 5] * 8, component="stock")
    assert localise(scene_of(_slow(both, stock=60).case()))[0].probability > alone


def test_nothing_that_moved_gives_no_suspect(plant: Plant) -> None:
    assert localise(scene_of(_slow(plant).case())) == ()


def test_probabilities_leave_room_for_none_of_them(plant: Plant) -> None:
    assert sum(one.probability for one in localise(scene_of(_slow(plant, stock=45).case()))) < 1


def test_a_change_just_before_makes_a_moved_component_likelier(plant: Plant) -> None:
    before = localise(scene_of(_slow(plant, stock=60).case()))[0].probability
    changed = _slow(type(plant)(), stock=60).changed("stock", "version 2 was deployed").changed("pay", "version 3")
    found = localise(scene_of(changed.case()))
    assert found[0].probability > before
    assert "pay" not in {one.component for one in found}


def test_only_those_that_may_be_answered_are_suspects(plant: Plant) -> None:
    plant.series("latency_p90_ms", [20, 20, 900, 900], [20, 21] * 8, component="somebody-else")
    assert "somebody-else" not in {one.component for one in localise(scene_of(plant.case()))}
