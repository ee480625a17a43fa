"""Who was known in the last minutes, by the digest of what they bore: for pressing the switch alone, never for more."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from lamplighter.ports import Clock

if TYPE_CHECKING:
    from lamplighter.web.identity import Identity

KEPT_MAX = 200
KEPT_SECONDS = 600.0


class Recollection:
    """Bounded in number and in time; who is known no longer is forgotten at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    def keep(self, headers: Headers, identity: Identity | None) -> None:
        """What the store said of who bears this; None forgets them."""
        key = _key(headers)
        self._seen.pop(key, None)
        if identity is None:
            return
        self._seen[key] = (self._clock.monotonic(), identity)
        while len(self._seen) > KEPT_MAX:
            self._seen.popitem(last=False)

    def of(self, headers: Headers) -> Identity | None:
        """Who bore the same a few minutes ago; None for nobody."""
        at, identity = self._seen.get(_key(headers), (0.0, None))
        return identity if identity is not None and self._clock.monotonic() - at <= KEPT_SECONDS else None


def _key(headers: Headers) -> str:
    borne = "\n".join((headers.get("authorization", ""), headers.get("cookie", "")))
    return hashlib.sha256(borne.encode("utf-8", "replace")).hexdigest()
