"""Makes a case out of a support bundle: a folder or archive of raw outputs without case.json. Nothing is guessed at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lamplighter.diagnosis.readers.instants import instant
from lamplighter.domain.discretion import discreet_case
from lamplighter.domain.evidence import Case, Evidence, bounded
from lamplighter.lab.bundle_names import KINDS, Named, named, words_of
from lamplighter.lab.case_archive import ANSWER_FILE, CASE_FILE, BadCase, files_of
from lamplighter.lab.case_file import case_of
from lamplighter.lab.recognising import Printed, recognise

PIECES_MAX = 2000
TEXT_BYTES_MAX = 4 * 1024 * 1024
PRINTED_BYTES_MAX = 64 * 1024 * 1024
BINARY_LOOKED_AT_BYTES = 8192
UNREADABLE_SHARE_MAX = 0.1
TIMES_MAX = 200_000
# Clocks of the machines in a bundle differ, and a certificate's end is no moment of the trouble.
AHEAD_MAX = timedelta(hours=1)
# The end of a log tells most; the end of a document alone cannot be read.
CUT = frozenset({"logs", "kubectl.logs", "docker.logs", "journalctl", "docker.events", "traces"})
# These speak of many, or say themselves of whom.
_SHARED = ("kubectl.", "prometheus.", "loki.", "alertmanager.", "grafana.", "docker.ps", "docker.events", "traces")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A case, which file was read as what, and which files were not read, each with its reason."""

    case: Case
    read_as: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def open_case(path: Path) -> Bundle:
    """A case where there is a case.json, else what its files are recognised as; without secrets. Raises `BadCase`."""
    left_out: dict[str, str] = {}
    files = files_of(path, left_out)
    if CASE_FILE in files:
        for name, why in left_out.items():
            raise BadCase(f"{name}: {why}")
        return Bundle(discreet_case(case_of({name: data for name, data in files.items() if name != ANSWER_FILE})))
    found = bundle_of(path.resolve().name, files, _taken_at(path, files), left_out)
    return replace(found, case=discreet_case(found.case))


def bundle_of(name: str, files: Mapping[str, bytes], taken: datetime, left_out: Mapping[str, str]) -> Bundle:
    """The case in raw files that were taken at a moment (UTC) or before. Raises `BadCase` where none is recognised."""
    inner = next((file for file in files if file.endswith(f"/{CASE_FILE}")), None)
    if inner is not None:
        raise BadCase(f"{name}: holds cases, such as {inner.removesuffix(CASE_FILE)}; name one, or sit them as an exam")
    skipped, texts = dict(left_out), dict[str, str]()
    pieces: list[tuple[str, Printed]] = []
    room = PRINTED_BYTES_MAX
    for file in sorted(files):
        text = _text(files[file])
        found = recognise(text, words_of(f"{name}/{file}")) if text else []
        fits = len(pieces) + len(found) <= PIECES_MAX and len(files[file]) <= room
        if not found or not fits:
            skipped[file] = _why(files[file], text, recognised=bool(found))
            continue
        room -= min(len(files[file]), TEXT_BYTES_MAX if found[0].tool in CUT else len(files[file]))
        texts[file] = text
        pieces += [(file, one) for one in found]
    if not pieces:
        raise BadCase(f"{name}: holds neither {CASE_FILE} nor the output of a tool that I know ({len(files)} files)")
    at = _newest(texts.values(), taken)
    evidence = tuple(_piece(number, file, one, texts[file], at) for number, (file, one) in enumerate(pieces, 1))
    case = Case(id=name, at=at, symptom=f"support bundle {name}", evidence=evidence)
    return Bundle(case, tuple(_words(piece) for piece in evidence), skipped)


def _piece(number: int, file: str, one: Printed, text: str, at: datetime) -> Evidence:
    said = named(file)
    params = {"file": file, **_params(one, said)}
    content = one.content or text
    cut = False
    if one.tool in CUT:
        content, cut = bounded(content, TEXT_BYTES_MAX)
    return Evidence(f"e{number}", one.tool, params.get("component", ""), params, one.media, content, at, "", cut)


def _params(one: Printed, said: Named) -> dict[str, str]:
    """What the text itself says counts before what its file is called."""
    params = dict(one.params)
    if one.tool.startswith("kubectl."):
        params.setdefault("namespace", said.namespace)
        if one.tool in {"kubectl.get", "kubectl.describe", "kubectl.top"}:
            params["kind"] = KINDS.get(params.get("kind", "").lower(), params.get("kind", "")) or said.kind
    if one.tool == "kubectl.logs" or not one.tool.startswith(_SHARED):
        params.setdefault("component", said.name)
        params["node"] = said.host
    if one.tool in {"systemctl.status", "journalctl"}:
        params["unit"] = params["component"]
    if one.tool.startswith("prometheus.query"):
        params["query"] = said.name
    return {key: value for key, value in params.items() if value}


def _text(data: bytes) -> str:
    """The text of a file; empty where it is binary. A console of Windows writes UTF-16."""
    if data[:2] in _UTF_16:
        return data.decode("utf-16", "replace")
    if b"\0" in data[:BINARY_LOOKED_AT_BYTES]:
        return ""
    text = data.decode("utf-8", "replace")
    start = text[:BINARY_LOOKED_AT_BYTES]
    return "" if start.count("\N{REPLACEMENT CHARACTER}") > UNREADABLE_SHARE_MAX * len(start) else text


def _why(data: bytes, text: str, *, recognised: bool) -> str:
    if not data:
        return "empty"
    if recognised:
        return f"past the bounds of {PIECES_MAX} outputs and {PRINTED_BYTES_MAX} bytes"
    return "no tool that I know prints such a text" if text else "binary"


def _words(piece: Evidence) -> str:
    whose = " ".join(filter(None, (piece.params.get("kind"), piece.params.get("name") or piece.component)))
    place = f" in {piece.params['namespace']}" if piece.params.get("namespace") else ""
    return f"{piece.params['file']}: {piece.id} {piece.tool}{f' of {whose}' if whose else ''}{place}"


def _newest(texts: Iterable[str], taken: datetime) -> datetime:
    """The newest moment that the texts speak of and that was not still to come; else when they were taken."""
    latest, seen = "", 0
    ahead = (taken + AHEAD_MAX).astimezone(UTC)
    best: datetime | None = None
    for text in texts:
        for found in _MOMENT.finditer(text):
            seen += 1
            if seen > TIMES_MAX:
                return best or taken
            # Most moments are older than the newest by their first letters, and need not be read.
            if found[0][:10] < latest[:10]:
                continue
            at = instant(found[0])
            if at is not None and at <= ahead and (best is None or at > best):
                best, latest = at, found[0]
    return best or taken


def _taken_at(path: Path, files: Mapping[str, bytes]) -> datetime:
    """When the newest file was written; an archive's own time stands for all that is in it."""
    try:
        times = [path.stat().st_mtime] if path.is_file() else []
        times += [(path / file).stat().st_mtime for file in files if not path.is_file() and (path / file).exists()]
        return datetime.fromtimestamp(max(times, default=path.stat().st_mtime), UTC)
    except (OSError, ValueError, OverflowError):
        return datetime.now(UTC)
