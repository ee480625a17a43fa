"""Evidence from Alertmanager: what else is firing now, and which of it is silenced or inhibited. Read only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.alertmanager.client import EVERY, AlertmanagerClient
from lamplighter.ports import ToolError


class _Status(msgspec.Struct):
    state: str = ""


class _Alert(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ALERT = msgspec.json.Decoder(_Alert)


class AlertmanagerAlerts:
    """Tool `alertmanager.alerts`: the JSON of `GET /api/v2/alerts`, whole alerts only, at most 64 KiB.

    Each alert's own `status` says whether it is active or suppressed, by which silences and which other alerts.
    """

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
            content, truncated = _fitting(await self._client.every_alert())
        except ToolError as problem:
            error = str(problem)
        except (msgspec.DecodeError, RecursionError) as problem:
            error = f"GET {self._client.shown_url}: the answer is not a JSON list: {problem}"
        params = {"query": "GET /api/v2/alerts", **EVERY}
        key = f"{self.name}:{question.component.name}"
        component = question.component.name
        media = "application/json"
        return (Evidence(key, self.name, component, params, media, content, self._now(), error, truncated),)


def _fitting(body: bytes) -> tuple[str, bool]:
    """The list with as many of its alerts as fit, active ones first, so that what is kept is still JSON."""
    raws = sorted(_LIST.decode(body.decode("utf-8", "replace")), key=_is_suppressed)
    kept: list[str] = []
    size = 2
    for raw in raws:
        text = bytes(raw).decode("utf-8", "replace")
        size += len(text.encode("utf-8")) + 1
        if size > EVIDENCE_BYTES_MAX:
            break
        kept.append(text)
    return f"[{','.join(kept)}]", len(kept) < len(raws)


def _is_suppressed(raw: msgspec.Raw) -> bool:
    try:
        return _ALERT.decode(raw).status.state == "suppressed"
    except msgspec.DecodeError:
        return False
