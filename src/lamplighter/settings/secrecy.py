"""Which values of the configuration are secrets, and how one is masked. It reads none."""

from __future__ import annotations

from pydantic import SecretStr

from lamplighter.domain.redaction import redact

MASK = "********"
FILE_SUFFIX = "_file"
_WORDS = ("password", "token", "secret", "key")
# Names and paths that hold one of these words and are no secret.
_PLAIN = frozenset({"token_id"})
# Addresses that let whoever knows them speak, or listen.
_TELLING = ("notify.others", "notify.apprise.urls", "notify.heartbeat_out", "notify.ntfy.topic")
_TELLING_PARTS = frozenset({"", ".url"})


def is_secret(key: str) -> bool:
    """Whether the value of a dotted key is a secret, going by its name."""
    parts = [part for part in key.split(".") if part and not part.isdigit()]
    last = parts[-1] if parts else ""
    if last in _PLAIN or last.endswith(FILE_SUFFIX):
        return False
    whole = ".".join(parts)
    telling = any(whole.startswith(place) and whole.removeprefix(place) in _TELLING_PARTS for place in _TELLING)
    return telling or any(word in last for word in _WORDS)


def masked(key: str, value: object) -> str:
    """A value as it may be shown: a secret as a mask, an address without its password."""
    if isinstance(value, SecretStr) or (is_secret(key) and value):
        return MASK if str(value) else ""
    return redact(str(value))
