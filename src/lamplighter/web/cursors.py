"""Where a page of a list ended, sealed: a cursor bears the question it belongs to, and proves that we made it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

from lamplighter.web.problems import Problem

# What has not even the form of a cursor is refused with the other wrong parameters.
CURSOR_PATTERN = r"^([A-Za-z0-9_-]{40,400})?$"
SEAL_CHARS = 32
QUESTION_CHARS = 16
FIX = "leave the cursor out to begin at the first page, and pass on `next` as it was given"


class Cursors:
    """Makes and reads cursors. They hold over restarts, as long as the token stays the same."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"lamplighter cursors", "sha256")

    def after(self, position: str, asked: Mapping[str, object]) -> str:
        """The cursor of the page after `position` in the answer to `asked`."""
        text = f"{_question(asked)}{position}"
        return base64.urlsafe_b64encode(f"{self._seal(text)}{text}".encode()).decode().rstrip("=")

    def position(self, cursor: str, asked: Mapping[str, object]) -> str:
        """The position in a cursor; empty for an empty one. Raises `Problem` 400 for a forged or foreign one."""
        if not cursor:
            return ""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        except (binascii.Error, ValueError) as problem:
            raise _not_ours() from problem
        seal, text = text[:SEAL_CHARS], text[SEAL_CHARS:]
        if not hmac.compare_digest(seal.encode(), self._seal(text).encode()):
            raise _not_ours()
        if text[:QUESTION_CHARS] != _question(asked):
            detail = "the cursor belongs to a list with other filters"
            raise Problem(400, "cursor-of-another-filter", detail, f"ask with the same filters as before, or {FIX}")
        return text[QUESTION_CHARS:]

    def _seal(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()[:SEAL_CHARS]


def _question(asked: Mapping[str, object]) -> str:
    whole = json.dumps(asked, sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()[:QUESTION_CHARS]


def _not_ours() -> Problem:
    return Problem(400, "bad-cursor", "the cursor is not one that this server gave", FIX)
