"""Bounded GET requests to an outside system that answers in JSON, and which addresses are never asked anything.

What an answer means is not decided here.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from lamplighter.domain.redaction import redact
from lamplighter.ports import ToolError

ANSWER_BYTES_MAX = 8 * 1024 * 1024
ERROR_CHARS_MAX = 500
ADDRESSES_MAX = 4
# Where a cloud's machines ask for their own credentials is link-local, and 0.0.0.0 is this machine by another name.
NOWHERE = ip_network("0.0.0.0/8")
TRANSLATED = IPv6Network("64:ff9b::/96")
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class AnswerTooLarge(ToolError):
    """The answer was broken off because it was larger than what is taken; fewer things may be asked for."""


class Refused(httpx.ConnectError):
    """The address is one of those that are never asked anything."""


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, or of a number in whatever form. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def why_never(text: str) -> str:
    """Why this address is never asked anything; empty where it may be. Private ones and this machine's own may."""
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address):
        translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in TRANSLATED else None
        address = address.ipv4_mapped or translated or address
    kinds = {
        "link-local": address.is_link_local,
        "unspecified": address.is_unspecified or address in NOWHERE,
        "multicast": address.is_multicast,
    }
    return next((f"{text} is {kind}, and nothing is asked there" for kind, fits in kinds.items() if fits), "")


def connected(host: str, port: int, timeout_seconds: float | None) -> socket.socket:
    """A connection to an address of this name that may be asked, for clients that are not httpx's. It blocks.

    Raises `OSError`; where no address may be asked, a `ConnectionRefusedError` that says why.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed, why = _sifted([str(place[0]) for *_, place in found])
    if not allowed:
        raise ConnectionRefusedError(why)
    shared = timeout_seconds / len(allowed) if timeout_seconds else timeout_seconds
    for address in allowed[:-1]:
        try:
            return _reached(address, port, shared, timeout_seconds)
        except OSError:
            continue
    return _reached(allowed[-1], port, shared, timeout_seconds)


def _sifted(addresses: Sequence[str]) -> tuple[list[str], str]:
    """Those that may be asked, at most ADDRESSES_MAX; and why not, for where there is none."""
    refused = {address: why_never(address) for address in addresses}
    allowed = [address for address, why in refused.items() if not why]
    return allowed[:ADDRESSES_MAX], next(iter(refused.values()), "the name has no address")


def _reached(address: str, port: int, connect_seconds: float | None, timeout_seconds: float | None) -> socket.socket:
    made = socket.create_connection((address, port), connect_seconds)
    made.settimeout(timeout_seconds)
    return made


def why_not_reached(host: str) -> str:
    """Why nothing is sent to this name: one of its addresses is never asked. Empty where it may be, or has none.

    For libraries that connect by themselves; what the name leads to when they do is theirs. It blocks.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ""
    return next((why for why in (why_never(str(place[0])) for *_, place in found) if why), "")


class _Kept(threading.local):
    """What one thread has made: a library marks a context with what it speaks, while another thread may read it."""

    def __init__(self) -> None:
        self.machine: dict[str, tuple[tuple[object, ...], ssl.SSLContext]] = {}
        self.blind: dict[str, ssl.SSLContext] = {}
        self.none = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


_kept = _Kept()
WEB = "http"


def machine_trust(speaks: str = WEB) -> ssl.SSLContext:
    """The machine's own certificate authorities; loading them takes longer than most questions, so they are kept.

    They are loaded anew where the machine's files changed. What `speaks` otherwise never gets HTTP's context.
    """
    paths = ssl.get_default_verify_paths()
    seen = tuple((path, _changed_at(path)) for path in (paths.cafile, paths.capath) if path)
    known, context = _kept.machine.get(speaks, ((), None))
    if context is None or known != seen:
        context = ssl.create_default_context()
        _kept.machine[speaks] = (seen, context)
    return context


def _changed_at(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


def blind_trust(speaks: str = WEB) -> ssl.SSLContext:
    """Speaks TLS with anybody: only where the owner said that certificates are not to be verified."""
    if speaks not in _kept.blind:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        _kept.blind[speaks] = context
    return _kept.blind[speaks]


def no_trust() -> ssl.SSLContext:
    """Believes no certificate, and costs nothing: where no TLS is spoken."""
    return _kept.none


def trust_of(url: str, *, verify: bool = True) -> ssl.SSLContext:
    """Whose certificates are believed at this address."""
    if not url.startswith("https:"):
        return no_trust()
    return machine_trust() if verify else blind_trust()


class Outward(httpx.AsyncBaseTransport):
    """Resolves a name once, and connects to those of its addresses that may be asked, and to no others.

    A connection that is kept is of an address, and would serve another name there unproven: `keep` one only where all
    is asked of one name.
    """

    def __init__(self, verify: ssl.SSLContext | None = None, resolve: Resolve = resolved, *, keep: int = 0) -> None:
        limits = httpx.Limits(max_connections=10, max_keepalive_connections=keep)
        trust = machine_trust() if verify is None else verify
        self._inner = httpx.AsyncHTTPTransport(verify=trust, trust_env=False, limits=limits)
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Try one address after the other. Raises `Refused` where none of them may be asked."""
        host = request.url.raw_host.decode("ascii")
        addresses = await self._addresses(host, request.url.port or 0)
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_pinned(request, host, address, len(addresses)))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_pinned(request, host, addresses[-1], len(addresses)))

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as problem:
            raise httpx.ConnectError(str(problem)) from problem
        allowed, why = _sifted(found)
        if not allowed:
            raise Refused(why)
        return allowed

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()


def _pinned(request: httpx.Request, host: str, address: str, shares: int) -> httpx.Request:
    """The same request to this very address; the host stays in its header, and in what a certificate must say."""
    more = dict(request.extensions)
    if address != host.strip("[]"):
        more["sni_hostname"] = host
    limits = dict(more.get("timeout") or {})
    if limits.get("connect"):
        more["timeout"] = {**limits, "connect": limits["connect"] / shares}
    url = request.url.copy_with(host=address)
    return httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=more)


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
            transport=Outward(trust_of(self._url, verify=self._verify_tls)),
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
