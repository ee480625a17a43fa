"""Whether an HTTP answer is what a check expects: status, latency, body, certificate. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated

from cryptography import x509
from pydantic import StringConstraints, TypeAdapter, ValidationError

from lamplighter.domain.check import Expected, SampleState
from lamplighter.integrations.probe.look import Look

GOOD_STATUS = range(200, 400)
PATTERNS_KEPT = 256
DAY_SECONDS = 86_400.0
SHOWN_LETTERS_MAX = 80


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `text` is the start of the body, `certificate_ends_at` None where no TLS was spoken (UTC)."""

    status: int
    took_seconds: float
    text: str
    certificate_ends_at: datetime | None
    at: datetime


def judged(expects: Expected, answer: Answer) -> Look:
    """The look that an answer comes to; its first fault is told, statuses before bodies."""
    told = f"HTTP {answer.status} in {answer.took_seconds:.3f} s"
    late = _latency_fault(expects, answer)
    fault = _status_fault(expects, answer) or late or _body_fault(expects, answer)
    fault = fault or _certificate_fault(expects, answer)
    state = SampleState.FAILING if fault else SampleState.OK
    detail = f"{told}; {fault}" if fault else told
    error = "slow" if fault and fault == late else ""
    return Look(state, detail, answer.took_seconds, connected=True, status=answer.status, error=error)


def _status_fault(expects: Expected, answer: Answer) -> str:
    if answer.status in (expects.statuses or GOOD_STATUS):
        return ""
    return f"wanted {' or '.join(map(str, expects.statuses))}" if expects.statuses else "wanted 2xx or 3xx"


def _latency_fault(expects: Expected, answer: Answer) -> str:
    most = expects.latency_seconds_max
    return f"slower than {most:g} s" if most is not None and answer.took_seconds > most else ""


def _body_fault(expects: Expected, answer: Answer) -> str:
    if expects.contains and expects.contains not in answer.text:
        return f'the body does not contain "{expects.contains[:SHOWN_LETTERS_MAX]}"'
    if expects.matches and not is_match(expects.matches, answer.text):
        return f'the body does not match "{expects.matches[:SHOWN_LETTERS_MAX]}"'
    return ""


def _certificate_fault(expects: Expected, answer: Answer) -> str:
    least = expects.certificate_days_min
    if least is None:
        return ""
    if answer.certificate_ends_at is None:
        return "no certificate was shown"
    days = (answer.certificate_ends_at - answer.at).total_seconds() / DAY_SECONDS
    return f"the certificate ends in {days:.1f} days, at least {least:g} wanted" if days < least else ""


def is_match(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text; its engine takes time in line with the text, whatever the pattern."""
    try:
        _compiled(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=PATTERNS_KEPT)
def _compiled(pattern: str) -> TypeAdapter[str]:
    return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])


def certificate_end(shown: bytes) -> datetime | None:
    """The end of a certificate in DER (UTC); None where it cannot be read."""
    try:
        return x509.load_der_x509_certificate(shown).not_valid_after_utc
    except ValueError:
        return None
