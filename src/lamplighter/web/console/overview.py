"""The command centre: what its panes are made of, read from the store once for all who look."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lamplighter.domain.cause import Cause
from lamplighter.domain.incident import Incident
from lamplighter.domain.timeline import Event, Moment
from lamplighter.ports import Store, Wanted
from lamplighter.reports.findings import COST_USD
from lamplighter.reports.overview import SLOTS, half_hours, kinds, patterns, totals, work_done
from lamplighter.reports.shapes import area, ceiling, ring
from lamplighter.reports.vitals import vitals
from lamplighter.web.console.hub import Key, Sheet
from lamplighter.web.console.making import Maker
from lamplighter.web.console.radar import radar_of
from lamplighter.web.context import Context

PANES = ("kpis", "hours", "kinds", "work", "radar", "patterns", "log")
RECENT = timedelta(days=7)
RECENT_MAX = 500
LOG_EVENTS_READ = 300
LOG_EVENTS_MAX = 60
# What is told anew by another event beside it; the incident's own page has them all.
ASIDE = frozenset(
    {
        Moment.NOTIFIED,
        Moment.VOTED,
        Moment.GATHERED,
        Moment.RESOLVED_TARGET,
        Moment.INTENDED,
        Moment.STATE,
        Moment.JUDGED,
    }
)
LESSONS_MAX = 200
CAUSES_KEPT_MAX = 2_000
NOT_FOUND_OUT = "not found out"
LEFT, RIGHT, HIGH, LOW = 34.0, 712.0, 10.0, 150.0


@dataclass(slots=True)
class Overview:
    """Makes the panes. The causes of runs that are over are remembered, because they do not change any more."""

    maker: Maker
    _causes: OrderedDict[str, Cause | None] = field(default_factory=OrderedDict)

    def sheet(self, here: Context, _key: Key) -> Sheet:
        """All panes. Blocks; raises `StoreUnavailable`."""
        store, now = here.app.store, here.app.clock.now()
        recent = store.incidents.listed(Wanted(since=now - RECENT), limit=RECENT_MAX)
        counts = store.incidents.counts()
        causes = {one.id: self._cause(store, one) for one in recent}
        found = [cause for cause in causes.values() if cause is not None]
        attempts = store.ledger.since(now - RECENT)
        midnight = _midnight(now, here.app.settings.configuration.site.timezone)
        cards = totals(
            counts,
            recent,
            [one for one in attempts if one.planned_at >= midnight - timedelta(days=1)],
            [cause.confidence for cause in found],
            pending=len(store.approvals.listed(pending_only=True, limit=500)),
            midnight=midnight,
            cost_usd=COST_USD,
        )
        shown_open = sum(one.is_open for one in recent)
        slots = half_hours(recent, now, open_before=max(0, cards.open - shown_open))
        faults = kinds([cause.fault if cause else NOT_FOUND_OUT for cause in causes.values()])
        top = ceiling(max([slot.standing for slot in slots] + [slot.opened for slot in slots]))
        box = {"left": LEFT, "right": RIGHT, "high": HIGH, "low": LOW}
        return self.maker.sheet(
            "overview.html",
            PANES,
            cards=cards,
            slots=slots,
            slot_count=SLOTS,
            top=top,
            standing=area([slot.standing for slot in slots], top, **box),
            opened=area([slot.opened for slot in slots], top, **box),
            closed=area([slot.closed for slot in slots], top, **box),
            box=box,
            kinds=faults,
            slices=ring([one.share for one in faults], centre=60, outer=56, inner=32),
            work=work_done(attempts),
            radar=radar_of(vitals(here.app.vitals.facts, here.app.patrol.specs, here.app.patrol.watches)),
            patterns=patterns(store.lessons.newest(LESSONS_MAX)),
            events=self._events(store),
            moment=now,
        )

    def _cause(self, store: Store, incident: Incident) -> Cause | None:
        """The best cause of the present run; None where none was found."""
        key = incident.workflow_id
        if key in self._causes:
            self._causes.move_to_end(key)
            return self._causes[key]
        diagnosis = store.dossiers.diagnosis(incident.id, incident.run)
        if diagnosis is None:
            return None
        best = None if diagnosis.undetermined else diagnosis.best
        self._causes[key] = best
        while len(self._causes) > CAUSES_KEPT_MAX:
            self._causes.popitem(last=False)
        return best

    @staticmethod
    def _events(store: Store) -> list[Event]:
        """The last events of all incidents, oldest first."""
        last = store.incidents.last_event_seq()
        read = store.incidents.events_after(max(0, last - LOG_EVENTS_READ), LOG_EVENTS_READ)
        return [event for event in read if event.moment not in ASIDE][-LOG_EVENTS_MAX:]


def _midnight(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
