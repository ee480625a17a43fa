"""Passwords as argon2id, a few at a time in threads of their own. The work is the same whether anybody has the name."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from lamplighter.domain.account import PASSWORD_CHARS_MAX
from lamplighter.web.problems import Problem

# RFC 9106 and OWASP ask for at least 19 MiB and two passes; a small board spends a tenth of a second on this.
MEMORY_KIBIBYTES = 32 * 1024
PASSES = 3
LANES = 1
AT_ONCE = 2
WAITING_MAX = 16
RETRY_AFTER_SECONDS = 2
_T = TypeVar("_T")


class Hasher(Protocol):
    """What turns passwords into hashes and compares them."""

    def hash(self, password: str | bytes) -> str:
        """A hash with a salt of its own."""
        ...

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 - pwdlib's own name
        """Whether the hash is this password's."""
        ...


class Passwords:
    """Hashes and compares off the event loop, at most AT_ONCE at a time and WAITING_MAX in line."""

    def __init__(self, hasher: Hasher | None = None) -> None:
        self._hasher = hasher or Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIBIBYTES, parallelism=LANES)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._in_line = 0
        self._decoy = ""

    async def hash(self, password: str) -> str:
        """The hash to keep. Raises `Problem` 503 where too many wait."""
        return await self._worked(lambda: self._hasher.hash(_bounded(password)))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether it is the password; without a hash the same work is done for nothing. Raises `Problem` 503."""
        return await self._worked(lambda: self._compared(_bounded(password), kept))

    def _compared(self, password: str, kept: str | None) -> bool:
        # Made on either way, so that the first unknown name after a start takes no longer than a known one.
        self._decoy = self._decoy or self._hasher.hash("nobody has this password")
        try:
            fits = self._hasher.verify(password, kept or self._decoy)
        except PwdlibError:
            return False
        # Who is invited has an empty one, which is nobody's password.
        return fits and bool(kept)

    async def _worked(self, work: Callable[[], _T]) -> _T:
        if self._in_line >= AT_ONCE + WAITING_MAX:
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise Problem(503, "busy", "too many people sign in at this moment", "try again in a moment", headers)
        self._in_line += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._in_line -= 1


def _bounded(password: str) -> str:
    """The password as every keyboard and form sends it, and no more of it than a password may have."""
    return unicodedata.normalize("NFC", password[: PASSWORD_CHARS_MAX + 1]).strip()
