"""A case as the files of the case format, and as one archive of them. Pure; no secret is in them."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime

from lamplighter.domain.alert import Alert
from lamplighter.domain.discretion import discreet_case
from lamplighter.domain.evidence import Case, Evidence

SCHEMA = "lamplighter.case/1"
ENDLESS = "0001-01-01T00:00:00Z"
_SAFE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_SUFFIXES = {"application/json": "json", "application/yaml": "yaml", "text/csv": "csv"}
NAME_CHARS_MAX = 80


def case_files(case: Case) -> dict[str, bytes]:
    """Every file of the case without secrets, by its path inside; the same case gives the same bytes."""
    case = discreet_case(case)
    files: dict[str, bytes] = {}
    pieces: list[dict[str, object]] = []
    for number, piece in enumerate(case.evidence, start=1):
        safe = piece.id if _SAFE.match(piece.id) else f"piece-{number}"
        file = f"evidence/{safe}.{_SUFFIXES.get(piece.media, 'txt')}"
        if file in files:
            file = f"evidence/{number}-{safe}.{_SUFFIXES.get(piece.media, 'txt')}"
        files[file] = piece.content.encode("utf-8", "replace")
        pieces.append(_piece(piece, file))
    return {"case.json": _json(_case(case, pieces)), **files}


def _case(case: Case, pieces: list[dict[str, object]]) -> dict[str, object]:
    """All keys that say something; a stretch without a length says nothing."""
    whole: dict[str, object] = {
        "schema": SCHEMA,
        "id": case.id,
        "symptom": case.symptom or (case.alerts[0].name if case.alerts else case.id),
        "at": _stamp(case.at),
        "window": _stretch(case.start, case.end),
        "baseline": _stretch(case.baseline_start, case.baseline_end),
        "alerts": [_alert(alert) for alert in case.alerts],
        "components": list(case.components),
        "topology": [{"from": edge.source, "to": edge.target, "kind": edge.kind} for edge in case.topology],
        "changes": [
            {"at": _stamp(one.at), "component": one.component, "what": one.what, "source": one.source}
            for one in case.changes
        ],
        "fault_kinds": list(case.fault_kinds),
        "subject": case.subject,
        "evidence": pieces,
    }
    return {key: value for key, value in whole.items() if value or key == "evidence"}


def _piece(piece: Evidence, file: str) -> dict[str, object]:
    params = {**piece.params, "component": piece.component} if piece.component else dict(piece.params)
    told: dict[str, object] = {
        "id": piece.id,
        "tool": piece.tool,
        "params": params,
        "media": piece.media,
        "file": file,
        "at": _stamp(piece.at),
    }
    if piece.error:
        told["error"] = piece.error
    if piece.truncated:
        told["truncated"] = True
    return told


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "status": str(alert.status),
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": _stamp(alert.starts_at),
        "endsAt": _stamp(alert.ends_at) if alert.ends_at else ENDLESS,
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def _stretch(start: datetime | None, end: datetime | None) -> dict[str, str] | None:
    return {"start": _stamp(start), "end": _stamp(end)} if start and end and start < end else None


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def answer_file(component: str, fault: str, *, healthy: bool = False) -> bytes:
    """answer.json: what shall count as right; a fault that is not named means that any kind is."""
    components, faults = [component] if component else [], [fault] if fault else []
    return _json({"components": components, "faults": faults, "key_facts": [], "healthy": healthy})


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=True).encode() + b"\n"


def packed(files: Mapping[str, bytes], name: str) -> bytes:
    """One .tar.gz in which all files lie below a folder of this name. No time and no owner is written."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for path, data in files.items():
            info = tarfile.TarInfo(f"{name}/{path}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


def safe_name(case_id: str) -> str:
    """The case's id as a name of a file or a folder."""
    return _UNSAFE.sub("-", case_id)[:NAME_CHARS_MAX].lstrip(".") or "case"
