"""Reads what a look at a TLS server saw: its certificates, until when they hold, and for which names."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, flag, items, number, record, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import instant
from lamplighter.domain.evidence import Evidence, Fact

STATES = frozenset({"ok", "failing", "cannot_see"})
SOON_DAYS = 14.0
NAMES_SHOWN = 5


def read_tls(evidence: Evidence) -> list[Fact]:
    """One fact `probe` of probe `tls`. Raises `Unreadable`."""
    data = record(decoded(evidence.content))
    state = text(data, "state")
    if state not in STATES:
        raise Unreadable("the look at TLS holds no state of ok, failing or cannot_see")
    chain = items(data, "chain")
    days = [found for one in chain if (found := number(one, "days_left")) is not None]
    leaf = chain[0] if chain else None
    names = [shown(str(name), 80) for name in items(leaf, "names")[:NAMES_SHOWN]]
    detail, error = shown(text(data, "detail"), 200), text(data, "error")
    least = min(days) if days else None
    values = known(
        probe="tls",
        state=state,
        check=text(data, "check"),
        target=text(data, "target"),
        connected=flag(data, "connected"),
        error=error,
        certificate_expired=1.0 if least is not None and least < 0 and state == "failing" else None,
        certificate_not_yet_valid=flag(data, "not_yet_valid") or None,
        name_matches=flag(data, "name_matches"),
        self_signed=flag(data, "self_signed"),
        days_left=least,
        protocol=text(data, "protocol"),
        issuer=shown(text(leaf, "issuer"), 120),
        names=", ".join(names),
    )
    verdict = {"ok": "is ok", "failing": "fails", "cannot_see": "cannot see"}[state]
    said = f"TLS of {owner(evidence)} at {text(data, 'target')} {verdict}"
    said += f": {detail or error}" if detail or error else ""
    ends = instant(str(at(leaf, "not_after") or ""))
    if least is not None and ends:
        word = "ended" if least < 0 else "ends soon" if least < SOON_DAYS else "ends"
        said += f"; the certificate {word}, {ends:%Y-%m-%d %H:%M} UTC, {least:.0f} days left"
    return [draft(evidence, "probe", said, values, at=evidence.at)]
