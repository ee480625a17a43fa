"""Reads the case format (`lamplighter.case/1`) into a `Case`. The answer of an exam is never opened here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lamplighter.domain.alert import Alert, BadSignal
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.topology import Edge
from lamplighter.integrations.alertmanager.signal import AlertmanagerSource
from lamplighter.lab.case_archive import ANSWER_FILE, CASE_FILE, BadCase, files_of

SCHEMA = "lamplighter.case/1"
EDGE_KINDS = frozenset({"calls", "runs_on", "contains", "depends_on", "routes_to", "stores_in"})
PHASE = "phase"
COMPONENT = "component"
EVIDENCE_MAX = 2000
YEARS = range(1970, 3000)
_PATH = re.compile(r" - at `\$\.?(.{0,200}?)`$")


class _Window(msgspec.Struct, forbid_unknown_fields=True):
    start: datetime
    end: datetime


class _Edge(msgspec.Struct, rename={"source": "from", "target": "to"}):
    source: str
    target: str
    kind: str = "depends_on"


class _Change(msgspec.Struct):
    at: datetime
    component: str
    what: str
    source: str = ""


class _Piece(msgspec.Struct):
    id: str
    tool: str
    file: str
    params: dict[str, object] = {}
    media: str = "text/plain"
    at: datetime | None = None
    error: str = ""
    truncated: bool = False


class _CaseFile(msgspec.Struct, rename={"schema_name": "schema"}):
    schema_name: str
    id: str
    at: datetime
    evidence: list[_Piece]
    symptom: str = ""
    window: _Window | None = None
    baseline: _Window | None = None
    alerts: list[dict[str, object]] = []
    components: list[str] = []
    topology: list[_Edge] = []
    changes: list[_Change] = []
    fault_kinds: list[str] = []
    subject: str = ""


_DECODER = msgspec.json.Decoder(_CaseFile)


def read_case(path: Path) -> Case:
    """The case at a path: a folder, a .tar.gz or a .zip. Raises `BadCase`."""
    return case_of(files_of(path))


def case_of(files: Mapping[str, bytes]) -> Case:
    """The case in these files. Raises `BadCase`, whose words name the key."""
    read = _decoded(files)
    if read.schema_name != SCHEMA:
        raise BadCase(f'schema: "{read.schema_name[:60]}" is not {SCHEMA}')
    if not read.symptom and not read.alerts:
        raise BadCase("symptom: neither a symptom nor alerts are given; write one of them")
    at = _utc("at", read.at)
    window, baseline = _window("window", read.window), _window("baseline", read.baseline)
    return Case(
        id=read.id,
        at=at,
        symptom=read.symptom,
        alerts=_alerts(read.alerts, at),
        components=tuple(read.components),
        topology=tuple(_edge(place, edge) for place, edge in enumerate(read.topology)),
        changes=tuple(_change(place, one) for place, one in enumerate(read.changes)),
        evidence=_evidence(read.evidence, files, at),
        start=window[0],
        end=window[1],
        subject=read.subject,
        baseline_start=baseline[0],
        baseline_end=baseline[1],
        fault_kinds=tuple(read.fault_kinds),
    )


def _decoded(files: Mapping[str, bytes]) -> _CaseFile:
    if CASE_FILE not in files:
        raise BadCase(f"{CASE_FILE}: is missing")
    try:
        return _DECODER.decode(files[CASE_FILE])
    except msgspec.ValidationError as problem:
        words = str(problem)
        found = _PATH.search(words)
        missing = re.search(r"required field `(\w{1,40})`", words)
        key = ".".join(filter(None, (found[1] if found else "", missing[1] if missing else ""))) or CASE_FILE
        raise BadCase(f"{key}: {_PATH.sub('', words)[:160]}") from problem
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadCase(f"{CASE_FILE}: is not JSON: {str(problem)[:120]}") from problem


def _window(key: str, window: _Window | None) -> tuple[datetime | None, datetime | None]:
    if window is None:
        return None, None
    start, end = _utc(f"{key}.start", window.start), _utc(f"{key}.end", window.end)
    if not start < end:
        raise BadCase(f"{key}: ends before it starts")
    return start, end


def _edge(place: int, edge: _Edge) -> Edge:
    if edge.kind not in EDGE_KINDS:
        raise BadCase(f'topology[{place}].kind: "{edge.kind[:40]}" is none of {", ".join(sorted(EDGE_KINDS))}')
    return Edge(edge.source, edge.target, edge.kind, "case")


def _change(place: int, one: _Change) -> Change:
    return Change(_utc(f"changes[{place}].at", one.at), one.component, one.what, one.source)


def _evidence(pieces: list[_Piece], files: Mapping[str, bytes], at: datetime) -> tuple[Evidence, ...]:
    if len(pieces) > EVIDENCE_MAX:
        raise BadCase(f"evidence: {len(pieces)} pieces are more than {EVIDENCE_MAX}")
    # Each file is read once, however many pieces name it.
    texts: dict[str, str] = {}
    ids: set[str] = set()
    found: list[Evidence] = []
    for place, piece in enumerate(pieces):
        key = f"evidence[{place}]"
        if piece.file not in files or piece.file in {CASE_FILE, ANSWER_FILE}:
            raise BadCase(f"{key}.file: {piece.file[:120]} is no evidence in the case")
        if piece.id in ids:
            raise BadCase(f"{key}.id: {piece.id[:60]} is used twice")
        ids.add(piece.id)
        if piece.file not in texts:
            texts[piece.file] = files[piece.file].decode("utf-8", "replace").removeprefix("\ufeff")
        params = {name: _plain(value) for name, value in piece.params.items()}
        when = _utc(f"{key}.at", piece.at) if piece.at else at
        component, content = params.get(COMPONENT, ""), texts[piece.file]
        told = (piece.error, piece.truncated)
        found.append(Evidence(piece.id, piece.tool, component, params, piece.media, content, when, *told))
    return tuple(found)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _alerts(raw: list[dict[str, object]], at: datetime) -> tuple[Alert, ...]:
    if not raw:
        return ()
    # A case may be of any year, so that no start is too far ahead of it.
    source = AlertmanagerSource(lambda: max(at, datetime.now(UTC)))
    try:
        delivery = source.parse(msgspec.json.encode({"version": "4", "alerts": raw}), {})
    except BadSignal as problem:
        raise BadCase(str(problem)[:200]) from problem
    if delivery.bad:
        raise BadCase(f"alerts: {delivery.bad[0].reason[:200]}")
    return delivery.alerts


def _utc(key: str, at: datetime) -> datetime:
    if at.year not in YEARS:
        raise BadCase(f"{key}: the year {at.year} is none of an incident")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
