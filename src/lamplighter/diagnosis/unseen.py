"""What answered and showed nothing, only a part, or only old samples. Said as facts: nothing seen is no health."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.diagnosis.signals.series import BASELINE, PHASE
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Case, Evidence, Fact

UNSEEN = "unseen"
UNSEEN_MAX = 20
STALE_AFTER = timedelta(minutes=10)
ENDS_CHARS = 4_000
SERIES_TOOLS = frozenset({"prometheus.query_range", "prometheus.query"})
LINE_TOOLS = frozenset({"loki.query_range", "kubectl.logs", "docker.logs", "supervisor.logs"})
LISTS_THAT_ARE_NEVER_EMPTY = frozenset({"proxmox.nodes", "proxmox.storage", "proxmox.resources"})
_NUMBER = re.compile(r'\[\s{0,20}\d{1,12}(?:\.\d{1,9})?\s{0,20},\s{0,20}"[-+]?\d')
_MOMENT = re.compile(r'\[\s{0,20}(\d{9,11})(?:\.\d{1,9})?\s{0,20},\s{0,20}"')
_NOT_A_NUMBER = re.compile(r'\[\s{0,20}\d{1,12}(?:\.\d{1,9})?\s{0,20},\s{0,20}"NaN"')
_WARNINGS = re.compile(r'"(?:warnings|infos)"\s{0,4}:\s{0,4}\[\s{0,4}"((?:[^"\\]|\\.){1,400})"')
_LINE = re.compile(r'\[\s{0,20}"\d{1,25}"')
_EMPTY_DATA = re.compile(r'\{\s{0,20}"data"\s{0,20}:\s{0,20}(?:\[\s{0,20}\]|null)\s{0,20}\}')


def unseen_facts(case: Case) -> list[Fact]:
    """A fact `unseen` for each look under suspicion that answered and showed nothing, a part, or what is old."""
    found: list[Fact] = []
    for piece in case.evidence:
        why = "" if piece.error or piece.params.get(PHASE) == BASELINE else _why(piece, case)
        if why and len(found) < UNSEEN_MAX:
            asked = piece.params.get("query") or owner(piece) or "nothing named"
            said = f"{piece.tool} showed {why}: {shown(asked, 200)}"
            found.append(draft(piece, UNSEEN, said, known(tool=piece.tool, why=why.partition(":")[0])))
    return found


def _why(piece: Evidence, case: Case) -> str:
    """Why a look shows less than it seems to; empty where it shows what was asked for."""
    if piece.tool in SERIES_TOOLS:
        return _of_series(piece, case)
    if piece.tool in LINE_TOOLS:
        return _of_lines(piece)
    if piece.tool in LISTS_THAT_ARE_NEVER_EMPTY and _EMPTY_DATA.fullmatch(piece.content.strip()):
        return "nothing"
    return ""


def _of_series(piece: Evidence, case: Case) -> str:
    content = piece.content
    partial = _partly(content)
    if not _NUMBER.search(content):
        nothing = "no number" if _NOT_A_NUMBER.search(content) else "no series"
        # An expression that gives nothing does not hold now; whether its series are there is another look's to say.
        silent = piece.tool == "prometheus.query" and nothing == "no series"
        return partial if silent or '"success"' not in content[:ENDS_CHARS] else nothing
    if partial or len(content) > EVIDENCE_BYTES_MAX:
        return partial
    end = _end(piece, case)
    # The last series is the first to be looked at: where it is fresh, the others need not be.
    newest = _newest(content[-ENDS_CHARS:])
    if newest is None or end - newest > STALE_AFTER:
        newest = _newest(content)
    if newest is not None and end - newest > STALE_AFTER:
        return f"only old samples: the newest is of {newest:%H:%M:%S} UTC, and {end:%H:%M:%S} was asked for"
    return ""


def _newest(content: str) -> datetime | None:
    return from_epoch(max((float(moment) for moment in _MOMENT.findall(content)), default=0.0))


def _of_lines(piece: Evidence) -> str:
    if piece.tool != "loki.query_range":
        return "" if piece.content.strip() else "no line"
    if '"success"' not in piece.content[:ENDS_CHARS]:
        return ""
    return _partly(piece.content) or ("" if _LINE.search(piece.content) else "no line")


def _partly(content: str) -> str:
    """What the server warned of, which it writes at the beginning or at the end."""
    found = _WARNINGS.search(content[:ENDS_CHARS]) or _WARNINGS.search(content[-ENDS_CHARS:])
    return f"a part only: {shown(found[1], 160)}" if found else ""


def _end(piece: Evidence, case: Case) -> datetime:
    """The end of the window that was asked for: as the look says, else as the case does."""
    try:
        return datetime.fromtimestamp(float(piece.params.get("end", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return case.end or case.at
