"""Secrets are taken out of text before it is stored or shown. Deterministic: the same text always gives the same."""

from __future__ import annotations

import re

MASK = "[redacted]"
# Every repeat is bounded, so that the time is linear in the text, whatever it holds.
_NAMED = (
    r"(?i)(password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)"
    r"([\w.-]{0,64}[\"']?\s{0,8}[:=]\s{0,8})(\"[^\"\n]{1,500}\"|'[^'\n]{1,500}'|[^\s,;&\"'}\]]{1,500})"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----BEGIN).){0,20000}?-----END [A-Z ]{0,40}PRIVATE KEY-----",
            re.DOTALL,
        ),
        MASK,
    ),
    (
        re.compile(r"(?i)\b(authorization[\"']?\s*[:=]\s*[\"']?)(?:bearer|basic|digest)?\s*[\w.~+/=:-]{4,4000}"),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{8,4000}"), rf"\1{MASK}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@:]{0,200}:[^\s/@]{1,200}@"), rf"\1{MASK}@"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), MASK),
    (re.compile(r"\b(?:ghp|gho|ghu|ghs|ghr|glpat|xox[abprs]|sk|pk|rk)[-_][A-Za-z0-9_-]{16,200}\b"), MASK),
    (re.compile(r"\beyJ[\w-]{8,4000}\.[\w-]{8,4000}\.[\w-]{8,4000}"), MASK),
    (re.compile(_NAMED), rf"\1\2{MASK}"),
)
# What every rule needs; most texts hold none of it, and are let through at once.
_HINTS = (
    *("passw", "passphrase", "secret", "token", "key", "credential", "authorization", "bearer", "://"),
    *(
        "akia",
        "asia",
        "ghp",
        "gho",
        "ghu",
        "ghs",
        "ghr",
        "glpat",
        "xox",
        "sk-",
        "sk_",
        "pk-",
        "pk_",
        "rk-",
        "rk_",
        "eyj",
    ),
)


def redact(text: str) -> str:
    """`text` without what looks like a secret."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def redact_values(values: dict[str, str]) -> dict[str, str]:
    """Labels, annotations or parameters, each value redacted; a value under a secret's name goes whole."""
    cleaned: dict[str, str] = {}
    for key, value in values.items():
        pair = redact(f"{key}={value}") if value else f"{key}="
        cleaned[key] = MASK if pair == f"{key}={MASK}" else redact(value)
    return cleaned
