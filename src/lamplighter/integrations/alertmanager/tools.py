"""Evidence from Alertmanager: what else is firing now. Read only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.alertmanager.client import ACTIVE, AlertmanagerClient
from lamplighter.ports import ToolError

_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class AlertmanagerAlerts:
    """Tool `alertmanager.alerts`: the JSON of `GET /api/v2/alerts`, whole alerts only, at most 64 KiB."""

    name = "alertmanager.alerts"

    def __init__(self, client: AlertmanagerClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    def serves(self, _component: Component) -> bool:
        """Always: what else fires may concern any component."""
        return True

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece of evidence, with `error` set where Alertmanager could not be asked."""
        content, error, truncated = "", "", False
        try:
            content, truncated = _fitting(await self._client.active_alerts())
        except ToolError as problem:
            error = str(problem)
        except (msgspec.DecodeError, RecursionError) as problem:
            error = f"GET {self._client.shown_url}: the answer is not a JSON list: {problem}"
        params = {"query": "GET /api/v2/alerts", **ACTIVE}
        key = f"{self.name}:{question.component.name}"
        component = question.component.name
        media = "application/json"
        return (Evidence(key, self.name, component, params, media, content, self._now(), error, truncated),)


def _fitting(body: bytes) -> tuple[str, bool]:
    """The list with as many of its alerts as fit, so that what is kept is still JSON."""
    raws = _LIST.decode(body.decode("utf-8", "replace"))
    kept: list[str] = []
    size = 2
    for raw in raws:
        text = bytes(raw).decode("utf-8", "replace")
        size += len(text.encode("utf-8")) + 1
        if size > EVIDENCE_BYTES_MAX:
            break
        kept.append(text)
    return f"[{','.join(kept)}]", len(kept) < len(raws)
