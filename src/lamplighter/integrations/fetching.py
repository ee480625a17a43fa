"""Bounded GET requests to an outside system that answers in JSON. What an answer means is not decided here."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from lamplighter.domain.redaction import redact
from lamplighter.ports import ToolError

ANSWER_BYTES_MAX = 8 * 1024 * 1024
ERROR_CHARS_MAX = 500


class AnswerTooLarge(ToolError):
    """The answer was broken off because it was larger than what is taken; fewer things may be asked for."""


def web_address(url: str, example: str) -> str:
    """`url` without a slash at its end. Raises `ValueError` where it has no scheme or host, with the example."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"must begin with http:// or https:// and name a host: {example}")
    return url.rstrip("/")


class JsonApi:
    """Each request on its own connection, bounded in time and bytes, without redirects or proxies."""

    def __init__(
        self,
        url: str,
        timeout_seconds: float,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        verify_tls: bool = True,  # noqa: FBT001, FBT002 - handed through from a configuration's own flag
    ) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        # A compressed answer could be far larger than the bytes that are counted.
        self._headers = {**(headers or {}), "accept": "application/json", "accept-encoding": "identity"}
        self._basic = httpx.BasicAuth(*basic) if basic else None
        self._verify_tls = verify_tls

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> object:
        """The JSON value of a good answer. Raises `ToolError` with the request and the raw reason."""
        asked = query_text(path, params)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                status, body = await self._fetch(asked, path, params or {})
        except TimeoutError as problem:
            raise failed(asked, f"no whole answer in {self._timeout_seconds:g} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
            raise failed(asked, f"{self._url}: {type(problem).__name__}: {problem}") from problem
        return _read(asked, status, body)

    async def _fetch(self, asked: str, path: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=self._timeout_seconds,
            verify=_trust(self._url, verify=self._verify_tls),
            headers=self._headers,
            auth=self._basic,
        )
        body = bytearray()
        async with client, client.stream("GET", f"{self._url}{path}", params=params) as answer:
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise AnswerTooLarge(f"{redact(asked)}: the answer is larger than {ANSWER_BYTES_MAX} bytes")
            return answer.status_code, bytes(body)


def query_text(path: str, params: Mapping[str, str] | None = None) -> str:
    """The request in words that a person could repeat: `GET /path?a=b`."""
    return f"GET {path}" + (f"?{urlencode(params)}" if params else "")


def failed(asked: str, problem: str) -> ToolError:
    """A look that failed, with what was asked and the raw reason."""
    return ToolError(f"{redact(asked)}: {redact(problem)[:ERROR_CHARS_MAX]}")


def _read(asked: str, status: int, body: bytes) -> object:
    start = body[: 4 * ERROR_CHARS_MAX].decode("utf-8", "replace").strip()
    if status != httpx.codes.OK:
        raise failed(asked, f"HTTP {status} {start}")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise failed(asked, f"HTTP {status} and not JSON ({problem}): {start}") from problem


def _trust(url: str, *, verify: bool) -> ssl.SSLContext:
    """The system's certificate authorities for https; an empty context, which is cheap, where no TLS is spoken."""
    if url.startswith("https:") and verify:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
