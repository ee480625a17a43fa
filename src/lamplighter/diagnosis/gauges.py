"""Reads series for what their level means: full, empty, far above or below before. A single peak is no level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from lamplighter.diagnosis.gauge_meanings import Judge, Meaning, meaning_of
from lamplighter.diagnosis.naming import Naming
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.diagnosis.rows import RANGE_TOOLS, rows_of
from lamplighter.diagnosis.signals.series import BASELINE, PHASE
from lamplighter.domain.evidence import Case, Evidence, Fact

LABELS = (
    "component",
    "service",
    "container",
    "name",
    "server",
    "backend",
    "upstream",
    "queue",
    "pod",
    "app",
    "site",
    "tunnel",
    "peer",
    "instance",
    "host",
    "target",
    "node",
    "cluster",
    "job",
)
SERIES_MAX = 400
POINTS_MAX = 2_000
FACTS_MAX = 80
LAST = 4
FULL_SHARE = 0.95
PERCENT_FROM = 1.5
FALL_RATIO = 0.3
STEADY_RISES = 0.62
USED_SHARE = 0.97
SLOPE_PARTS = 6
QUERY_CHARS = 100


@dataclass(frozen=True, slots=True)
class Track:
    """One series: what it measures, whose it is, its values in time, and the evidence that holds it."""

    meaning: Meaning
    component: str
    points: tuple[tuple[float, float], ...]
    evidence: Evidence
    query: str
    labels: dict[str, str]

    @property
    def last(self) -> float:
        """The present level, without the noise of one point."""
        return median(value for _, value in self.points[-LAST:])

    @property
    def before(self) -> float:
        """The level of the first fifth."""
        return median(value for _, value in self.points[: max(1, len(self.points) // 5)])

    @property
    def onset(self) -> float:
        """When the level left the first one for good: halfway to the present one."""
        half = (self.before + self.last) / 2
        rising = self.last > self.before
        started = self.points[-1][0]
        for when, value in reversed(self.points):
            if (value >= half) != rising:
                break
            started = when
        return started


def gauges_of(case: Case, naming: Naming) -> list[Fact]:
    """Facts `gauge` for levels that are bad, and `level` for well-known ones that are good."""
    pieces = [piece for piece in case.evidence if piece.tool in RANGE_TOOLS and not piece.error]
    suspect = [piece for piece in pieces if piece.params.get(PHASE) != BASELINE]
    tracks = [track for piece in suspect for track in _tracks(piece, naming)]
    if len(suspect) < len(pieces) or case.baseline_start is not None:
        # Where a normal stretch is known, what rose or fell is told better by comparing with it.
        tracks = [track for track in tracks if track.meaning.judge not in {Judge.RISE, Judge.FALL}]
    most = {
        (track.meaning.name.removesuffix("_max"), track.component): track.last
        for track in tracks
        if track.meaning.judge is Judge.MOST
    }
    facts = [fact for track in tracks[:SERIES_MAX] if (fact := _judged(track, most, case)) is not None]
    return facts[:FACTS_MAX]


def _tracks(piece: Evidence, naming: Naming) -> Iterator[Track]:
    for row in rows_of(piece)[:SERIES_MAX]:
        labels = row.labels
        query = piece.params.get("query", "") or labels.get("__name__", "")
        meaning = meaning_of(query) or meaning_of(labels.get("__name__", ""))
        points = row.points[-POINTS_MAX:] or ((row.instant,) if row.instant else ())
        if meaning is not None and points:
            yield Track(meaning, _whose(labels, piece, naming), points, piece, query, labels)


def _whose(labels: dict[str, str], piece: Evidence, naming: Naming) -> str:
    """The component that a label names: one that the case knows, before one that it does not."""
    said = [labels[label] for label in LABELS if labels.get(label)]
    return next(
        (naming.of(name) for name in said if naming.knows(name)),
        naming.of(said[0]) if said else naming.of(owner(piece)),
    )


def _judged(track: Track, most: dict[tuple[str, str], float], case: Case) -> Fact | None:
    bad, word, extra = _verdict(track, most, case)
    if not bad:
        return None
    before, last = track.before, track.last
    place = next(
        (track.labels[key] for key in ("mountpoint", "device", "state", "queue", "mode") if key in track.labels), ""
    )
    said = (
        f"{shown(track.query, QUERY_CHARS)} of {track.component or 'a series'}{f' ({place})' if place else ''} {word}"
    )
    ratio = last / before if before else (1e6 if last else 1.0)
    values = known(
        meaning=track.meaning.name,
        before=before,
        level=last,
        ratio=ratio,
        place=place,
        site=1.0 if {"site", "tunnel", "peer"} & track.labels.keys() else None,
        onset_epoch_seconds=track.onset,
        steady=_steady(track),
        **extra,
    )
    moment = from_epoch(track.onset) if track.onset > track.points[0][0] else None
    return draft(track.evidence, "gauge", said, {**values, **_query(track)}, at=moment, component=track.component)


def _query(track: Track) -> dict[str, str | float]:
    return known(metric=shown(track.query, QUERY_CHARS))


def _verdict(track: Track, most: dict[tuple[str, str], float], case: Case) -> tuple[bool, str, dict[str, float]]:
    """Whether the level is bad, the words for it, and what else is known."""
    before, last = track.before, track.last
    moved = f"went from {before:.4g} to {last:.4g}"
    match track.meaning.judge:
        case Judge.EMPTY:
            was = max(value for _, value in track.points)
            empty = last <= 0 or (was > PERCENT_FROM and track.meaning.name.endswith("_free") and last < 0.01 * was)
            return empty, f"is {last:.4g}" + (f", it was {before:.4g}" if before != last else ""), {}
        case Judge.FULL:
            share = last / 100.0 if last > PERCENT_FROM else last
            grew = before <= 0 or last / before >= 1.2 or last == before  # noqa: PLR2004 - a fifth more is more
            return share >= FULL_SHARE and grew, f"is at {share:.0%}, it was {before:.4g}", {"share": share}
        case Judge.PAST:
            left = last - case.at.timestamp() if last > 1e8 else last  # noqa: PLR2004 - else it is a span of seconds
            return (
                left <= 0,
                f"says that the certificate ended {-left / 86_400:.1f} days ago",
                {"days_left": left / 86_400},
            )
        case Judge.USED:
            name = {"pool_active": "connections", "threads": "threads"}.get(track.meaning.name, track.meaning.name)
            top = most.get((name, track.component)) or most.get(
                ("connections", track.component) if name == "threads" else ("", "")
            )
            if top:
                return last >= USED_SHARE * top, f"is {last:.4g} of {top:.4g}", {"share": last / top}
            return _plateau(track), f"{moved} and stays there", {}
        case Judge.RISE | Judge.FALL:
            return _moved(track, moved)
        case _:
            return False, "", {}


def _moved(track: Track, moved: str) -> tuple[bool, str, dict[str, float]]:
    before, last, meaning = track.before, track.last, track.meaning
    spread = max((abs(value - before) for _, value in track.points[: max(1, len(track.points) // 5)]), default=0.0)
    rose = last > meaning.least and last >= meaning.factor * max(before, 0.0) and last - before > 2 * spread
    fell = meaning.name == "traffic" and before > 0 and last <= FALL_RATIO * before
    return rose or fell, moved, {"rose": float(rose), "fell": float(fell)}


def _plateau(track: Track) -> bool:
    """Whether it rose to a level at which it stays without any play: what a limit looks like."""
    tail = [value for _, value in track.points[-max(LAST, len(track.points) // 4) :]]
    return (
        track.last >= 1.5 * max(track.before, 0.5) and len(tail) >= LAST and max(tail) - min(tail) <= 0.001 * max(tail)
    )


def _steady(track: Track) -> float | None:
    """1 where the level climbs all along, and does not jump once: each part of the time lies above the one before."""
    values = [value for _, value in track.points]
    size = len(values) // SLOPE_PARTS
    if size < 1 or track.last <= track.before:
        return None
    parts = [median(values[place * size : (place + 1) * size]) for place in range(SLOPE_PARTS)]
    steps = [after - before for before, after in pairwise(parts)]
    whole = parts[-1] - parts[0]
    return float(whole > 0 and all(step > 0 for step in steps) and max(steps) < STEADY_RISES * whole)
