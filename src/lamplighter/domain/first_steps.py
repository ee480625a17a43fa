"""The first steps of somebody new: what is seen already, what is still open, and the line that does it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lamplighter.domain.checkup import Health
from lamplighter.domain.texts import kept_text
from lamplighter.domain.topology import STATE_LABEL, Component

# What has a place of its own, with more to say.
TOLD_BESIDE = frozenset({"engines", "channels"})
NAMES_SHOWN_MAX = 6
NAME_BYTES_MAX = 80
AREAS = ("sources", "checks", "autonomy", "set-up", "server", "data", "clock")
# What a line that mends begins with, where it can be copied as it stands: a command, or a key of the configuration.
_LINE = re.compile(
    r"(?:(?:sudo|lamplighter|docker|chmod|curl|ssh-copy-id|setfacl|getent|timedatectl|pveum) "
    r"|(?:site|server|autonomy|sources|checks|notify): ?[\[{]).*"
)
_ENDS = re.compile(r", then |; | \(or ")


class Seen(StrEnum):
    """Whether something is so; what cannot be known is neither."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing, whether it is so, in words, and what to do: `line` can be copied as it stands, `fix` is advice."""

    seen: Seen
    name: str
    words: str
    fix: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, whether it is done, and in words how far."""

    name: str
    place: str
    done: bool
    words: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What the steps are read off; nothing of it is kept for them.

    `listens` is whether a source of alerts or a check is set, `hears` whether one of them was seen to answer.
    """

    components: int
    blind: int
    listens: bool
    hears: bool
    channels: int
    delivered: int
    mode: str
    incidents: int


def inventory_rows(components: Sequence[Component], away: Mapping[str, str], *, looked: bool) -> tuple[Row, ...]:
    """What runs, system by system, with the names of what does not run well."""
    if not looked and not components:
        return (Row(Seen.UNKNOWN, "what runs", "I am looking; this takes a few seconds"),)
    rows = []
    for system in sorted({part.system for part in components}):
        parts = [part for part in components if part.system == system]
        stale = " (as last seen; it does not answer now)" if system in away else ""
        rows.append(Row(Seen.UNKNOWN if stale else Seen.YES, system, f"{_counted(parts)}{_ailing(parts)}{stale}"))
    return tuple(rows)


def finding_rows(findings: Sequence[Mapping[str, str]], systems: Collection[str] = ()) -> tuple[Row, ...]:
    """The doctor's findings in the order of the areas; what is a note is neither well nor wrong.

    Of `systems` what is well is told already.
    """
    known = [one for one in findings if one["area"] in AREAS and one["name"] not in TOLD_BESIDE]
    known = [one for one in known if one["name"] not in systems or one["health"] != Health.OK]
    rows = []
    for one in sorted(known, key=lambda one: AREAS.index(one["area"])):
        seen = {Health.OK: Seen.YES, Health.NOTE: Seen.UNKNOWN, Health.UNKNOWN: Seen.UNKNOWN}
        mark = seen.get(Health(one["health"]), Seen.NO)
        line = line_of(one["fix"])
        rest = one["fix"].removeprefix(line).lstrip(",; ")
        rows.append(Row(mark, f"{one['area']}, {one['name']}", one["detail"], rest, line))
    return tuple(rows)


def line_of(fix: str) -> str:
    """The part of a fix that can be copied and used as it stands; empty where it is advice."""
    if not _LINE.fullmatch(fix):
        return ""
    return _ENDS.split(fix, maxsplit=1)[0].strip()


def steps(found: Progress) -> tuple[Step, ...]:
    """The steps in their order, each read off what is so now."""
    sees = found.components > 0 and not found.blind
    return (
        Step("I can let you in", "", done=True, words="you have an account"),
        Step("I see what runs", "seen", done=sees, words=f"{found.components} components{_blind(found)}"),
        Step("Trouble reaches me", "near", done=found.hears or found.incidents > 0, words=_heard(found)),
        Step("I reach you", "tell", done=found.delivered > 0, words=_told(found)),
        Step("You know how far I may go", "far", done=True, words=f"mode {found.mode}"),
        Step("You saw one whole incident", "try", done=found.incidents > 0, words=f"{found.incidents} so far"),
    )


def _blind(found: Progress) -> str:
    return f"; {found.blind} sources do not answer" if found.blind else ""


def _heard(found: Progress) -> str:
    if found.incidents:
        return "alerts came in"
    if found.hears:
        return "a source or a check works"
    return "what is set did not answer yet" if found.listens else "no source of alerts, and no checks"


def _told(found: Progress) -> str:
    if not found.channels:
        return "no channel but the log"
    return "a message was delivered" if found.delivered else "no message was delivered yet"


def _counted(parts: Sequence[Component]) -> str:
    kinds = Counter(part.kind for part in parts)
    return ", ".join(f"{number} {_plural(kind, number)}" for kind, number in sorted(kinds.items()))


def _plural(kind: str, number: int) -> str:
    return kind if number == 1 else f"{kind}es" if kind.endswith("s") else f"{kind}s"


def _ailing(parts: Sequence[Component]) -> str:
    """Those that do not run well, by how they stand."""
    by_state: dict[str, list[str]] = {}
    for part in parts:
        if not part.running:
            state = kept_text(part.labels.get(STATE_LABEL, "") or "not running", NAME_BYTES_MAX)
            by_state.setdefault(state, []).append(kept_text(part.name, NAME_BYTES_MAX))
    if not by_state:
        return ", all of them running"
    return "".join(f"; {len(names)} {state}: {_listed(names)}" for state, names in sorted(by_state.items()))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN_MAX
    return ", ".join(sorted(names)[:NAMES_SHOWN_MAX]) + (f", and {more} more" if more > 0 else "")
