from __future__ import annotations

from lamplighter.diagnosis.dependence import dependence
from lamplighter.domain.topology import Edge


def test_below_is_everything_needed_directly_or_not() -> None:
    table = dependence((Edge("front", "orders"), Edge("orders", "store"), Edge("front", "cache")))
    assert table.below("front") == {"orders", "store", "cache"}
    assert table.below("store") == frozenset()


def test_a_cycle_ends_and_leaves_out_the_component_itself() -> None:
    table = dependence((Edge("a", "b"), Edge("b", "a"), Edge("a", "a")))
    assert table.below("a") == {"b"}


def test_only_named_components_are_listed() -> None:
    assert dependence((Edge("a", "b"),)).listed == {"a", "b"}
