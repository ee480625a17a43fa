from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from lamplighter.integrations.cloudwatch.certificates import ANSWER_BYTES_MAX, FETCHES_MAX, Certificates
from lamplighter.integrations.cloudwatch.simulator import SimulatedSns
from lamplighter.integrations.cloudwatch.sns import Envelope, Untrusted, read_envelope
from lamplighter.ports import ToolError
from lamplighter.testing import NOON, FakeClock

Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


def envelope_of(payload: bytes) -> Envelope:
    found = read_envelope(payload)
    assert found is not None
    return found


def certificates(answer: Answer, clock: FakeClock | None = None) -> Certificates:
    return Certificates(5.0, clock or FakeClock(), httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("status", "content", "words"),
    [
        (302, b"", "HTTP 302"),
        (404, b"", "HTTP 404"),
        (200, b"not a certificate", "not a certificate"),
        (200, b"x" * (ANSWER_BYTES_MAX + 1), "larger than"),
    ],
)
async def test_an_answer_that_is_no_certificate_proves_nothing(
    sns: SimulatedSns, status: int, content: bytes, words: str
) -> None:
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": "http://127.0.0.1/"}, stream=httpx.ByteStream(content))

    with pytest.raises(ToolError, match=words):
        await certificates(answer).check(envelope_of(sns.message("x")))
    assert len(asked) == 1, "no redirect is followed"


async def test_a_certificate_is_fetched_anew_after_a_day(sns: SimulatedSns) -> None:
    clock = FakeClock()
    kept = certificates(sns.answer, clock)
    envelope = envelope_of(sns.message("x"))
    sns.asked.clear()
    await kept.check(envelope)
    clock.advance(23 * 3600)
    await kept.check(envelope)
    assert len(sns.asked) == 1
    clock.advance(2 * 3600)
    await kept.check(envelope)
    assert len(sns.asked) == 2


async def test_nobody_can_make_us_ask_without_end(sns: SimulatedSns) -> None:
    async def missing(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(404)

    clock = FakeClock()
    kept = certificates(missing, clock)
    envelope = envelope_of(sns.message("x"))
    for _ in range(FETCHES_MAX):
        with pytest.raises(ToolError, match="HTTP 404"):
            await kept.check(envelope)
    with pytest.raises(ToolError, match="within a minute"):
        await kept.check(envelope)
    clock.advance(61)
    with pytest.raises(ToolError, match="HTTP 404"):
        await kept.check(envelope)


async def test_a_certificate_that_has_expired_or_has_a_short_key_is_not_trusted() -> None:
    for weak in (SimulatedSns(NOON, valid_days=-1), SimulatedSns(NOON, key_bits=1024)):
        with pytest.raises(Untrusted, match="SigningCertURL"):
            await certificates(weak.answer).check(envelope_of(weak.message("x")))


async def test_another_key_proves_nothing(sns: SimulatedSns) -> None:
    other = SimulatedSns(NOON)
    with pytest.raises(Untrusted, match="Signature"):
        await certificates(other.answer).check(envelope_of(sns.message("x")))
