"""Requests that are sent twice: the same Idempotency-Key gets the same answer, and nothing is made a second time."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from lamplighter.ports import Clock
from lamplighter.web.problems import Problem
from lamplighter.web.session import signature

HEADER = "Idempotency-Key"
KEY_CHARACTERS_MAX = 200
LIFE_SECONDS = 24 * 3600.0
KEPT_MAX = 5_000
_ANYTHING: TypeAdapter[object] = TypeAdapter(object)


@dataclass(slots=True)
class _Kept:
    body: str
    at: float
    status: int = 0
    answer: object = None


class Repeats:
    """The answers of the last day, at most KEPT_MAX of them, in memory: a restart forgets them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def once(self, request: Request, make: Callable[[], Awaitable[tuple[int, object]]]) -> JSONResponse:
        """The answer that `make` gives (status and content), or the one it gave to the same request before.

        Raises `Problem`: 400 for a key that cannot be one, 409 while the first is under way, 422 for another body.
        """
        key = key_of(request)
        if not key:
            status, content = await make()
            return JSONResponse(_plain(content), status_code=status)
        name = f"{request.method} {request.url.path} {signature(request, '')} {key}"
        body = hashlib.sha256(await request.body()).hexdigest()
        known = self._known(name, body)
        if known is not None:
            return JSONResponse(known.answer, status_code=known.status, headers={"Idempotency-Replayed": "true"})
        kept = self._kept[name] = _Kept(body, self._clock.monotonic())
        try:
            status, content = await make()
            kept.status, kept.answer = status, _plain(content)
        finally:
            # What failed may be tried again with the same key.
            if not kept.status:
                self._kept.pop(name, None)
        return JSONResponse(kept.answer, status_code=kept.status)

    def _known(self, name: str, body: str) -> _Kept | None:
        self._forget()
        kept = self._kept.get(name)
        if kept is None:
            return None
        if kept.body != body:
            detail = f"this {HEADER} was used for another request"
            raise Problem(422, "key-used", detail, "use a new key for every new request")
        if not kept.status:
            detail = "the first request with this key is still under way"
            raise Problem(409, "under-way", detail, "ask again in a moment, with the same key", {"Retry-After": "1"})
        return kept

    def _forget(self) -> None:
        """Drop what is over its life, and the oldest past the bound."""
        before = self._clock.monotonic() - LIFE_SECONDS
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if oldest.at >= before and len(self._kept) < KEPT_MAX:
                return
            self._kept.popitem(last=False)


def _plain(content: object) -> object:
    """Content as JSON takes it, with times as every other door writes them."""
    return _ANYTHING.dump_python(content, mode="json")


def key_of(request: Request) -> str:
    """The request's key; empty where there is none. Raises `Problem` 400."""
    key = request.headers.get(HEADER, "")
    if len(key) > KEY_CHARACTERS_MAX or not all("!" <= character <= "~" for character in key):
        detail = f"{HEADER} is not 1 to {KEY_CHARACTERS_MAX} printable ASCII characters"
        raise Problem(400, "bad-key", detail, "send a new random text, such as a UUID, with every new request")
    return key
