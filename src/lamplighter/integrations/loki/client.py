"""Loki's configuration and the part of its HTTP API that is used, read only. It chooses no streams."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from lamplighter.integrations.fetching import AnswerTooLarge, JsonApi, failed, query_text, web_address

RANGE = "/loki/api/v1/query_range"
LABELS = "/loki/api/v1/labels"
LINES_MAX = 1000
# Where a thousand lines are more bytes than are taken, each of them is long.
LONG_LINES_MAX = 50
VALUES_MAX = 20_000


class LokiConfig(BaseModel):
    """`org_id` is the tenant where Loki has several; a token and a user name exclude each other."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    timeout_seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False)
    bearer_token: SecretStr | None = None
    username: str = ""
    password: SecretStr | None = None
    org_id: str = Field(default="", pattern=r"^[!-~]{0,150}$")

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        return web_address(url, "http://loki:3100")

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        if self.bearer_token is not None and self.username:
            raise ValueError("give bearer_token or username, not both")
        if self.password is not None and not self.username:
            raise ValueError("password needs username")
        return self


class LokiClient:
    """Label names, label values and lines."""

    def __init__(self, config: LokiConfig) -> None:
        headers = {"x-scope-orgid": config.org_id} if config.org_id else {}
        if config.bearer_token is not None:
            headers["authorization"] = f"Bearer {config.bearer_token.get_secret_value()}"
        password = config.password.get_secret_value() if config.password is not None else ""
        basic = (config.username, password) if config.username else None
        self._api = JsonApi(config.url, config.timeout_seconds, headers, basic)

    async def label_names(self, start: datetime, end: datetime) -> list[str]:
        """The labels that any stream of the window has. Raises `ToolError`."""
        return await self._texts(LABELS, span(start, end))

    async def label_values(self, name: str, start: datetime, end: datetime) -> list[str]:
        """The values of one label in the window, at most VALUES_MAX. Raises `ToolError`."""
        return await self._texts(f"/loki/api/v1/label/{quote(name, safe='')}/values", span(start, end))

    async def newest(self, query: str, start: datetime, end: datetime) -> tuple[dict[str, object], bool]:
        """The answer of the API with the newest lines of the window, and whether there may be more.

        Raises `ToolError`.
        """
        params = {"query": query, **span(start, end), "direction": "backward"}
        try:
            return await self._lines(params, LINES_MAX)
        except AnswerTooLarge:
            return await self._lines(params, LONG_LINES_MAX)

    async def _lines(self, params: Mapping[str, str], lines_max: int) -> tuple[dict[str, object], bool]:
        asked = {**params, "limit": str(lines_max)}
        answer = await self._asked(RANGE, asked)
        data = answer.get("data")
        streams = data.get("result") if isinstance(data, dict) else None
        if not isinstance(data, dict) or data.get("resultType") != "streams" or not isinstance(streams, list):
            raise failed(query_text(RANGE, asked), "the answer holds no streams")
        found = sum(len(one.get("values") or ()) for one in streams if isinstance(one, dict))
        return answer, found >= lines_max

    async def _texts(self, path: str, params: Mapping[str, str]) -> list[str]:
        # Without a single stream in the window the key is left out, or null.
        found = (await self._asked(path, params)).get("data") or []
        if not isinstance(found, list):
            raise failed(query_text(path, params), "the answer holds no list of names")
        return [text for text in found[:VALUES_MAX] if isinstance(text, str)]

    async def _asked(self, path: str, params: Mapping[str, str]) -> dict[str, object]:
        answer = await self._api.get(path, params)
        if not isinstance(answer, dict) or answer.get("status") != "success":
            raise failed(query_text(path, params), f"the answer is not Loki's: {str(answer)[:200]}")
        return answer


def span(start: datetime, end: datetime) -> dict[str, str]:
    """The window as the API takes it, in nanoseconds since 1970; the end itself belongs to it."""
    first, last = (int(at.astimezone(UTC).timestamp() * 1_000_000) * 1000 for at in (start, end))
    return {"start": str(first), "end": str(max(last, first) + 1)}
