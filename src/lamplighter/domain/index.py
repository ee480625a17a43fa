"""The firing troubles of all open incidents: by what they say, by component, and by what those components need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from lamplighter.domain.graph import Graph
from lamplighter.domain.sameness import Sight

_Key = TypeVar("_Key")
_Names = dict[str, None]


class FiringIndex:
    """Names in the order in which they came. What a component needs is noted when it is first in trouble."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._sights: dict[str, Sight] = {}
        self._saying: dict[tuple[str, str], _Names] = {}
        self._keyed: dict[str, _Names] = {}
        self._at: dict[str, _Names] = {}
        self._needing: dict[str, _Names] = {}

    def add(self, trouble: str, sight: Sight) -> None:
        """Note a trouble that fires."""
        component = sight.component
        self._sights[trouble] = sight
        self._saying.setdefault((sight.key, sight.scope), {})[trouble] = None
        self._keyed.setdefault(sight.key, {})[trouble] = None
        if not component:
            return
        there = self._at.setdefault(component, {})
        if not there:
            for step in self._graph.walk(component):
                self._needing.setdefault(step.name, {})[component] = None
        there[trouble] = None

    def discard(self, trouble: str) -> None:
        """Forget a trouble; one that is not here is no error."""
        sight = self._sights.pop(trouble, None)
        if sight is None:
            return
        _forget(self._saying, (sight.key, sight.scope), trouble)
        _forget(self._keyed, sight.key, trouble)
        if sight.component and _forget(self._at, sight.component, trouble):
            for step in self._graph.walk(sight.component):
                _forget(self._needing, step.name, sight.component)

    def sight(self, trouble: str) -> Sight | None:
        """What a firing trouble says."""
        return self._sights.get(trouble)

    def saying(self, sight: Sight) -> Iterable[str]:
        """The troubles that say the same of the same component."""
        return self._saying.get((sight.key, sight.scope), ())

    def keyed(self, key: str) -> Iterable[str]:
        """The troubles of this sameness key, wherever they are."""
        return self._keyed.get(key, ())

    def at(self, component: str) -> Iterable[str]:
        """The troubles of a component."""
        return self._at.get(component, ())

    def needing(self, component: str) -> Iterable[str]:
        """The components in trouble that need this one, within the bound of hops."""
        return self._needing.get(component, ())


def _forget(index: dict[_Key, _Names], key: _Key, name: str) -> bool:
    """Take one name out; True where nothing is left under the key."""
    names = index.get(key)
    if names is None:
        return True
    names.pop(name, None)
    if names:
        return False
    del index[key]
    return True
