"""Evidence from Grafana: what people and pipelines wrote onto its time lines, and what fires there. Read only."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.fetching import JsonApi, failed, query_text
from lamplighter.integrations.grafana.config import GrafanaConfig
from lamplighter.ports import ToolError

BEFORE = timedelta(hours=24)
ANNOTATIONS_MAX = 200
NAMING_CHARS_MAX = 4000
# Whom an account belongs to is no evidence.
PERSONAL = frozenset({"email", "avatarUrl", "login", "userId"})
Item = dict[str, object]


class GrafanaList(ABC):
    """One request for a list, of which as many whole elements are kept as fit into 64 KiB."""

    name: str
    path: str

    def __init__(self, api: JsonApi, now: Callable[[], datetime]) -> None:
        self._api = api
        self._now = now

    def serves(self, _component: Component) -> bool:
        """Always: any component may be spoken of."""
        return True

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece of evidence, with `error` set where Grafana could not be asked."""
        part, params = question.component, self.params(question)
        query = query_text(self.path, params)
        content, error, truncated = "", "", False
        try:
            answer = await self._api.get(self.path, params)
            if not isinstance(answer, list):
                raise failed(query, f"the answer is no list: {str(answer)[:200]}")
            content, truncated = fitting(self.ordered([item for item in answer if isinstance(item, dict)], part))
            truncated = truncated or str(len(answer)) == params.get("limit")
        except ToolError as problem:
            error = str(problem)
        about = {"query": query, "component": part.name}
        key, media = f"{self.name}:{part.name}", "application/json"
        return (Evidence(key, self.name, part.name, about, media, content, self._now(), error, truncated),)

    @abstractmethod
    def params(self, question: Question) -> dict[str, str]:
        """The parameters of the request."""

    def ordered(self, items: list[Item], part: Component) -> list[Item]:  # noqa: ARG002 - what an order may depend on
        """The elements as they are kept, the most telling first."""
        return items


class GrafanaAnnotations(GrafanaList):
    """Tool `grafana.annotations`: those of the window and of the day before it.

    Those that name the component come first and get the key `component`.
    """

    name = "grafana.annotations"
    path = "/api/annotations"

    async def contact(self) -> str:
        """That the token may read them. Raises `ToolError`."""
        if not isinstance(await self._api.get(self.path, {"limit": "1"}), list):
            raise failed(query_text(self.path, {"limit": "1"}), "the answer is no list; is this Grafana?")
        return "may read annotations"

    def params(self, question: Question) -> dict[str, str]:
        """Milliseconds since 1970; changes of an alert's state are left out."""
        first = int((question.start - BEFORE).timestamp() * 1000)
        last = int(question.end.timestamp() * 1000)
        return {"from": str(first), "to": str(last), "type": "annotation", "limit": str(ANNOTATIONS_MAX)}

    def ordered(self, items: list[Item], part: Component) -> list[Item]:
        """What names the component first, otherwise as Grafana gives them: the newest first."""
        kept = [{key: value for key, value in item.items() if key not in PERSONAL} for item in items]
        own = [{**item, "component": part.name} for item in kept if _names(item, part)]
        return own + [item for item in kept if not _names(item, part)]


class GrafanaAlerts(GrafanaList):
    """Tool `grafana.alerts`: the alerts of Grafana's own Alertmanager that fire and are not silenced."""

    name = "grafana.alerts"
    path = "/api/alertmanager/grafana/api/v2/alerts"

    def params(self, question: Question) -> dict[str, str]:  # noqa: ARG002 - what fires now depends on no question
        """Active ones only."""
        return {"active": "true", "silenced": "false", "inhibited": "false"}


def api_of(config: GrafanaConfig) -> JsonApi:
    """The API, signed in with the token where there is one."""
    headers = {"authorization": f"Bearer {config.token.get_secret_value()}"} if config.token is not None else {}
    return JsonApi(config.url, config.timeout_seconds, headers)


def fitting(items: Sequence[Item]) -> tuple[str, bool]:
    """The list with as many of its elements as fit, and whether any was left out."""
    kept: list[str] = []
    size = len("[]")
    for item in items:
        text = json.dumps(item)
        size += len(text) + len(", ")
        if size > EVIDENCE_BYTES_MAX:
            break
        kept.append(text)
    return f"[{', '.join(kept)}]", len(kept) < len(items)


def _names(item: Item, part: Component) -> bool:
    tags = item.get("tags")
    words = [item.get("text"), *(tags if isinstance(tags, list) else ())]
    text = " ".join(word for word in words if isinstance(word, str))[:NAMING_CHARS_MAX]
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) for name in part.names)
