"""What Lamplighter tells Prometheus about itself. No incident id, container id or message is ever a label."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lamplighter import __version__
from lamplighter.app import App
from lamplighter.domain.check import SampleState
from lamplighter.domain.incident import CLOSED, State
from lamplighter.ports import StoreUnavailable

OPEN_APPROVALS_MAX = 500


class Meters:
    """The registry of one server."""

    def __init__(self, app: App) -> None:
        self._registry = CollectorRegistry()
        self._received = Counter(
            "lamplighter_alerts_received",
            "Alerts by source and what became of them",
            ["source", "result"],
            registry=self._registry,
        )
        self._registry.register(_Standing(app))

    def received(self, source: str, result: str, count: int) -> None:
        """Count alerts that came in; `result` is accepted, dead_letter, refused or unavailable."""
        if count:
            self._received.labels(source=source, result=result).inc(count)

    def text(self) -> bytes:
        """The exposition. Reads the store: call it off the event loop."""
        return generate_latest(self._registry)


class _Standing(Collector):
    """Figures that are read from where they are kept, at each scrape."""

    def __init__(self, app: App) -> None:
        self._app = app

    def collect(self) -> Iterable[Metric]:
        info = GaugeMetricFamily("lamplighter_build_info", "The version that runs", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield GaugeMetricFamily(
            "lamplighter_paused", "1 while the kill switch is pressed", value=float(bool(self._app.switch.paused()))
        )
        yield from self._checks()
        try:
            yield from self._stored()
            up = 1.0
        except StoreUnavailable:
            up = 0.0
        yield GaugeMetricFamily("lamplighter_store_up", "1 while the store answers", value=up)

    def _checks(self) -> Iterable[Metric]:
        success = GaugeMetricFamily("lamplighter_check_success", "1 where the last sample was good", labels=["check"])
        ran = GaugeMetricFamily(
            "lamplighter_check_last_run_timestamp_seconds", "When the check last ran", labels=["check"]
        )
        for name, watch in self._app.patrol.watches.items():
            if watch.last is not None:
                success.add_metric([name], float(watch.last.state is SampleState.OK))
                ran.add_metric([name], watch.last.at.timestamp())
        yield success
        yield ran

    def _stored(self) -> Iterable[Metric]:
        store = self._app.store
        counts = store.incidents.counts()
        standing = GaugeMetricFamily("lamplighter_incidents_open", "Open incidents by state", labels=["status"])
        ended = CounterMetricFamily("lamplighter_incidents", "Incidents by how they ended", labels=["outcome"])
        for state in State:
            (ended if state in CLOSED else standing).add_metric([str(state)], float(counts.get(state, 0)))
        yield standing
        yield ended
        pending = store.approvals.listed(pending_only=True, limit=OPEN_APPROVALS_MAX)
        yield GaugeMetricFamily("lamplighter_approvals_pending", "Questions that wait for a person", value=len(pending))
        open_now = GaugeMetricFamily(
            "lamplighter_actions_open", "Actions that have not ended", value=len(store.ledger.open())
        )
        yield open_now
