"""Asks Alertmanager for what a truncated webhook left out. The alerts are the same as the webhook's, key for key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from lamplighter.domain.alert import Delivery
from lamplighter.integrations.alertmanager.client import AlertmanagerClient
from lamplighter.integrations.alertmanager.wire import PulledAlert, Reader
from lamplighter.ports import ToolError

ALERTS_PULLED_MAX = 20_000

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_PULLED = msgspec.json.Decoder(PulledAlert)


class AlertmanagerBacklog:
    """Every alert that is active now and neither silenced nor inhibited; `now` gives wall time in UTC."""

    def __init__(self, client: AlertmanagerClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    async def contact(self) -> str:
        """How many alerts it tells of. Raises `ToolError`."""
        found = await self.pull()
        return f"{len(found.alerts) + found.truncated_count} alerts are active"

    async def pull(self) -> Delivery:
        """The firing alerts; `truncated_count` counts those past `ALERTS_PULLED_MAX`. Raises `ToolError`."""
        body = await self._client.active_alerts()
        try:
            raws = _LIST.decode(body.decode("utf-8", "replace"))
        except (msgspec.DecodeError, RecursionError) as problem:
            raise ToolError(f"GET {self._client.shown_url}: the answer is not a JSON list: {problem}") from problem
        alerts, bad = Reader(_PULLED, self._now()).read(raws[:ALERTS_PULLED_MAX])
        return Delivery(alerts, bad, max(0, len(raws) - ALERTS_PULLED_MAX))
