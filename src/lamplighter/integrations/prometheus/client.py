"""Prometheus's configuration and its HTTP API, read only. What an answer means is not decided here."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from lamplighter.domain.redaction import redact
from lamplighter.integrations.fetching import Outward, trust_of
from lamplighter.ports import Clock, ToolError

ANSWER_BYTES_MAX = 8 * 1024 * 1024
ERROR_CHARS_MAX = 500
CLOCKS_APART_SECONDS_MAX = 30.0
REQUESTS_MAX = 4
SERVERS_MAX = 64
TURN_WAIT_SECONDS_MAX = 60.0
TURN_POLL_SECONDS = 0.02
QUERY = "/api/v1/query"
RULES = "/api/v1/rules"
TARGETS = "/api/v1/targets"
METADATA = "/api/v1/metadata"


class PrometheusConfig(BaseModel):
    """`freshness_seconds` is the age past which a sample proves nothing; set it above the scrape interval."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    timeout_seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False)
    freshness_seconds: float = Field(default=60.0, gt=0, le=86_400, allow_inf_nan=False)
    bearer_token: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must begin with http:// or https:// and name a host: http://prometheus:9090")
        return url.rstrip("/")


class Series(msgspec.Struct, frozen=True):
    """One element of an instant vector; `value` is None where it is a native histogram."""

    metric: dict[str, str]
    value: tuple[float, str] | None = None

    @property
    def number(self) -> float:
        """The value, NaN where there is no plain number."""
        return float(self.value[1]) if self.value is not None else math.nan


class RuleSpec(msgspec.Struct, frozen=True):
    """One alerting rule as the server runs it."""

    name: str
    query: str
    labels: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Vector:
    """An instant answer, and the server's warnings where it was only partial."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A range answer: each series still as the API's JSON."""

    series: tuple[msgspec.Raw, ...]
    warnings: tuple[str, ...]


class _Data(msgspec.Struct, rename="camel"):
    result_type: str = ""
    result: msgspec.Raw = msgspec.Raw()
    groups: list[_Group] = []


class _Group(msgspec.Struct):
    rules: list[RuleSpec]


class _Answer(msgspec.Struct, rename="camel"):
    status: str
    data: _Data | None = None
    error_type: str = ""
    error: str = ""
    warnings: list[str] = []


_ANSWER = msgspec.json.Decoder(_Answer)
_VECTOR = msgspec.json.Decoder(tuple[Series, ...])
_SCALAR = msgspec.json.Decoder(tuple[float, str])
_MATRIX = msgspec.json.Decoder(tuple[msgspec.Raw, ...])


@lru_cache(maxsize=SERVERS_MAX)
def _turns(url: str) -> threading.BoundedSemaphore:
    """The turns of one server, shared by all who ask it in this process: the doctor asks beside the checks."""
    del url
    return threading.BoundedSemaphore(REQUESTS_MAX)


class PrometheusClient:
    """At most four requests at once, each on its own connection, bounded in time and bytes, without redirects."""

    def __init__(self, config: PrometheusConfig, clock: Clock) -> None:
        self._url = config.url
        self._timeout_seconds = config.timeout_seconds
        self._headers = {"accept": "application/json", "accept-encoding": "identity"}
        if config.bearer_token is not None:
            self._headers["authorization"] = f"Bearer {config.bearer_token.get_secret_value()}"
        self._clock = clock
        # The durable response may run on another event loop than the web server's, so no loop may own the turns.
        self._turns = _turns(config.url)

    async def server_time(self) -> float:
        """The server's own clock, in seconds since 1970. Raises `ToolError`."""
        answer = await self._get(QUERY, {"query": "time()"})
        return _decoded(_SCALAR, answer, "query=time()")[0]

    async def contact(self) -> str:
        """That it answers, and that its clock can be compared with ours. Raises `ToolError`."""
        apart = await self.server_time() - self._clock.now().timestamp()
        if abs(apart) > CLOCKS_APART_SECONDS_MAX:
            raise ToolError(f"its clock is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} ours")
        return "answers queries"

    async def query(self, query: str, at: float) -> Vector:
        """An instant query at server time `at`; a scalar comes as one series without labels. Raises `ToolError`."""
        answer = await self._get(QUERY, {"query": query, "time": f"{at:.3f}"})
        if answer.data is not None and answer.data.result_type == "scalar":
            return Vector((Series({}, _decoded(_SCALAR, answer, query)),), tuple(answer.warnings))
        return Vector(_decoded(_VECTOR, answer, query), tuple(answer.warnings))

    async def query_range(self, query: str, window: Mapping[str, str]) -> Matrix:
        """A range query; `window` holds start, end and step as the API takes them. Raises `ToolError`."""
        answer = await self._get("/api/v1/query_range", {"query": query, **window})
        return Matrix(_decoded(_MATRIX, answer, query), tuple(answer.warnings))

    async def instant(self, query: str) -> Matrix:
        """What an expression gives at the server's own now, each series still as JSON. Raises `ToolError`."""
        answer = await self._get(QUERY, {"query": query})
        if answer.data is not None and answer.data.result_type == "scalar":
            value = msgspec.json.encode({"metric": {}, "value": _decoded(_SCALAR, answer, query)})
            return Matrix((msgspec.Raw(value),), tuple(answer.warnings))
        return Matrix(_decoded(_MATRIX, answer, query), tuple(answer.warnings))

    async def document(self, path: str, params: Mapping[str, str]) -> bytes:
        """The body of a successful answer as it came. Raises `ToolError`."""
        return (await self._answered(path, params))[1]

    async def alerting_rules(self) -> tuple[RuleSpec, ...]:
        """Every alerting rule the server runs. Raises `ToolError`."""
        answer = await self._get(RULES, {"type": "alert"})
        groups = answer.data.groups if answer.data is not None else []
        return tuple(rule for group in groups for rule in group.rules)

    async def _get(self, path: str, params: Mapping[str, str]) -> _Answer:
        return (await self._answered(path, params))[0]

    async def _answered(self, path: str, params: Mapping[str, str]) -> tuple[_Answer, bytes]:
        asked = f"GET {path} {params.get('query', '')}".rstrip()
        async with self._turn(asked):
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    status, body = await self._fetch(path, params)
            except TimeoutError as problem:
                raise _failed(asked, f"no whole answer in {self._timeout_seconds:g} s") from problem
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
                raise _failed(asked, f"{self._url}: {type(problem).__name__}: {problem}") from problem
        if len(body) > ANSWER_BYTES_MAX:
            raise _failed(asked, f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
        return _read(asked, status, body), body

    async def _fetch(self, path: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=self._timeout_seconds,
            transport=Outward(trust_of(self._url)),
            headers=self._headers,
        )
        body = bytearray()
        async with client, client.stream("GET", f"{self._url}{path}", params=params) as answer:
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    break
            return answer.status_code, bytes(body)

    @asynccontextmanager
    async def _turn(self, asked: str) -> AsyncIterator[None]:
        deadline = self._clock.monotonic() + TURN_WAIT_SECONDS_MAX
        while not self._turns.acquire(blocking=False):
            if self._clock.monotonic() >= deadline:
                raise _failed(asked, f"{REQUESTS_MAX} other requests were under way for {TURN_WAIT_SECONDS_MAX:g} s")
            await self._clock.sleep(TURN_POLL_SECONDS)
        try:
            yield
        finally:
            self._turns.release()


def _read(asked: str, status: int, body: bytes) -> _Answer:
    start = body[: 4 * ERROR_CHARS_MAX].decode("utf-8", "replace").strip()
    try:
        answer = _ANSWER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _failed(asked, f"HTTP {status} and not the API's JSON ({problem}): {start}") from problem
    if status != httpx.codes.OK or answer.status != "success":
        raise _failed(
            asked, f"HTTP {status} {answer.error_type}: {answer.error}" if answer.error else f"HTTP {status} {start}"
        )
    return answer


_T = TypeVar("_T")


def _decoded(decoder: msgspec.json.Decoder[_T], answer: _Answer, asked: str) -> _T:
    try:
        return decoder.decode(answer.data.result if answer.data is not None else b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _failed(asked, f"the answer has not the shape of the API's: {problem}") from problem


def _failed(asked: str, problem: str) -> ToolError:
    # Redaction sees more than is kept, so that the cut cannot save half of a secret from it.
    return ToolError(f"{redact(asked)}: {redact(problem[: 4 * ERROR_CHARS_MAX])[:ERROR_CHARS_MAX]}")
