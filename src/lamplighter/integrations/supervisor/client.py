"""Calls one supervisord over XML-RPC, in threads, each call sent at most once; it never judges answers."""

from __future__ import annotations

import asyncio
import base64
import http.client
import socket
import time
import xmlrpc.client
from contextlib import closing
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from lamplighter.integrations.fetching import connected
from lamplighter.ports import ToolError

CALLS_AT_ONCE = 4
BODY_BYTES_MAX = 4 * 1024 * 1024
CHUNK_BYTES = 65_536
BACKSTOP_FACTOR = 3
OK = 200
KEY_HEADER = "X-Lamplighter-Key"
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
# XML 1.0 has no place for these, but supervisord copies them from a program's log all the same.
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})
_BLANKED = bytes.maketrans(_CONTROLS, b"?" * len(_CONTROLS))
T = TypeVar("T")
Parameter = str | int | bool


class SupervisorConfig(BaseModel):
    """`sources.supervisor`: where supervisord listens, and the name of the memory guard it runs, if it runs one."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, StringConstraints(pattern=r"^(unix:///|http://).+")] = "http://127.0.0.1:9001"
    username: str = ""
    password: SecretStr = SecretStr("")
    timeout_seconds: float = Field(default=10.0, gt=0, le=120, allow_inf_nan=False)
    memory_guard: str = ""

    @property
    def local(self) -> bool:
        """Whether supervisord runs on this machine, so that its process ids mean something here."""
        return self.url.startswith("unix:") or urlsplit(self.url).hostname in LOCAL_HOSTS


class SupervisorFault(ToolError):
    """Supervisord understood the call and said no; nothing was done. `name` is the fault's first word."""

    def __init__(self, query: str, fault: xmlrpc.client.Fault) -> None:
        super().__init__(f"{query}: {fault.faultString}")
        self.name = str(fault.faultString).partition(":")[0]


class BadHttpAnswer(ToolError):
    """Supervisord's web server answered with an error instead of XML-RPC."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Connection(http.client.HTTPConnection):
    """HTTP to an address that may be asked."""

    def connect(self) -> None:
        """Connect, after a look at where the name leads."""
        self.sock = connected(self.host, self.port, self.timeout)


class Supervisord:
    """One supervisord. Python's own XML-RPC client sends a broken call a second time, so it is not used for sending."""

    def __init__(self, config: SupervisorConfig) -> None:
        self.config = config
        self._slots = asyncio.Semaphore(CALLS_AT_ONCE)

    async def call(
        self, method: str, *params: str | int | bool, shape: type[T], key: str = "", extra_seconds: float = 0.0
    ) -> T:
        """Call `supervisor.<method>` once, and read the answer as `shape`.

        `extra_seconds` is time that supervisord itself may take, as for a program to stop. Raises `SupervisorFault`
        where it says no, and `ToolError` otherwise; `unsure` is False only where the call cannot have reached it.
        """
        wait_seconds = self.config.timeout_seconds + extra_seconds
        query = f"supervisor.{method}({', '.join(repr(param) for param in params)})"
        try:
            # The thread has deadlines of its own; this one covers an answer that drips a byte now and then.
            async with self._slots, asyncio.timeout(BACKSTOP_FACTOR * wait_seconds):
                value = await asyncio.to_thread(self._call, query, method, params, key, wait_seconds)
        except TimeoutError as problem:
            raise ToolError(f"{query}: no whole answer in time", unsure=True) from problem
        try:
            return msgspec.convert(value, shape)
        except msgspec.ValidationError as problem:
            raise ToolError(f"{query}: the answer is not what supervisord says: {problem}", unsure=True) from problem

    def _call(
        self, query: str, method: str, params: tuple[str | int | bool, ...], key: str, wait_seconds: float
    ) -> object:
        body = xmlrpc.client.dumps(params, f"supervisor.{method}").encode()
        with closing(self._connection(wait_seconds)) as connection:
            try:
                connection.connect()
            except OSError as problem:
                raise ToolError(f"{query}: cannot connect to {self.config.url}: {problem}") from problem
            try:
                connection.request("POST", "/RPC2", body, self._headers(key))
                with connection.getresponse() as response:
                    answer = _read(response, time.monotonic() + wait_seconds)
            except TimeoutError as problem:
                raise ToolError(f"{query}: no answer within {wait_seconds:g} s", unsure=True) from problem
            except (OSError, http.client.HTTPException) as problem:
                raise ToolError(f"{query}: {type(problem).__name__} {problem}", unsure=True) from problem
        if response.status != OK:
            unsure = response.status >= http.client.INTERNAL_SERVER_ERROR
            raise BadHttpAnswer(f"{query}: HTTP {response.status} {response.reason}", unsure=unsure)
        return _loaded(query, answer)

    def _connection(self, wait_seconds: float) -> http.client.HTTPConnection:
        url = urlsplit(self.config.url)
        if url.scheme == "unix":
            return _UnixConnection(url.path, wait_seconds)
        return _Connection(url.hostname or "", url.port or 80, timeout=wait_seconds)

    def _headers(self, key: str) -> dict[str, str]:
        headers = {"Content-Type": "text/xml"}
        if key:
            headers[KEY_HEADER] = key
        if self.config.username:
            pair = f"{self.config.username}:{self.config.password.get_secret_value()}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    body = bytearray()
    while chunk := response.read1(CHUNK_BYTES):
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise http.client.HTTPException(f"the answer is larger than {BODY_BYTES_MAX} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


def _loaded(query: str, answer: bytes) -> object:
    try:
        values, _ = xmlrpc.client.loads(answer.translate(_BLANKED))
    except xmlrpc.client.Fault as fault:
        raise SupervisorFault(query, fault) from fault
    except (xmlrpc.client.Error, ValueError, TypeError, LookupError, SyntaxError) as problem:
        raise ToolError(f"{query}: the answer is not XML-RPC: {problem}", unsure=True) from problem
    except ExpatError as problem:
        raise ToolError(f"{query}: the answer is not XML: {problem}", unsure=True) from problem
    return values[0] if values else None
