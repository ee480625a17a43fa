from __future__ import annotations

from lamplighter.domain.graph import Graph
from lamplighter.domain.index import FiringIndex
from lamplighter.domain.sameness import Sight
from lamplighter.domain.topology import Edge

GRAPH = Graph([Edge("front", "api"), Edge("api", "db")])


def sight(component: str, kind: str = "Down", scope: str = "") -> Sight:
    return Sight(component, workload=True, key=f"{kind}@{component}", scope=scope, starves=False)


def filled() -> FiringIndex:
    index = FiringIndex(GRAPH)
    index.add("t1", sight("front"))
    index.add("t2", sight("front", "Slow"))
    index.add("t3", sight("api"))
    return index


def test_what_fires_is_found_by_what_it_says_and_where() -> None:
    index = filled()
    assert list(index.saying(sight("front"))) == ["t1"]
    assert list(index.saying(sight("front", scope="elsewhere"))) == []
    assert list(index.keyed("Slow@front")) == ["t2"]
    assert list(index.at("front")) == ["t1", "t2"]
    assert index.sight("t3") == sight("api")


def test_what_needs_a_component_is_found_once_for_all_its_troubles() -> None:
    index = filled()
    assert list(index.needing("db")) == ["front", "api"]
    assert list(index.needing("api")) == ["front"]
    assert list(index.needing("front")) == []


def test_the_last_trouble_of_a_component_takes_its_needs_along() -> None:
    index = filled()
    index.discard("t1")
    assert list(index.needing("db")) == ["front", "api"]
    index.discard("t2")
    assert list(index.needing("db")) == ["api"]
    assert list(index.at("front")) == []
    index.discard("t2")
    index.discard("t3")
    assert list(index.needing("db")) == []
    assert index.sight("t3") is None


def test_what_is_of_no_component_is_found_by_its_words_only() -> None:
    index = FiringIndex(GRAPH)
    index.add("t1", sight(""))
    assert list(index.at("")) == []
    assert list(index.keyed("Down@")) == ["t1"]
