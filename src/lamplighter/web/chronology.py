"""The picture of an incident as its pages draw it: which checks go with it, where marks lead, how times are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from lamplighter.domain.check import SOURCE, SampleState
from lamplighter.domain.member import Member
from lamplighter.domain.timeline import Event
from lamplighter.reports.axis import Span, Window
from lamplighter.reports.chronology import Chronology, picture_of
from lamplighter.reports.findings import ShownFact
from lamplighter.reports.heights import Layout, laid
from lamplighter.reports.lanes import ROOMS, Item, span_text
from lamplighter.reports.marks import SIGNS, Kind, Mark
from lamplighter.reports.papers import Papers
from lamplighter.reports.traces import STRIPS_MAX, Strip, strip_of
from lamplighter.web.context import Context
from lamplighter.web.dossiers import Dossier
from lamplighter.web.rendering import local

ASKED = "window"
SPAN_WORDS = {Span.AUTO: "auto", Span.HOUR: "1 h", Span.HALF_DAY: "12 h", Span.DAY: "24 h", Span.ALL: "all"}
TABLE = "chronology-table"
CHANGE_ROW = "change-"
LEGEND = {
    "change": ("◆", "change"),
    "fired": ("▲", "alert begins"),
    "earlier": ("◁", "began earlier"),
    "cleared": ("✓", "alert ends"),
    "step": ("●", "step of the response"),
    "asked": ("?", "asked"),
    "good": ("✓", "went well"),
    "bad": ("✕", "went badly"),
    "mixed": ("3", "so many marks in one place"),
}
STATES = {
    SampleState.OK: ("▁", "check is well"),
    SampleState.FAILING: ("█", "check fails"),
    SampleState.CANNOT_SEE: ("┄", "cannot see"),
}
MARKS_NAMED_MAX = 4
COUNT_SHOWN_MAX = 99


@dataclass(frozen=True, slots=True)
class Choice:
    """One window that can be asked for."""

    words: str
    address: str
    now: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the template asks. `rows` are the ids of the rows that the page shows besides the table's."""

    told: Chronology
    layouts: tuple[Layout, ...]
    choices: tuple[Choice, ...]
    zone: ZoneInfo
    rows: Collection[str]
    _places: Mapping[Mark, int] = field(default_factory=dict)

    def leads(self, mark: Mark) -> str:
        """The id of the row that tells of a mark: on the page, or else in the table."""
        fact = mark.row.removeprefix(CHANGE_ROW)
        found = [row for row in (mark.row, f"fact-{fact}") if row in self.rows]
        place = self._places.get(mark)
        return found[0] if found else TABLE if place is None else f"at-{place}"

    def name(self, item: Item) -> str:
        """A mark or a group in words."""
        return span_text(item.marks, MARKS_NAMED_MAX, self.clock)

    def sign(self, item: Item) -> str:
        """What stands in a shape."""
        if len(item.marks) > COUNT_SHOWN_MAX:
            return f"{COUNT_SHOWN_MAX}+"
        return str(len(item.marks)) if len(item.marks) > 1 else SIGNS[item.marks[0].kind]

    def shape(self, item: Item) -> str:
        """Which shape is drawn."""
        if len(item.marks) > 1:
            return "group"
        return {Kind.CHANGE: "diamond", Kind.FIRED: "triangle"}.get(item.marks[0].kind, "circle")

    def clock(self, at: datetime) -> str:
        """A time of the site; with its day where that is not the day on which the window ends."""
        same = at.astimezone(self.zone).date() == self.told.window.end.astimezone(self.zone).date()
        return local(at, "%H:%M:%S" if same else "%Y-%m-%d %H:%M:%S", zone=self.zone)

    @property
    def legend(self) -> list[tuple[str, str, str]]:
        """What the shapes mean, of those that are drawn."""
        drawn = {self.kind(item) for layout in self.layouts for _, item in layout.items}
        states = {run.state for layout in self.layouts for *_, runs in layout.strips for run in runs}
        marks = [(kind, *LEGEND[kind]) for kind in LEGEND if kind in drawn]
        return [*marks, *((str(state), *STATES[state]) for state in STATES if state in states)]

    @staticmethod
    def kind(item: Item) -> str:
        """What its colour says, and its shape too."""
        return str(item.kind) if item.kind else "mixed"

    @property
    def stretch(self) -> tuple[str, str]:
        """From when to when the window is; the day is said once where it is the same."""
        begin, end = self.minute(self.told.window.begin), self.minute(self.told.window.end)
        return begin, end[11:] if begin[:10] == end[:10] else end

    def whole(self, at: datetime) -> str:
        """A time of the site with its day."""
        return local(at, "%Y-%m-%d %H:%M:%S", zone=self.zone)

    def minute(self, at: datetime) -> str:
        """The same without seconds."""
        return local(at, "%Y-%m-%d %H:%M", zone=self.zone)


def pictured(
    here: Context,
    found: Dossier,
    events: Sequence[Event],
    members: Sequence[Member],
    span: Span,
    *,
    shown: Sequence[Event],
    facts: Sequence[ShownFact],
    plain: bool = False,
) -> Picture:
    """The picture of an incident from what was already read of it. Blocks: samples of its checks are read.

    Marks lead to the rows of the events and facts that the page has `shown`, and of the changes before the alert.
    """
    zone = ZoneInfo(here.app.settings.configuration.site.timezone)
    papers = Papers(
        incident=found.incident,
        now=here.app.clock.now(),
        findings=found.findings,
        attempts=tuple(found.attempts),
        events=tuple(events),
        members=tuple(members),
        zone=zone,
    )
    told = picture_of(papers, span, ROOMS, lambda window: strips(here, papers, window))
    return Picture(
        told=told,
        layouts=tuple(laid(drawing, zone) for drawing in told.drawings),
        choices=_choices(found.incident.id, span, plain=plain),
        zone=zone,
        rows=_rows(shown, found, facts),
        _places={row.mark: number for number, row in enumerate(told.rows, start=1)},
    )


def _rows(events: Sequence[Event], found: Dossier, facts: Sequence[ShownFact]) -> frozenset[str]:
    changes = {f"{CHANGE_ROW}{change.fact}" for change in found.changes}
    return frozenset({f"ev-{event.seq}" for event in events} | {f"fact-{fact.id}" for fact in facts} | changes)


def strips(here: Context, papers: Papers, window: Window) -> list[Strip]:
    """What our own checks of these components saw, as it was kept; nothing is asked anew. Blocks."""
    named = {member.alert.labels.get("check", "") for member in papers.members if member.alert.source == SOURCE}
    parts = {papers.incident.component, *(member.component for member in papers.members)} - {""}
    known = papers.findings.known
    parts |= {known.component} if known and known.component else set()
    mine = [spec for spec in here.app.patrol.specs if spec.name in named or spec.component in parts]
    mine.sort(key=lambda spec: (spec.name not in named, spec.component != papers.incident.component, spec.name))
    samples = here.app.store.samples
    return [
        strip_of(spec.name, samples.window(spec.name, window.begin, window.end), spec.every_seconds, window)
        for spec in mine[:STRIPS_MAX]
    ]


def _choices(incident_id: str, now: Span, *, plain: bool) -> tuple[Choice, ...]:
    asked = {"plain": "1"} if plain else {}
    return tuple(
        Choice(
            SPAN_WORDS[span], f"/incidents/{incident_id}?{urlencode({**asked, ASKED: span})}#chronology", span is now
        )
        for span in Span
    )
