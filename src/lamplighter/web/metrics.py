"""What Lamplighter tells Prometheus about itself. No incident id, container id or message is ever a label."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lamplighter import __version__
from lamplighter.app import App
from lamplighter.domain.check import SampleState
from lamplighter.domain.incident import CLOSED, State
from lamplighter.ports import StoreUnavailable, Wanted

OPEN_APPROVALS_MAX = 500
OPEN_INCIDENTS_MAX = 1_000
# Open incidents past that bound are counted all the same, only not by severity.
OTHERS = "other"


class Meters:
    """The registry of one server."""

    def __init__(self, app: App, listeners: Callable[[], int] = lambda: 0) -> None:
        self._app = app
        self._registry = CollectorRegistry()
        self._received = Counter(
            "lamplighter_alerts_received",
            "Alerts by source and what became of them",
            ["source", "result"],
            registry=self._registry,
        )
        self._last_data = Gauge(
            "lamplighter_source_last_data_timestamp_seconds",
            "When a source last delivered something that could be read",
            ["source"],
            registry=self._registry,
        )
        self._registry.register(_Standing(app, listeners))

    def received(self, source: str, result: str, count: int) -> None:
        """Count alerts that came in; `result` is accepted, truncated, dead_letter, refused, forged or unavailable."""
        if count:
            self._received.labels(source=source, result=result).inc(count)
        if count and result == "accepted":
            self._last_data.labels(source=source).set(self._app.clock.now().timestamp())

    def text(self) -> bytes:
        """The exposition. Reads the store: call it off the event loop."""
        return generate_latest(self._registry)


class _Standing(Collector):
    """Figures that are read from where they are kept, at each scrape."""

    def __init__(self, app: App, listeners: Callable[[], int]) -> None:
        self._app = app
        self._listeners = listeners

    def collect(self) -> Iterable[Metric]:
        info = GaugeMetricFamily("lamplighter_build_info", "The version that runs", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield GaugeMetricFamily(
            "lamplighter_paused", "1 while the kill switch is pressed", value=float(bool(self._app.switch.paused()))
        )
        yield GaugeMetricFamily(
            "lamplighter_event_listeners", "Clients that follow the events", value=self._listeners()
        )
        yield from self._checks()
        yield from self._line()
        yield self._notified()
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
        seen = GaugeMetricFamily("lamplighter_check_seen", "0 where the last sample could not see", labels=["check"])
        took = GaugeMetricFamily("lamplighter_check_duration_seconds", "How long the last look took", labels=["check"])
        for name, watch in tuple(self._app.patrol.watches.items()):
            if watch.last is not None:
                success.add_metric([name], float(watch.last.state is SampleState.OK))
                seen.add_metric([name], float(watch.last.state is not SampleState.CANNOT_SEE))
                ran.add_metric([name], watch.last.at.timestamp())
        for name, seconds in tuple(self._app.patrol.took_seconds.items()):
            took.add_metric([name], seconds)
        yield from (success, seen, ran, took)

    def _notified(self) -> Metric:
        told = CounterMetricFamily(
            "lamplighter_notify", "Messages and signs of life by what became of them", labels=["channel", "result"]
        )
        for (channel, result), number in sorted(self._app.communicator.postman.counts.items()):
            told.add_metric([channel, result], float(number))
        return told

    def _line(self) -> Iterable[Metric]:
        """The line of responses, as this process knows it."""
        waiting = tuple(self._app.dispatch.line.values())
        held = float(sum(bool(incident.held) for incident in waiting))
        yield GaugeMetricFamily("lamplighter_responses_waiting", "Incidents in line", value=float(len(waiting)))
        yield GaugeMetricFamily("lamplighter_responses_held", "Incidents in line that are held", value=held)
        storm = float(self._app.dispatch.storm is not None)
        yield GaugeMetricFamily("lamplighter_storm", "1 while a storm of alerts lasts", value=storm)

    def _stored(self) -> Iterable[Metric]:
        store = self._app.store
        counts = store.incidents.counts()
        ended = CounterMetricFamily("lamplighter_incidents", "Incidents by how they ended", labels=["outcome"])
        for state in State:
            if state in CLOSED:
                ended.add_metric([str(state)], float(counts.get(state, 0)))
        yield self._open(counts)
        yield ended
        oldest = next(iter(store.journal.unplaced(1)), None)
        age = max(0.0, (self._app.clock.now() - oldest.received_at).total_seconds()) if oldest else 0.0
        yield GaugeMetricFamily(
            "lamplighter_journal_waiting_seconds", "How long the oldest alert waits for its place", value=age
        )
        pending = store.approvals.listed(pending_only=True, limit=OPEN_APPROVALS_MAX)
        yield GaugeMetricFamily("lamplighter_approvals_pending", "Questions that wait for a person", value=len(pending))
        open_now = GaugeMetricFamily(
            "lamplighter_actions_open", "Actions that have not ended", value=len(store.ledger.open())
        )
        yield open_now

    def _open(self, counts: Mapping[State, int]) -> Metric:
        standing = GaugeMetricFamily("lamplighter_incidents_open", "Open incidents", labels=["severity", "status"])
        open_states = tuple(state for state in State if state not in CLOSED)
        listed = self._app.store.incidents.listed(Wanted(states=open_states), limit=OPEN_INCIDENTS_MAX)
        numbers = Counts((incident.severity, incident.state) for incident in listed)
        for state in open_states:
            told = sum(number for (_, known), number in numbers.items() if known is state)
            numbers[OTHERS, state] += max(0, counts.get(state, 0) - told)
        for (severity, state), number in sorted(numbers.items()):
            if number or severity == OTHERS:
                standing.add_metric([severity, str(state)], float(number))
        return standing
