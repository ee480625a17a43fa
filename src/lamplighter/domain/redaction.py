"""Secrets are taken out of text before it is stored or shown. Deterministic: the same text always gives the same."""

from __future__ import annotations

import json
import re

MASK = "[redacted]"
_NAMES = (
    r"(?:password|passwd|passphrase|secret|token|credential|api[_-]?key|(?:access|private|encryption|account|signing|auth"
    r"|session|master|shared)[_-]?key|\bpwd\b|(?:\b|_)pass(?![a-z]))"
)
# An unfinished quotation goes up to the end of its line; a mask that stands already is left as it is. Quotation
# marks are escaped where JSON stands inside a text of JSON.
_VALUE = (
    r"(?!\[redacted\])(\\{1,4}\"[^\"\\\n]{1,4000}(?:\\{1,4}\")?"
    r"|\"[^\"\n]{1,4000}\"?|'[^'\n]{1,4000}'?|[^\s,;&\"'}\]]{1,4000})"
)
# What pveum is told to grant rights to is the id of a token, which is no secret, and useless when masked.
_GRANTED = r"\s--tokens '[\w.-]{1,64}@[\w.-]{1,64}![\w.-]{1,64}' --roles\s"
# Every repeat is bounded, so that the time is linear in the text, whatever it holds.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----BEGIN|-----END).){0,20000}"
            r"(?:-----END[^-\n]{0,60}-----)?",
            re.DOTALL,
        ),
        MASK,
    ),
    (
        # Of a log only the newest is kept, so that a key may have lost its first line.
        re.compile(
            r"\A(?:(?!-----BEGIN|-----END).){0,4000}-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----", re.DOTALL
        ),
        MASK,
    ),
    (
        re.compile(
            r"(?i)\b(authorization[\"']?\s{0,8}[:=]\s{0,8}[\"']?)(?!\[redacted\])(?:[a-z]{1,20}\s{1,8})?[\w.~+/=:-]{4,4000}"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)\b((?:set-)?cookie[\"']?\s{0,8}[:=]\s{0,8}+)(?!\[redacted\])[^;\n]{1,4000}"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer\s{1,8})(?!\[redacted\])[\w.~+/=-]{8,4000}"), rf"\1{MASK}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@:]{0,200}:[^\s/?#]{1,300}@"), rf"\1{MASK}@"),
    (re.compile(r"(https://hooks\.slack\.com/services/)[\w/-]{1,200}"), rf"\1{MASK}"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), MASK),
    (
        re.compile(r"\b(?:ghp|gho|ghu|ghs|ghr|github_pat|npm|hf|glpat|xox[abprs]|sk|pk|rk)[-_][A-Za-z0-9_-]{16,200}"),
        MASK,
    ),
    (re.compile(r"\b(?:gl(?:rt|dt|cbt|ptt|ft|soat|imt)|pypi|sq0[a-z]{3}|dckr_pat)[-_][A-Za-z0-9_-]{16,200}"), MASK),
    (re.compile(r"\bAKC[A-Za-z0-9]{30,200}"), MASK),
    (re.compile(r"\b[0-9a-f]{32}-us\d{1,2}\b"), MASK),
    (re.compile(r"\bSK[0-9a-f]{32}\b"), MASK),
    (re.compile(r"(?<![\w.-])[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])"), MASK),
    (
        re.compile(r"(?i)\b((?:password|identified(?: with \S{1,40})? (?:by|as))\s{1,8})'[^'\n]{1,4000}'?"),
        rf"\1'{MASK}'",
    ),
    (re.compile(r"\bAIza[\w-]{20,100}|\bSG\.[\w-]{10,100}\.[\w-]{10,100}|\b\d{6,12}:[\w-]{30,100}"), MASK),
    (re.compile(r"(?<![\w-])eyJ[\w-]{8,4000}\.[\w-]{8,4000}\.[\w-]{8,4000}"), MASK),
    (
        re.compile(rf"(?i)({_NAMES}[\w.-]{{0,64}}\\{{0,4}}[\"']?\s{{0,8}}(?:[:=]|%3[ad])\s{{0,8}}){_VALUE}"),
        rf"\1{MASK}",
    ),
    (re.compile(rf"(?i)(?!{_GRANTED})(\s--?[\w-]{{0,40}}{_NAMES}[\w-]{{0,20}}\s{{1,8}})(?!-){_VALUE}"), rf"\1{MASK}"),
)
_SECRET_NAME = re.compile(rf"(?i){_NAMES}|authorization|cookie")
_NAME_HINTS = ("pass", "pwd", "secret", "token", "key", "credential")
_PREFIXES = ("ghp", "gho", "ghu", "ghs", "ghr", "github_pat", "npm", "hf", "glpat", "xox", "sk", "pk", "rk")
_RARER = ("rt-", "dt-", "bt-", "tt-", "ft-", "at-", "mt-", "pypi", "sq0", "dckr")
# What each rule needs, in the rules' order: one word of each group, in small letters. Most texts hold none of it.
_NEEDS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("-----begin",),),
    (("-----end",),),
    (("authorization",),),
    (("cookie",),),
    (("bearer",),),
    (("://",), ("@",)),
    (("hooks.slack.com",),),
    (("akia", "asia"),),
    (("xox", *(f"{prefix}{end}" for prefix in _PREFIXES for end in "-_")),),
    (_RARER,),
    (("akc",),),
    (("-us",),),
    (("sk",),),
    (("discord", "bot"),),
    (("password", "identified"),),
    (("aiza", "sg.", ":"),),
    (("eyj",),),
    (_NAME_HINTS, (":", "=", "%3")),
    (_NAME_HINTS, ("-",)),
)
_GUARDED = tuple(zip(_RULES, _NEEDS, strict=True))
_HINTS = (
    *(
        *_NAME_HINTS,
        *_PREFIXES,
        *_RARER,
        "authorization",
        "cookie",
        "bearer",
        "akia",
        "asia",
        "eyj",
        "aiza",
        "sg.",
        ":",
    ),
    *("akc", "-us", "discord", "bot", "identified", "-----end"),
)


def redact(text: str) -> str:
    """`text` without what looks like a secret."""
    lowered = text.lower()
    if not text.isascii():
        return _all_rules(text) if any(hint in lowered for hint in _HINTS) else text
    for (pattern, replacement), groups in _GUARDED:
        for group in groups:
            for word in group:
                if word in lowered:
                    break
            else:
                break
        else:
            text = pattern.sub(replacement, text)
    return text


def _all_rules(text: str) -> str:
    # Some letters beyond ASCII match a small letter in a rule and are not that letter when lowered.
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is a secret whatever it looks like."""
    return _SECRET_NAME.search(name) is not None


def redact_values(values: dict[str, str]) -> dict[str, str]:
    """Labels, annotations or parameters, each value redacted; a value under a secret's name goes whole."""
    return {key: MASK if value and _SECRET_NAME.search(key) else redact(value) for key, value in values.items()}


def redact_tree(value: object) -> object:
    """Lists and maps of plain values, every text in them redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {
            k: MASK if isinstance(v, str) and v and _SECRET_NAME.search(str(k)) else redact_tree(v)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_tree(item) for item in value]
    return value


def redact_json(text: str) -> str:
    """JSON without secrets that is still JSON, which what `redact` leaves of it need not be; other text as `redact`."""
    plain = redact(text)
    if plain == text:
        return text
    try:
        told = redact_tree(json.loads(text, object_pairs_hook=_redacted_pairs))
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return plain


def _redacted_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A map whose keys are redacted too; a number under a secret's name is one, while true and false are none."""
    return {redact(key): MASK if type(value) in {int, float} and is_secret_name(key) else value for key, value in pairs}
