"""What one look of a probe says, and what an error on the way means: the target fails, or we cannot see. Pure."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from lamplighter.domain.check import SampleState

CHAIN_MAX = 20
BLIND_ERRNOS = frozenset({errno.EACCES, errno.EPERM, errno.ENETUNREACH, errno.ENETDOWN, errno.EMFILE, errno.ENFILE})


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `value` as in `Sample`; `error` is one of timeout, slow, refused, reset, dns, tls, or empty."""

    state: SampleState
    detail: str
    value: float | None = None
    connected: bool | None = None
    status: int | None = None
    error: str = ""


def failed(problem: BaseException, *, connected: bool | None) -> Look:
    """What an exception says.

    Refused, reset, timed out, bad certificate: the target fails. No such name, no right, no network here, no free file
    descriptor: we cannot see, which is neither.
    """
    chain = tuple(_chain(problem))
    detail = _words(chain)
    if _any(chain, socket.gaierror):
        return Look(SampleState.CANNOT_SEE, f"the name does not resolve: {detail}", connected=False, error="dns")
    if _any(chain, ssl.SSLError):
        return Look(SampleState.FAILING, detail, connected=True, error="tls")
    if any(isinstance(item, OSError) and item.errno in BLIND_ERRNOS for item in chain):
        return Look(SampleState.CANNOT_SEE, detail, connected=connected)
    if _any(chain, ConnectionRefusedError):
        return Look(SampleState.FAILING, "connection refused", connected=False, error="refused")
    if _any(chain, ConnectionResetError, BrokenPipeError):
        return Look(SampleState.FAILING, "connection reset", connected=connected, error="reset")
    if _any(chain, TimeoutError):
        return Look(SampleState.FAILING, detail, connected=connected, error="timeout")
    if _any(chain, OSError):
        return Look(SampleState.FAILING, detail, connected=connected)
    return Look(SampleState.CANNOT_SEE, detail, connected=connected)


def _any(chain: tuple[BaseException, ...], *kinds: type[BaseException]) -> bool:
    return any(isinstance(item, kinds) for item in chain)


def _chain(problem: BaseException) -> Iterator[BaseException]:
    """The exception, what caused it and what it groups; at most CHAIN_MAX of them."""
    found: list[BaseException] = [problem]
    for current in found:
        inner = [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            inner.extend(current.exceptions)
        found.extend(item for item in inner if item is not None and item not in found)
        if len(found) >= CHAIN_MAX:
            break
    yield from found[:CHAIN_MAX]


def _words(chain: tuple[BaseException, ...]) -> str:
    system = [item for item in chain if isinstance(item, OSError) and item.strerror]
    first = system[-1].strerror if system else str(chain[0])
    return " ".join((first or type(chain[0]).__name__).split())
