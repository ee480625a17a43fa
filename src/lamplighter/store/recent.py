"""The alerts handled lately, by the digest of their bodies, so that a repeat is neither read nor decoded again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator

import msgspec
import structlog
from sqlalchemy import Connection, select

from lamplighter.domain.alert import Alert
from lamplighter.store import bodies as kept
from lamplighter.store.tables import bodies
from lamplighter.store.values import packed_alert, unpacked_alert
from lamplighter.store.writes import among

ALERTS_MAX = 10_000
log = structlog.get_logger()


class RecentAlerts:
    """A bounded memory of bodies that are in the store. One object stands for each body, and alerts do not change."""

    def __init__(self, alerts_max: int = ALERTS_MAX) -> None:
        self._alerts_max = alerts_max
        self._by_digest: OrderedDict[str, Alert] = OrderedDict()
        self._digests: dict[int, str] = {}
        self._changing = threading.Lock()

    def __len__(self) -> int:
        return len(self._by_digest)

    def read(self, connection: Connection, digests: Iterable[str]) -> dict[str, Alert]:
        """The alerts of these bodies; unknown ones are read. What is not there, or cannot be decoded, is left out."""
        wanted = dict.fromkeys(digests)
        with self._changing:
            found = {name: self._by_digest[name] for name in wanted if name in self._by_digest}
        missing = sorted(name for name in wanted if name not in found)
        if missing:
            query = select(bodies.c.digest, bodies.c.payload).where(among(connection, bodies.c.digest, missing))
            found |= dict(_decoded((name, payload) for name, payload in connection.execute(query)))
        found = {name: found[name] for name in wanted if name in found}
        self._remember(found)
        return found

    def digests_of(self, connection: Connection, alerts: Iterable[Alert]) -> dict[int, str]:
        """The digest of each alert, by its identity; a body that may not be there yet is written."""
        digests: dict[int, str] = {}
        unknown: dict[int, Alert] = {}
        for alert in alerts:
            name = self._digests.get(id(alert))
            # An identity is only worth something while the very object is still held here.
            if name is not None and self._by_digest.get(name) is alert:
                digests[id(alert)] = name
            else:
                unknown[id(alert)] = alert
        payloads = {key: packed_alert(alert) for key, alert in unknown.items()}
        digests |= {key: kept.digest(payload) for key, payload in payloads.items()}
        kept.keep(connection, {digests[key]: payload for key, payload in payloads.items()}.items(), 0)
        return digests

    def _remember(self, found: dict[str, Alert]) -> None:
        with self._changing:
            for name, alert in found.items():
                known = self._by_digest.pop(name, alert)
                self._by_digest[name] = known
                self._digests[id(known)] = name
            while len(self._by_digest) > self._alerts_max:
                _, oldest = self._by_digest.popitem(last=False)
                del self._digests[id(oldest)]


def _decoded(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Alert]]:
    for name, payload in rows:
        try:
            yield name, unpacked_alert(payload)
        except msgspec.DecodeError as problem:
            log.warning("the body of an alert cannot be decoded", digest=name, problem=str(problem))
