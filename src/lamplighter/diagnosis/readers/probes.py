"""Reads what a probe from outside saw: whether a component answers, and how it failed to."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import Unreadable, decoded, flag, number, record, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.http_text import read_http_text
from lamplighter.domain.evidence import Evidence, Fact

STATES = frozenset({"ok", "failing", "cannot_see"})
KINDS = {"http.probe": "http", "tcp.probe": "tcp", "process.probe": "process", "df": "disk"}
FULL_PERCENT = 98.0


def read_probe(evidence: Evidence) -> list[Fact]:
    """One fact `probe`, of our own checks or of what curl printed. Raises `Unreadable`."""
    if evidence.tool == "http.probe" and not evidence.content.lstrip().startswith(("{", "[")):
        return read_http_text(evidence)
    data = record(decoded(evidence.content))
    state = text(data, "state")
    if state not in STATES:
        raise Unreadable("the probe holds no state of ok, failing or cannot_see")
    probe = text(data, "kind") or KINDS.get(evidence.tool, evidence.tool)
    value, detail = number(data, "value"), shown(text(data, "detail"), 200)
    error = text(data, "error")
    values = known(
        probe=probe,
        state=state,
        check=text(data, "check"),
        target=text(data, "target"),
        connected=flag(data, "connected"),
        status=number(data, "status"),
        error=error,
        certificate_expired=1.0 if error == "tls" and "expired" in detail.lower() else None,
        value=value,
    )
    verdict = {"ok": "is ok", "failing": "fails", "cannot_see": "cannot see"}[state]
    said = f"{probe} probe of {owner(evidence)} {verdict}: {detail or error or 'no detail'}"
    return [draft(evidence, "probe", said, values, at=evidence.at)]
