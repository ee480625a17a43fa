"""Alertmanager's configuration and its HTTP API, read only. What an alert means is not decided here."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator

from lamplighter.domain.redaction import redact
from lamplighter.ports import ToolError

ANSWER_BYTES_MAX = 32 * 1024 * 1024
ERROR_CHARS_MAX = 500
ACTIVE = {"active": "true", "silenced": "false", "inhibited": "false"}


class AlertmanagerConfig(BaseModel):
    """`url` empty means that alerts only come by webhook, and nothing is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    timeout_seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False)

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError(
                "must be empty or begin with http:// or https:// and name a host: http://alertmanager:9093"
            )
        return url.rstrip("/")


class AlertmanagerClient:
    """One request at a time each on its own connection, bounded in time and bytes, without redirects or proxies."""

    def __init__(self, config: AlertmanagerConfig) -> None:
        self._url = f"{config.url}/api/v2/alerts"
        self.shown_url = redact(self._url)
        self._timeout_seconds = config.timeout_seconds

    async def active_alerts(self) -> bytes:
        """The JSON of every alert that is active and neither silenced nor inhibited. Raises `ToolError`."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._get()
        except TimeoutError as problem:
            raise self._failed(f"no whole answer in {self._timeout_seconds:g} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise self._failed(f"{type(problem).__name__}: {problem}") from problem

    async def _get(self) -> bytes:
        client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=self._timeout_seconds,
            verify=_trust(self._url),
            # A compressed answer could be far larger than the bytes that are counted.
            headers={"accept": "application/json", "accept-encoding": "identity"},
        )
        async with client, client.stream("GET", self._url, params=ACTIVE) as answer:
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise self._failed(f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
            if answer.status_code != httpx.codes.OK:
                text = bytes(body[: ERROR_CHARS_MAX * 4]).decode("utf-8", "replace").strip()
                raise self._failed(f"HTTP {answer.status_code} {text}")
            return bytes(body)

    def _failed(self, problem: str) -> ToolError:
        return ToolError(f"GET {self.shown_url}: {redact(problem)[:ERROR_CHARS_MAX]}")


def _trust(url: str) -> ssl.SSLContext:
    """The system's certificate authorities for https; an empty context, which is cheap, where no TLS is spoken."""
    if url.startswith("https:"):
        return ssl.create_default_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
