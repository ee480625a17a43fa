"""Reads what a probe from outside saw: whether a component answers, and how it failed to."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import Unreadable, decoded, flag, number, record, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.domain.evidence import Evidence, Fact

STATES = frozenset({"ok", "failing", "cannot_see"})
KINDS = {"http.probe": "http", "tcp.probe": "tcp", "process.probe": "process", "df": "disk"}
FULL_PERCENT = 98.0
_DF_ROW = re.compile(r"^(\S{1,200})\s.{0,200}?\s(\d{1,3})%\s+(/\S{0,300})\s*$")


def read_probe(evidence: Evidence) -> list[Fact]:
    """One fact `probe`; what `df` prints is read too. Raises `Unreadable`."""
    if evidence.tool == "df" and not evidence.content.lstrip().startswith(("{", "[")):
        return _read_df(evidence)
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


def _read_df(evidence: Evidence) -> list[Fact]:
    facts: list[Fact] = []
    for line in evidence.content.splitlines()[:500]:
        row = _DF_ROW.match(line.rstrip()[:1000])
        if row is None or float(row[2]) < FULL_PERCENT:
            continue
        values = known(probe="disk", state="failing", target=row[3], value=100.0 - float(row[2]), device=row[1])
        facts.append(draft(evidence, "probe", f"{row[3]} is {row[2]} % full", values, at=evidence.at))
    return facts[:10]
