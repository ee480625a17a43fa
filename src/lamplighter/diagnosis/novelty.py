"""What a log says in a window that it did not say before, says no more, or says far more often than before.

Lines are data: examples are given as they were written, to be made fit to be shown by whoever shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt

from lamplighter.diagnosis.templates import Limits, Templates, tells_error

LINES_MAX = 200_000
# Of each side, a second or two of work on lines that are all unlike; an ordinary log needs a hundredth of it.
EFFORT_MAX = 20_000_000
LIMITS = Limits(templates_max=5_000)
EXAMPLE_CHARS_MAX = 1_000
SHIFTS_MAX = 20
# A surge, or silence, is one that chance gives once in a thousand times, and a surge is at least a doubling.
WEIGHT_MIN = 3.0
SURGE_MIN = 2.0
# Of fewer lines nothing is learnt about how much the whole log has grown.
COMMON_MIN = 5

Line = str | tuple[datetime | None, str]


@dataclass(frozen=True, slots=True)
class Said:
    """One line that was sorted already: the key and the text of its template, when it was written, and itself."""

    key: Hashable
    text: str
    at: datetime | None
    line: str
    error: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """A template whose rate has changed: how often it was seen and should have been seen, when, and one line of it.

    `weight` is in standard deviations of chance; the times are of the window, or of the baseline where it vanished.
    """

    text: str
    count: int
    baseline_count: int
    expected: float
    weight: float
    error: bool
    first_at: datetime | None
    last_at: datetime | None
    example: str


@dataclass(frozen=True, slots=True)
class Novelty:
    """The shifts of each kind, most telling first; nothing where there was nothing to compare with."""

    new: tuple[Shift, ...] = ()
    vanished: tuple[Shift, ...] = ()
    surging: tuple[Shift, ...] = ()
    compared: bool = False


@dataclass(slots=True)
class _Span:
    first_at: datetime | None = None
    last_at: datetime | None = None

    def reach(self, at: datetime) -> None:
        self.first_at = at if self.first_at is None else min(self.first_at, at)
        self.last_at = at if self.last_at is None else max(self.last_at, at)


@dataclass(slots=True)
class _Sighting:
    text: str
    example: str
    error: bool
    count: int = 0
    span: _Span = field(default_factory=_Span)


@dataclass(slots=True)
class _Side:
    seen: dict[Hashable, _Sighting] = field(default_factory=dict)
    span: _Span = field(default_factory=_Span)
    share_read: float = 1.0

    def see(self, said: Said) -> None:
        seen = self.seen.get(said.key)
        if seen is None:
            seen = self.seen[said.key] = _Sighting(said.text, said.line[:EXAMPLE_CHARS_MAX], said.error)
        seen.text = said.text
        seen.count += 1
        if said.at is not None:
            seen.span.reach(said.at)
            self.span.reach(said.at)

    def count(self, key: Hashable) -> int:
        return self.seen[key].count if key in self.seen else 0

    def seconds(self, asked_for: float | None) -> float:
        """How long what was read goes on, by who asked for it or by its own times; 0 where nobody says."""
        if asked_for:
            return asked_for * self.share_read
        first, last = self.span.first_at, self.span.last_at
        return (last - first).total_seconds() if first and last else 0.0


def novelty(
    window_lines: Sequence[Line],
    baseline_lines: Sequence[Line],
    *,
    window_seconds: float | None = None,
    baseline_seconds: float | None = None,
    lines_max: int = LINES_MAX,
) -> Novelty:
    """Compare the rates of all templates; of too many lines the newest count.

    How long each side lasts is best said by whoever asked for the lines: their own times leave out the silence around.
    """
    templates = Templates(LIMITS)
    baseline = _read(templates, baseline_lines, lines_max)
    window = _read(templates, window_lines, lines_max)
    return _compared(window, baseline, window_seconds, baseline_seconds)


def novelty_of(
    window: Iterable[Said], baseline: Iterable[Said], window_seconds: float | None, baseline_seconds: float | None
) -> Novelty:
    """As `novelty`, of lines whose templates are known."""
    sides = _Side(), _Side()
    for side, lines in zip(sides, (window, baseline), strict=True):
        for said in lines:
            side.see(said)
    return _compared(*sides, window_seconds, baseline_seconds)


def _compared(window: _Side, baseline: _Side, window_seconds: float | None, baseline_seconds: float | None) -> Novelty:
    if not baseline.seen or not window.seen:
        return Novelty()
    lasts = window.seconds(window_seconds), baseline.seconds(baseline_seconds)
    ratio = lasts[0] / lasts[1] if min(lasts) > 0 else _growth(window, baseline)
    shifts = [_shift(key, window, baseline, ratio) for key in {**baseline.seen, **window.seen}]
    return Novelty(
        new=_telling(shifts, lambda one: one.baseline_count == 0),
        vanished=_telling(shifts, lambda one: one.count == 0 and one.weight <= -WEIGHT_MIN),
        surging=_telling(
            shifts,
            lambda one: one.baseline_count > 0 and one.weight >= WEIGHT_MIN and one.count >= SURGE_MIN * one.expected,
        ),
        compared=True,
    )


def _read(templates: Templates, lines: Sequence[Line], lines_max: int) -> _Side:
    side = _Side()
    effort_max = templates.effort + EFFORT_MAX
    read = 0
    for line in lines[-lines_max:]:
        if templates.effort >= effort_max:
            break
        read += 1
        at, text = (None, line) if isinstance(line, str) else line
        if text.strip():
            template = templates.add(text)
            side.see(Said(template.id, template.text, at, text, tells_error(text)))
    side.share_read = read / max(len(lines), 1)
    return side


def _growth(window: _Side, baseline: _Side) -> float:
    """By how much what is in both has grown, in the middle: how the log would have grown, were nothing changed."""
    common = [
        window.seen[key].count / seen.count
        for key, seen in baseline.seen.items()
        if key in window.seen and seen.count >= COMMON_MIN
    ]
    return sorted(common)[len(common) // 2] if common else 1.0


def _shift(key: Hashable, window: _Side, baseline: _Side, ratio: float) -> Shift:
    count, before = window.count(key), baseline.count(key)
    last = window.seen.get(key) or baseline.seen[key]
    # Two counts of rare things differ by chance; their square roots do so by the same amount however many they are.
    weight = 2 * (sqrt(count + 3 / 8) - sqrt(ratio * (before + 3 / 8))) / sqrt(1 + ratio)
    return Shift(
        last.text,
        count,
        before,
        ratio * before,
        weight,
        last.error,
        last.span.first_at,
        last.span.last_at,
        last.example,
    )


def _telling(shifts: Iterable[Shift], wanted: Callable[[Shift], bool]) -> tuple[Shift, ...]:
    """Errors first, then what chance explains least."""
    found = sorted(filter(wanted, shifts), key=lambda one: (not one.error, -abs(one.weight), one.text))
    return tuple(found[:SHIFTS_MAX])
