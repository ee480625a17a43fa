from __future__ import annotations

import errno
import socket
import ssl

import pytest

from lamplighter.domain.check import SampleState
from lamplighter.integrations.probe.look import failed

BLIND = SampleState.CANNOT_SEE
BAD = SampleState.FAILING


@pytest.mark.parametrize(
    ("problem", "state", "error"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), BAD, "refused"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), BAD, "reset"),
        (TimeoutError("late"), BAD, "timeout"),
        (ssl.SSLCertVerificationError(1, "certificate has expired"), BAD, "tls"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), BAD, ""),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), BLIND, "dns"),
        (PermissionError(errno.EACCES, "Permission denied"), BLIND, ""),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), BLIND, ""),
        (OSError(errno.EMFILE, "Too many open files"), BLIND, ""),
        (ValueError("odd"), BLIND, ""),
    ],
)
def test_trouble_of_the_target_and_of_our_own_sight_are_told_apart(
    problem: Exception, state: SampleState, error: str
) -> None:
    look = failed(problem, connected=None)
    assert (look.state, look.error) == (state, error)
    assert look.detail


def test_the_reason_is_found_behind_what_wraps_it() -> None:
    group = ExceptionGroup("all attempts failed", [ConnectionRefusedError(errno.ECONNREFUSED, "refused")])
    outer = RuntimeError("wrapped")
    outer.__cause__ = group
    assert failed(outer, connected=False).error == "refused"


def test_a_ring_of_causes_ends() -> None:
    one, two = RuntimeError("one"), RuntimeError("two")
    one.__cause__, two.__cause__ = two, one
    assert failed(one, connected=None).state is BLIND
