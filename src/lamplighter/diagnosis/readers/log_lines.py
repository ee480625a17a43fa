"""Reads logs of any writer: known signs, and the commonest other error lines. Their text is never obeyed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lamplighter.diagnosis.masking import heard
from lamplighter.diagnosis.readers.draft import Values, draft, owner, shown
from lamplighter.diagnosis.readers.instants import split_stamp
from lamplighter.diagnosis.readers.signs import LogSign, new_limit, signs_in, speaks_as_guard
from lamplighter.diagnosis.templates import Templates, Words, mean_error
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words

LINES_MAX = 5_000
LINE_CHARS_MAX = 1_000
ERRORS_MAX = 5
# Who is killed for memory is told by the kernel or the guard; in its own log a program may claim anything.
KERNEL_LOGS = frozenset({"journalctl", "dmesg"})


@dataclass(slots=True)
class Sighting:
    """How often one sign or template was seen, and the last line that showed it."""

    count: int = 0
    line: str = ""
    at: datetime | None = None
    values: Values = field(default_factory=dict)

    def add(self, line: str, at: datetime | None, values: Values) -> None:
        """Count one more line, which is the newest so far."""
        fuller = len(values) >= len(self.values) or not self.line
        self.count, self.line, self.at = self.count + 1, line if fuller else self.line, at or self.at
        self.values = {**self.values, **values}


def read_log(evidence: Evidence) -> list[Fact]:
    """Facts `log_sign`, then facts `log_error` for at most ERRORS_MAX templates that no sign explains."""
    component = owner(evidence)
    # supervisor.logs names the log that is not the component's own; a program can forge the guard's words in its own.
    from_guard = bool(evidence.params.get("log"))
    signs: dict[str, Sighting] = {}
    errors: dict[int, Sighting] = {}
    templates = Templates()
    known_signs: dict[Words, tuple[LogSign, ...]] = {}
    for raw in evidence.content.splitlines()[-LINES_MAX:]:
        at, line = split_stamp(raw[:LINE_CHARS_MAX])
        if speaks_as_guard(line) and not from_guard:
            continue
        _note_limit(signs, line, component)
        words = heard(line)
        if words not in known_signs:
            known_signs[words] = _signs_of(line)
        trusted = from_guard or evidence.tool in KERNEL_LOGS
        found = tuple(sign for sign in known_signs[words] if trusted or sign.name != "oom_kill")
        hit = _note_signs(signs, found, line, at, component)
        if not hit and mean_error(words):
            errors.setdefault(templates.learn(words).id, Sighting()).add(line, at, {})
    facts = [_sign_fact(evidence, name, signs[name]) for name in sorted(signs)]
    texts = {one.id: one.text for one in templates.all()}
    common = sorted((-seen.count, texts.get(id_, ""), id_) for id_, seen in errors.items())[:ERRORS_MAX]
    return facts + [_error_fact(evidence, text, errors[id_]) for _, text, id_ in common]


def _signs_of(line: str) -> tuple[LogSign, ...]:
    """The least vague of the signs in a line."""
    found = signs_in(line)
    least = min((sign.vagueness for sign in found), default=0)
    return tuple(sign for sign in found if sign.vagueness == least)


def _note_limit(signs: dict[str, Sighting], line: str, component: str) -> None:
    """A limit that was raised after the last kill is the present one."""
    limit = new_limit(line, component)
    if limit is not None and "oom_kill" in signs:
        signs["oom_kill"].values["memory_limit_bytes"] = limit
        signs["oom_kill"].values["limit_raised"] = 1.0


def _note_signs(
    signs: dict[str, Sighting], found: tuple[LogSign, ...], line: str, at: datetime | None, component: str
) -> bool:
    for sign in found:
        values = sign.extract(line, component) if sign.extract else {}
        if values is not None:
            signs.setdefault(sign.name, Sighting()).add(line, at, values)
    return bool(found)


def _sign_fact(evidence: Evidence, name: str, seen: Sighting) -> Fact:
    values: Values = {**seen.values, "sign": name, "count": float(seen.count)}
    said = f"log: {shown(seen.line, 300)}" + (f" ({seen.count} lines like it)" if seen.count > 1 else "")
    limit = seen.values.get("memory_limit_bytes")
    if seen.values.get("limit_raised") and isinstance(limit, float):
        said += f" (its limit is now {bytes_words(int(limit))})"
    return draft(evidence, "log_sign", said, values, at=seen.at)


def _error_fact(evidence: Evidence, mask: str, seen: Sighting) -> Fact:
    said = f"log: {shown(seen.line, 300)}" + (f" ({seen.count} lines like it)" if seen.count > 1 else "")
    return draft(evidence, "log_error", said, {"template": shown(mask, 200), "count": float(seen.count)}, at=seen.at)
