from __future__ import annotations

import json

import pytest

from lamplighter.integrations.pagerduty.gate import PagerdutyGate
from lamplighter.integrations.pagerduty.signal import EVENT_BYTES_MAX
from lamplighter.ports import Forged

GATE = PagerdutyGate(b"R0UT1NGK3Y")


async def test_the_routing_key_lets_an_event_in() -> None:
    assert await GATE.admit(b'{"routing_key": "R0UT1NGK3Y"}', {})


@pytest.mark.parametrize("key", ["", "r0ut1ngk3y", "R0UT1NGK3Y ", "R0UT1NGK3", None, 3, ["R0UT1NGK3Y"], "\ud800"])
async def test_another_key_is_forged_and_is_not_repeated(key: object) -> None:
    with pytest.raises(Forged) as caught:
        await GATE.admit(json.dumps({"routing_key": key}).encode(), {})
    assert "K3Y" not in str(caught.value).upper().replace("ROUTING_KEY", "")


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"x" * (EVENT_BYTES_MAX + 1)])
async def test_what_is_no_event_is_forged(payload: bytes) -> None:
    with pytest.raises(Forged):
        await GATE.admit(payload, {})
