"""Talks to one Docker engine, in threads, through the allow-list; what the answers mean is decided elsewhere."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3.exceptions
from docker import APIClient
from docker.errors import DockerException
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from urllib3.connection import HTTPConnection, HTTPSConnection

from lamplighter.integrations.docker.allowlist import ForbiddenEndpoint, check_request
from lamplighter.integrations.docker.stream import Keep, Whole
from lamplighter.integrations.fetching import connected
from lamplighter.ports import ToolError

CALLS_AT_ONCE = 4
ANSWER_BYTES_MAX = 16 * 1024 * 1024
ERROR_BYTES_MAX = 4096
CHUNK_BYTES = 65_536
API_VERSION_FIRST = "1.24"
UNKNOWN_STATUSES = frozenset({502, 504})
BAD_STATUS_FROM = 300
CHAIN_MAX = 20
BACKSTOP_FACTOR = 3
UNIX = "unix://"
KEY_HEADER = "X-Lamplighter-Key"
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, DockerException, OSError)
_NOT_SENT = (
    ConnectionRefusedError,
    FileNotFoundError,
    PermissionError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
)
T = TypeVar("T")


class DockerConfig(BaseModel):
    """`sources.docker`: where the engine listens, and how long to wait for it to answer."""

    model_config = ConfigDict(extra="forbid")

    host: Annotated[str, StringConstraints(pattern=r"^(unix:///|tcp://|http://|https://).+")] = (
        "unix:///var/run/docker.sock"
    )
    timeout_seconds: float = Field(default=10.0, gt=0, le=120, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An engine's answer to a change: the HTTP status and what it said."""

    status: int
    text: str


class BadAnswer(ToolError):
    """The engine answered a look with an error."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class _Connection(UnixHTTPConnection):
    """docker-py's connection to a Unix socket, which otherwise leaves its socket open where it cannot connect."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self.unix_socket)
        except OSError:
            self.sock.close()
            raise


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> Any:  # noqa: ANN401 - the stubs of docker-py and urllib3 contradict each other here
        return _Connection(self.base_url, self.socket_path)


class _Adapter(UnixHTTPAdapter):
    """One connection for one call; nothing is pooled beyond it."""

    def get_connection(self, url: bytes | str, proxies: object = None) -> UnixHTTPConnectionPool:  # noqa: ARG002 - requests' own signature
        return _Pool(str(url), self.socket_path)


class _Looking(HTTPConnection):
    """A connection to an address that may be asked."""

    def _new_conn(self) -> socket.socket:
        seconds = self.timeout if isinstance(self.timeout, int | float) else None
        try:
            return connected(self.host.strip("[]"), self.port or 80, seconds)
        except OSError as problem:
            raise urllib3.exceptions.NewConnectionError(self, str(problem)) from problem


class _LookingTls(_Looking, HTTPSConnection):
    """The same, with TLS on it."""


class _LookingPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Looking


class _LookingTlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _LookingTls


class _LookingAdapter(requests.adapters.HTTPAdapter):
    """What requests sends by, with connections of that kind."""

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:  # noqa: ANN401 - requests' own signature
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _LookingPool, "https": _LookingTlsPool}


class GuardedClient(APIClient):
    """docker-py's client, in which every request passes the allow-list before it leaves."""

    def __init__(self, host: str, version: str) -> None:
        super().__init__(base_url=host, version=version)
        if host.startswith(UNIX):
            self.mount(f"{self.base_url}/", _Adapter(f"http+unix://{host.removeprefix(UNIX)}"))
        else:
            self.mount(f"{self.base_url}/", _LookingAdapter())
        # A proxy or a netrc of the environment must not see an engine's traffic.
        self.trust_env = False

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - requests' own signature
        """Send a request that is on the list. Raises `ForbiddenEndpoint` for any other; nothing is sent then."""
        url = str(request.url)
        if not url.startswith(f"{self.base_url}/"):
            raise ForbiddenEndpoint(f"{url} is not at this Docker engine")
        body = request.body or b""
        if not isinstance(body, str | bytes):
            raise ForbiddenEndpoint(f"{url} must not be sent a stream")
        check_request(str(request.method), urlsplit(url).path, body.encode() if isinstance(body, str) else body)
        return super().send(request, **kwargs)


class Engine:
    """One engine. A connection lives as long as one call, so that a call is never sent twice by a stale one."""

    def __init__(self, config: DockerConfig) -> None:
        self.config = config
        self._slots = asyncio.Semaphore(CALLS_AT_ONCE)
        self._version = ""

    async def read(self, path: str, params: Mapping[str, str] | None = None, keep: Keep | None = None) -> bytes:
        """GET `path` of the API. The body, at most 16 MiB, or nothing where `keep` takes it.

        Raises `BadAnswer` for an error status and `ToolError` for everything else that can go wrong.
        """
        whole = Whole(ANSWER_BYTES_MAX)
        wait_seconds = self.config.timeout_seconds
        try:
            await self._in_thread(lambda: self._get(path, params or {}, keep or whole), wait_seconds)
        except TimeoutError as problem:
            raise ToolError(f"GET {path}: no whole answer within {BACKSTOP_FACTOR * wait_seconds:g} s") from problem
        return bytes(whole.content)

    async def change(
        self,
        path: str,
        key: str,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, int] | None = None,
        extra_seconds: float = 0.0,
    ) -> Answer:
        """POST to `path` once. `extra_seconds` is time that the engine itself was told to take.

        Raises `ToolError`, whose `unsure` is False only where the request cannot have reached the engine.
        """
        data = msgspec.json.encode(body) if body else b""
        wait_seconds = self.config.timeout_seconds + extra_seconds
        try:
            return await self._in_thread(lambda: self._post(path, params or {}, data, key, wait_seconds), wait_seconds)
        except TimeoutError as problem:
            words = f"POST {path}: no whole answer within {BACKSTOP_FACTOR * wait_seconds:g} s"
            raise ToolError(words, unsure=True) from problem

    async def _in_thread(self, call: Callable[[], T], wait_seconds: float) -> T:
        # The thread has deadlines of its own; this one covers an engine that drips a byte now and then.
        async with self._slots, asyncio.timeout(BACKSTOP_FACTOR * wait_seconds):
            return await asyncio.to_thread(call)

    def _get(self, path: str, params: Mapping[str, str], keep: Keep) -> None:
        query = f"GET {path}"
        wait_seconds = self.config.timeout_seconds
        with self._connected(query) as client:
            try:
                _fetch(client, f"/v{self._version}{path}", params, keep, wait_seconds)
            except BadAnswer as answer:
                raise BadAnswer(f"{query}: {answer}", answer.status) from answer
            except _FAILURES as problem:
                self._version = ""
                raise ToolError(f"{query}: {_words(problem, wait_seconds)}") from problem

    def _post(self, path: str, params: Mapping[str, str], data: bytes, key: str, wait_seconds: float) -> Answer:
        query = f"POST {path}"
        headers = {KEY_HEADER: key}
        if data:
            headers["Content-Type"] = "application/json"
        with self._connected(query) as client:
            url = f"{client.base_url}/v{self._version}{path}"
            try:
                with client.post(
                    url,
                    params=params,
                    data=data,
                    headers=headers,
                    timeout=wait_seconds,
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    answer = Answer(response.status_code, _said(response, time.monotonic() + wait_seconds))
            except _FAILURES as problem:
                self._version = ""
                raise ToolError(f"{query}: {_words(problem, wait_seconds)}", unsure=_sent(problem)) from problem
        if answer.status in UNKNOWN_STATUSES:
            raise ToolError(f"{query}: a proxy answered HTTP {answer.status}: {answer.text}", unsure=True)
        return answer

    @contextmanager
    def _connected(self, query: str) -> Iterator[GuardedClient]:
        """A client of its own for one call; before the first one, the engine is asked which API it speaks."""
        try:
            client = GuardedClient(self.config.host, self._version or API_VERSION_FIRST)
        except _FAILURES as problem:
            raise ToolError(f"{query}: {_words(problem, 0)}") from problem
        with closing(client):
            if not self._version:
                try:
                    self._version = _api_version(client, self.config.timeout_seconds)
                except _FAILURES as problem:
                    words = _words(problem, self.config.timeout_seconds)
                    raise ToolError(f"{query}: GET /version: {words}") from problem
            yield client


class _Version(msgspec.Struct, rename="pascal"):
    api_version: str


def _api_version(client: GuardedClient, wait_seconds: float) -> str:
    whole = Whole(ANSWER_BYTES_MAX)
    _fetch(client, "/version", {}, whole, wait_seconds)
    try:
        return msgspec.json.decode(whole.content, type=_Version).api_version
    except msgspec.MsgspecError as problem:
        raise ToolError(f"GET /version: this is not a Docker engine: {problem}") from problem


def _fetch(client: GuardedClient, path: str, params: Mapping[str, str], keep: Keep, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    with client.get(
        f"{client.base_url}{path}", params=params, timeout=wait_seconds, stream=True, allow_redirects=False
    ) as response:
        if response.status_code >= BAD_STATUS_FROM:
            raise BadAnswer(f"HTTP {response.status_code}: {_said(response, deadline)}", response.status_code)
        _drain(response, keep, deadline)


def _drain(response: requests.Response, keep: Keep, deadline: float) -> None:
    while chunk := response.raw.read1(CHUNK_BYTES):
        keep.feed(chunk)
        if time.monotonic() > deadline:
            raise TimeoutError("the answer did not end in time")


def _said(response: requests.Response, deadline: float) -> str:
    """What the engine said, in one line; of a longer answer only the start."""
    whole = Whole(ERROR_BYTES_MAX)
    try:
        _drain(response, whole, deadline)
    except ToolError:
        return "a longer answer than can be shown"
    return " ".join(bytes(whole.content).decode("utf-8", "replace").split())


def _chain(problem: BaseException) -> Iterator[BaseException]:
    """The exception and what it wraps, at most CHAIN_MAX of them; requests hides the cause in arguments."""
    found: list[BaseException] = [problem]
    for current in found:
        inner = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        found.extend(item for item in inner if isinstance(item, BaseException) and item not in found)
        if len(found) >= CHAIN_MAX:
            break
    return iter(found[:CHAIN_MAX])


def _sent(problem: BaseException) -> bool:
    """Whether the request may have reached the engine."""
    return not any(isinstance(item, _NOT_SENT) for item in _chain(problem))


def _words(problem: BaseException, wait_seconds: float) -> str:
    """The innermost reason in words, without the library's wrapping."""
    if any(isinstance(item, requests.Timeout | TimeoutError) for item in _chain(problem)):
        return f"no answer within {wait_seconds:g} s"
    causes = [item for item in _chain(problem) if isinstance(item, OSError) and item.errno is not None]
    return str(causes[-1]) if causes else str(problem)
