from __future__ import annotations

from typing import get_args

import pytest

from lamplighter.domain.member import Link
from lamplighter.domain.placement import PROVISIONAL_PREFIX, Clears, Joins, Opens, Past, Placement, Reopens, Suppresses


@pytest.mark.parametrize("kind", get_args(Placement))
def test_every_placement_has_its_reason(kind: type[Placement]) -> None:
    assert "reason" in kind.__dataclass_fields__


def test_what_is_said_where_nothing_else_is() -> None:
    assert Opens(f"{PROVISIONAL_PREFIX}7", "nothing explains it", "critical").regression_of == ""
    joins = Joins("INC-1", "same trouble", Link.SAME_TROUBLE)
    assert (joins.leads, joins.absorbs, joins.flapping) == (False, (), False)
    assert not Reopens("INC-1", "it is back").flapping
    assert Clears("INC-1", "it ended").over
    assert Past() == Past(None, None, "")


def test_placements_of_different_kinds_are_never_equal() -> None:
    assert Suppresses("x") != Clears("INC-1", "x")
