"""Words of addresses at which a one-time token is answered: the token and a signature, so a forgery costs nothing."""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE_CHARS = 32
WORD_CHARS_MAX = 128
PURPOSE = b"lamplighter answers"


def signed_word(token: str, secret: str) -> str:
    """`token.signature`."""
    return f"{token}.{_signature(token, secret)}"


def token_of(word: str, secret: str) -> str:
    """The token of a word that was signed with this secret; empty for any other."""
    token, dot, signature = word.partition(".")
    if len(word) > WORD_CHARS_MAX or not dot or not token:
        return ""
    wanted = _signature(token, secret)
    return token if hmac.compare_digest(signature.encode("utf-8", "replace"), wanted.encode()) else ""


def _signature(token: str, secret: str) -> str:
    key = hmac.digest(secret.encode(), PURPOSE, hashlib.sha256)
    return hmac.new(key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:SIGNATURE_CHARS]
