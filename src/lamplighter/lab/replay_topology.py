"""What a stream teaches of what needs what: labels that say so, and the configuration's `depends`. No guesses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from lamplighter.domain.alert import Alert
from lamplighter.domain.graph import Graph
from lamplighter.domain.learned import edges_from_alert
from lamplighter.domain.sameness import component_of
from lamplighter.domain.topology import Component, Edge, edges_from_rules

COMPONENTS_MAX = 5_000
EDGES_MAX = 20_000
AT_ONCE_MAX = 200
GROWTH = 20
REDRAWN_AFTER = timedelta(hours=1)
SYSTEM = "stream"


class Learned:
    """The topology as far as the stream has come.

    It is drawn anew at once as long as it is small; then only when it has grown by a twentieth, or once in an hour,
    because everything that is open is read again in its light.
    """

    def __init__(self, depends: Mapping[str, list[str]]) -> None:
        self._depends = dict(depends)
        self._globs = any(set("*?[") & set(pattern) for pattern in depends)
        self._parts: dict[str, Component] = {}
        self._taught: dict[Edge, None] = {}
        self._fresh = 0
        self._drawn_at: datetime | None = None
        self.graph = self._drawn()

    def hear(self, alert: Alert) -> None:
        """Learn from one alert."""
        component = component_of(alert, self.graph)
        if not component:
            return
        if component not in self._parts and len(self._parts) < COMPONENTS_MAX:
            self._parts[component] = Component(SYSTEM, "component", component, component)
            # A name alone changes only what a glob of the configuration means.
            self._fresh += self._globs
        for edge in edges_from_alert(alert, component):
            if edge not in self._taught and len(self._taught) < EDGES_MAX:
                self._taught[edge] = None
                self._fresh += 1

    def news(self, now: datetime) -> Graph | None:
        """The graph, where it is to be taken anew."""
        if not self._fresh or not self._is_due(now):
            return None
        self._fresh, self._drawn_at = 0, now
        self.graph = self._drawn()
        return self.graph

    def _is_due(self, now: datetime) -> bool:
        known = len(self._taught) + len(self._parts) * self._globs
        if known <= AT_ONCE_MAX or self._drawn_at is None or self._fresh * GROWTH >= known:
            return True
        return now - self._drawn_at >= REDRAWN_AFTER

    def _drawn(self) -> Graph:
        return Graph((*edges_from_rules(self._depends, tuple(self._parts.values())), *self._taught))
