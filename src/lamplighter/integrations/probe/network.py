"""Looks over the network: one HTTP request, or one TCP connection. Nothing is followed, nothing is kept open.

What an HTTP answer must be like is judged in answer.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from lamplighter.domain.check import CheckSpec, SampleState
from lamplighter.integrations.fetching import Outward, blind_trust, machine_trust, resolved, why_never
from lamplighter.integrations.probe.answer import Answer, certificate_end, judged
from lamplighter.integrations.probe.look import Look, failed

BODY_BYTES_MAX = 65_536
PORT_MAX = 65_535
BACKSTOP_FACTOR = 1.5


@dataclass(slots=True)
class Progress:
    """How far a request came, as httpx tells it; after a timeout this is the only trace."""

    named: bool = False
    connected: bool = False
    status: int | None = None

    async def note(self, name: str, info: Mapping[str, object]) -> None:  # noqa: ARG002 - httpx's own signature
        """Remember that TCP connected."""
        if name in ("connection.connect_tcp.complete", "connection.connect_unix_socket.complete"):
            self.connected = True


async def look_http(spec: CheckSpec) -> Look:
    """GET the URL, and judge the answer. A redirect is not followed, so that no answer can send us elsewhere."""
    progress = Progress()
    try:
        url = _address(spec.target)
        async with asyncio.timeout(spec.timeout_seconds):
            addresses = await resolved(url.host, url.port or 0)
        progress.named = True
        # httpx cleans up after its own timeouts, one for each step; this one is for an answer that drips.
        async with asyncio.timeout(BACKSTOP_FACTOR * spec.timeout_seconds):
            answer = await _get(spec, addresses, progress)
        if answer.took_seconds > spec.timeout_seconds:
            return _late(spec, progress, TimeoutError())
    except (TimeoutError, httpx.TimeoutException) as problem:
        return _late(spec, progress, problem)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as problem:
        return Look(SampleState.CANNOT_SEE, f"{spec.target} cannot be asked: {problem}")
    except httpx.RemoteProtocolError as problem:
        return Look(SampleState.FAILING, f"the connection ended early: {problem}", connected=True, error="reset")
    except (httpx.HTTPError, OSError, UnicodeError) as problem:
        return failed(problem, connected=progress.connected)
    return judged(spec.expects, answer)


def _address(target: str) -> httpx.URL:
    url = httpx.URL(target)
    if url.port is not None and not 0 < url.port <= PORT_MAX:
        raise ValueError(f"there is no port {url.port}")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("it is not an http URL with a host")
    return url


def _nameless(host: str, seconds: float) -> Look:
    detail = f"the name {host} was not resolved within {seconds:g} s"
    return Look(SampleState.CANNOT_SEE, detail, connected=False, error="dns")


async def _get(spec: CheckSpec, addresses: Sequence[str], progress: Progress) -> Answer:
    """The answer of one of these addresses, with the start of its body and the seconds to there."""

    async def known(_host: str, _port: int) -> Sequence[str]:
        return addresses

    timeout = spec.timeout_seconds
    trust = machine_trust() if spec.expects.verify_tls else blind_trust()
    headers = {"accept-encoding": "identity"}
    async with httpx.AsyncClient(
        transport=Outward(trust, known), timeout=timeout, trust_env=False, follow_redirects=False, headers=headers
    ) as client:
        began = time.monotonic()
        async with client.stream("GET", spec.target, extensions={"trace": progress.note}) as response:
            progress.status = response.status_code
            ends_at = _certificate_end(response)
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) >= BODY_BYTES_MAX:
                    break
            took = time.monotonic() - began
            text = bytes(body[:BODY_BYTES_MAX]).decode("utf-8", "replace")
            return Answer(response.status_code, took, text, ends_at, datetime.now(UTC))


def _certificate_end(response: httpx.Response) -> datetime | None:
    """When the certificate that the server showed ends; None where no TLS was spoken."""
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    shown = tls.getpeercert(binary_form=True) if tls is not None else None
    return certificate_end(shown) if shown else None


def _late(spec: CheckSpec, progress: Progress, problem: BaseException) -> Look:
    if not progress.named:
        return _nameless(httpx.URL(spec.target).host, spec.timeout_seconds)
    if progress.status is not None:
        detail = f"HTTP {progress.status}, but the body did not end within {spec.timeout_seconds:g} s"
    elif progress.connected:
        detail = f"connected, but no answer within {spec.timeout_seconds:g} s"
    else:
        detail = f"no connection within {spec.timeout_seconds:g} s ({type(problem).__name__})"
    return Look(SampleState.FAILING, detail, connected=progress.connected, status=progress.status, error="timeout")


async def look_tcp(spec: CheckSpec) -> Look:
    """Open a connection to `host:port`, and close it."""
    address = host_port(spec.target)
    if address is None:
        return Look(SampleState.CANNOT_SEE, f"{spec.target!r} is not host:port")
    try:
        async with asyncio.timeout(spec.timeout_seconds):
            places = await resolved(*address)
    except TimeoutError:
        return _nameless(address[0], spec.timeout_seconds)
    except (OSError, UnicodeError) as problem:
        return failed(problem, connected=False)
    refused = next(filter(None, map(why_never, places)), "")
    if refused:
        return Look(SampleState.CANNOT_SEE, refused, connected=False)
    began = time.monotonic()
    try:
        async with asyncio.timeout(spec.timeout_seconds):
            _, writer = await asyncio.open_connection(*address)
    except TimeoutError:
        detail = f"no connection within {spec.timeout_seconds:g} s"
        return Look(SampleState.FAILING, detail, connected=False, error="timeout")
    except (OSError, UnicodeError) as problem:
        return failed(problem, connected=False)
    took = time.monotonic() - began
    # Aborted rather than closed: waiting for the other side to say goodbye could take for ever.
    writer.transport.abort()
    return Look(SampleState.OK, f"connected in {took:.3f} s", took, connected=True)


def host_port(target: str) -> tuple[str, int] | None:
    """`host:port` or `[::1]:port` in its parts; None where it is neither."""
    host, _, port = target.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) <= PORT_MAX:
        return None
    return host, int(port)
