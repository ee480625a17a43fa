"""Replays a recorded stream through the placing that the server uses. Nothing is stored, sent or done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from lamplighter.domain.alert import AlertStatus, BadSignal, Delivery
from lamplighter.domain.board import Board
from lamplighter.domain.incident import Incident
from lamplighter.domain.member import Link
from lamplighter.domain.placement import Clears, Joins, Opens
from lamplighter.domain.storm import WITHIN, Storm, weather
from lamplighter.lab.replay_life import TROUBLES_MAX, Life, Step
from lamplighter.lab.replay_messages import Messages
from lamplighter.lab.replay_report import Decision, Report, decision_of
from lamplighter.lab.replay_sources import Readers
from lamplighter.lab.replay_stream import Broken, ClosedByHand, Recorded
from lamplighter.lab.replay_topology import Learned
from lamplighter.settings import Settings
from lamplighter.settings.model import Responses

DWELL = timedelta(seconds=30)
BEGUN_MAX = 20_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StreamClock:
    """The time by which the stream is read. It never goes back."""

    def __init__(self) -> None:
        self.at = EPOCH

    def now(self) -> datetime:
        """Where the stream has come to; the machine's own time where it has not said one yet."""
        return self.at if self.at > EPOCH else datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the stream."""
        return self.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        """Raises `RuntimeError`: a stream is read at once."""
        raise RuntimeError(f"a replay cannot wait {seconds:g} s")


class Replay:
    """Feed it the lines in order; `report` says at any time what they come to."""

    def __init__(self, settings: Settings | None = None) -> None:
        configuration = settings.configuration if settings else None
        self.report = Report()
        self._parse_clock = StreamClock()
        self._at = EPOCH
        self._readers = Readers(self._parse_clock, settings.sources if settings else {})
        self._learned = Learned(configuration.depends if configuration else {})
        # There is no store to recall from, so all stay at hand.
        board = Board(self._learned.graph, cleared_max=TROUBLES_MAX)
        dwell = DWELL
        if configuration is not None:
            board.watchdogs = frozenset({configuration.watchdog.alert})
            dwell = timedelta(seconds=configuration.verify.dwell)
        self._life = Life(board, dwell)
        self._messages = Messages(board.incident)
        self._begun: deque[datetime] = deque(maxlen=BEGUN_MAX)
        self._storm: Storm | None = None
        self._storm_from = configuration.responses.storm_from if configuration else Responses().storm_from

    def feed(self, line: Recorded | ClosedByHand | Broken) -> Iterator[Decision]:
        """Take one line; what became of each of its alerts. A line that cannot be read is counted, with the reason."""
        self.report.lines += 1
        if isinstance(line, Broken):
            self.report.broke(line)
        elif isinstance(line, ClosedByHand):
            self._pass_time(line.at)
            self._note(self._life.close_by_hand(line.labels, line.resolution, self._at))
        else:
            yield from self._deliver(line)

    def end(self) -> Report:
        """The stream is over: what is clear and only waits for its dwell is closed."""
        self._note(self._life.pass_time(datetime.max.replace(tzinfo=UTC)))
        return self.report

    def _deliver(self, line: Recorded) -> Iterator[Decision]:
        try:
            # A start in the future is refused by the time at which the body came in.
            self._parse_clock.at = line.at or EPOCH
            delivery = self._readers.reader(line.source).parse(line.body, line.headers)
        except BadSignal as problem:
            self.report.aside(line.number, str(problem), line.source)
            return
        self.report.deliveries += 1
        self.report.truncated += delivery.truncated_count
        for bad in delivery.bad:
            self.report.aside(line.number, bad.reason, line.source)
        self._pass_time(line.at or latest(delivery))
        for alert in delivery.alerts:
            self._learned.hear(alert)
        graph = self._learned.news(self._at)
        if graph is not None:
            self._life.board.survey(graph)
        for step in self._life.place(delivery.alerts, self._at):
            self.report.count(step)
            self._messages.step(step)
            self._watch_for_storm(step)
            incident = self._life.board.incident(step.incident_id)
            if incident is not None:
                self.report.stands(incident, ebbing=isinstance(step.placed.placement, Clears))
            yield decision_of(step)

    def _pass_time(self, at: datetime | None) -> None:
        """What comes late does not turn the time back."""
        self._at = max(self._at, at or self._at)
        if self._at > EPOCH:
            self.report.passed(self._at)
        self._messages.pass_time(self._at)
        self._note(self._life.pass_time(self._at))

    def _watch_for_storm(self, step: Step) -> None:
        placement = step.placed.placement
        if isinstance(placement, Opens) or (isinstance(placement, Joins) and placement.link is not Link.SAME_TROUBLE):
            self._begun.append(step.at)
        while self._begun and step.at - self._begun[0] > WITHIN:
            self._begun.popleft()
        storm = weather(self._storm, len(self._begun), step.at, self._storm_from)
        self.report.storms += self._storm is None and storm is not None
        self._storm = storm

    def _note(self, incidents: Iterator[Incident]) -> None:
        for incident in incidents:
            self._messages.closed(incident)
            self.report.stands(incident, ebbing=True)
        self.report.messages = self._messages.count


def latest(delivery: Delivery) -> datetime | None:
    """The latest time that a delivery's alerts speak of; it came in then or later."""
    times = [alert.starts_at for alert in delivery.alerts]
    times += [a.ends_at for a in delivery.alerts if a.ends_at is not None and a.status is AlertStatus.RESOLVED]
    return max(times, default=None)
