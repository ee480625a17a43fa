"""Alertmanager's configuration and its HTTP API: alerts are only read, silences are also written. Judges nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lamplighter.domain.redaction import redact
from lamplighter.integrations.fetching import Outward, trust_of
from lamplighter.ports import ToolError

ANSWER_BYTES_MAX = 32 * 1024 * 1024
ERROR_CHARS_MAX = 500
ACTIVE = {"active": "true", "silenced": "false", "inhibited": "false"}
EVERY = {"active": "true", "silenced": "true", "inhibited": "true"}

_SILENCE_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class AlertmanagerConfig(BaseModel):
    """`url` empty means that alerts only come by webhook, and nothing is asked for.

    `sync_silences` keeps its silences and ours the same, both ways.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    timeout_seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False)
    sync_silences: bool = False

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError(
                "must be empty or begin with http:// or https:// and name a host: http://alertmanager:9093"
            )
        return url.rstrip("/")

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.sync_silences and not self.url:
            raise ValueError("sync_silences needs url, such as http://alertmanager:9093")
        return self


class AlertmanagerClient:
    """One request at a time each on its own connection, bounded in time and bytes, without redirects or proxies."""

    def __init__(self, config: AlertmanagerConfig) -> None:
        self._url = f"{config.url}/api/v2"
        self.shown_url = redact(f"{self._url}/alerts")
        self._timeout_seconds = config.timeout_seconds

    async def active_alerts(self) -> bytes:
        """The JSON of every alert that is active and neither silenced nor inhibited. Raises `ToolError`."""
        return await self._fetched("alerts", ACTIVE)

    async def every_alert(self) -> bytes:
        """The JSON of every alert that fires, also of those that are silenced or inhibited. Raises `ToolError`."""
        return await self._fetched("alerts", EVERY)

    async def silences(self) -> bytes:
        """The JSON of every silence, those that ended lately included. Raises `ToolError`."""
        return await self._fetched("silences")

    async def silence(self, silence_id: str) -> bytes | None:
        """The JSON of one silence; None where there is none of this id. Raises `ToolError`."""
        place = self._place_of(silence_id)
        status, body = await self._asked("GET", place)
        if status == httpx.codes.NOT_FOUND:
            return None
        return self._accepted("GET", place, status, body)

    async def put_silence(self, content: bytes) -> bytes:
        """Make or change a silence; the answer holds its id. Raises `ToolError`."""
        status, body = await self._asked("POST", "silences", content=content)
        return self._accepted("POST", "silences", status, body)

    async def end_silence(self, silence_id: str) -> None:
        """End one. Raises `ToolError`, also for one that is gone."""
        place = self._place_of(silence_id)
        status, body = await self._asked("DELETE", place)
        self._accepted("DELETE", place, status, body)

    def _place_of(self, silence_id: str) -> str:
        if not _SILENCE_ID.fullmatch(silence_id):
            raise ToolError(f"{redact(silence_id)[:80]!r} is no id of a silence of Alertmanager")
        return f"silence/{silence_id}"

    async def _fetched(self, place: str, params: Mapping[str, str] | None = None) -> bytes:
        status, body = await self._asked("GET", place, params=params)
        return self._accepted("GET", place, status, body)

    def _accepted(self, method: str, place: str, status: int, body: bytes) -> bytes:
        if status != httpx.codes.OK:
            text = body[: ERROR_CHARS_MAX * 4].decode("utf-8", "replace").strip()
            raise self._failed(method, place, f"HTTP {status} {text}")
        return body

    async def _asked(
        self, method: str, place: str, *, params: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> tuple[int, bytes]:
        """The status and the whole body of the answer."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(method, place, params, content)
        except TimeoutError as problem:
            raise self._failed(method, place, f"no whole answer in {self._timeout_seconds:g} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise self._failed(method, place, f"{type(problem).__name__}: {problem}") from problem

    async def _exchange(
        self, method: str, place: str, params: Mapping[str, str] | None, content: bytes | None
    ) -> tuple[int, bytes]:
        # A compressed answer could be far larger than the bytes that are counted.
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if content is not None:
            headers["content-type"] = "application/json"
        client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=self._timeout_seconds,
            transport=Outward(trust_of(self._url)),
            headers=headers,
        )
        url = f"{self._url}/{place}"
        async with client, client.stream(method, url, params=params, content=content) as answer:
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise self._failed(method, place, f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
            return answer.status_code, bytes(body)

    def _failed(self, method: str, place: str, problem: str) -> ToolError:
        return ToolError(f"{method} {redact(f'{self._url}/{place}')}: {redact(problem)[:ERROR_CHARS_MAX]}")
