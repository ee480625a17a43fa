from __future__ import annotations

import hashlib
import hmac

import pytest

from lamplighter.integrations.grafana.gate import GrafanaGate
from lamplighter.ports import Forged
from lamplighter.testing import NOON, FakeClock

SECRET = b"the-secret-of-grafana"
HEADER = "X-Grafana-Alerting-Signature"
TIME = "X-Sent-At"
BODY = b'{"alerts": []}'


def signature(body: bytes, secret: bytes = SECRET) -> str:
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def timed(clock: FakeClock, seconds: float = 0.0, body: bytes = BODY) -> dict[str, str]:
    stamp = str(int(clock.now().timestamp() + seconds))
    return {TIME: stamp, HEADER: signature(stamp.encode() + b":" + body)}


def gate(clock: FakeClock, *, with_time: bool) -> GrafanaGate:
    return GrafanaGate(SECRET, HEADER, TIME if with_time else "", clock)


async def test_a_true_signature_is_let_in_whatever_the_case_of_the_header() -> None:
    assert await gate(FakeClock(), with_time=False).admit(BODY, {HEADER.lower(): signature(BODY)})


@pytest.mark.parametrize(
    "given",
    [
        "",
        signature(BODY)[:-1],
        signature(BODY) + "0",
        signature(BODY).upper(),
        f"sha256={signature(BODY)}",
        signature(BODY, b"other"),
        signature(BODY + b" "),
        "\u00e9" * 64,
        "\ud800",
    ],
)
async def test_anything_else_is_forged(given: str) -> None:
    with pytest.raises(Forged) as caught:
        await gate(FakeClock(), with_time=False).admit(BODY, {HEADER: given})
    assert SECRET.decode() not in str(caught.value)
    assert signature(BODY) not in str(caught.value)


async def test_a_missing_header_is_forged() -> None:
    with pytest.raises(Forged, match="missing"):
        await gate(FakeClock(), with_time=False).admit(BODY, {})


@pytest.mark.parametrize(("seconds", "fits"), [(0, True), (-299, True), (299, True), (-301, False), (301, False)])
async def test_a_signed_time_holds_for_five_minutes(seconds: float, fits: bool) -> None:  # noqa: FBT001 - a parameter
    clock = FakeClock(NOON)
    door = gate(clock, with_time=True)
    if fits:
        assert await door.admit(BODY, timed(clock, seconds))
    else:
        with pytest.raises(Forged, match="300 s away"):
            await door.admit(BODY, timed(clock, seconds))


@pytest.mark.parametrize("stamp", ["", "soon", "1e9", "-5", "9" * 40, "\u0661"])
async def test_a_time_that_is_none_is_forged_even_when_signed(stamp: str) -> None:
    headers = {TIME: stamp, HEADER: signature(stamp.encode() + b":" + BODY)}
    with pytest.raises(Forged):
        await gate(FakeClock(), with_time=True).admit(BODY, headers)


async def test_a_signature_without_the_time_in_it_does_not_do_where_one_is_wanted() -> None:
    clock = FakeClock()
    with pytest.raises(Forged):
        await gate(clock, with_time=True).admit(BODY, {**timed(clock), HEADER: signature(BODY)})


@pytest.mark.parametrize("with_time", [True, False])
async def test_a_delivery_counts_as_seen_only_once_it_is_durable(with_time: bool) -> None:  # noqa: FBT001 - a parameter
    clock = FakeClock()
    door = gate(clock, with_time=with_time)
    headers = timed(clock) if with_time else {HEADER: signature(BODY)}
    assert await door.admit(BODY, headers)
    assert await door.admit(BODY, headers)
    door.accepted(BODY, headers)
    with pytest.raises(Forged, match="taken already"):
        await door.admit(BODY, headers)


async def test_a_repeat_of_the_same_body_hours_later_is_no_replay() -> None:
    clock = FakeClock()
    door = gate(clock, with_time=False)
    headers = {HEADER: signature(BODY)}
    door.accepted(BODY, headers)
    clock.advance(4 * 3600)
    assert await door.admit(BODY, headers)
    assert len(door._seen) == 0
