from __future__ import annotations

import pytest

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.check import CheckKind, CheckSpec
from lamplighter.integrations.probe.reader import CheckReader
from lamplighter.integrations.probe.runner import Runner
from lamplighter.testing import NOON, FakeClock, FakeSamples

SPEC = CheckSpec("front", CheckKind.TCP, "not an address")


@pytest.mark.parametrize(
    ("source", "labels"),
    [("alertmanager", {"check": "front"}), ("checks", {"check": "other"}), ("checks", {})],
)
async def test_only_alerts_of_configured_checks_are_read(source: str, labels: dict[str, str]) -> None:
    alert = Alert(source, "f", AlertStatus.FIRING, labels, {}, NOON)
    assert await CheckReader((SPEC,), Runner(FakeClock(), FakeSamples())).read(alert) is None


async def test_a_check_that_cannot_see_is_no_data() -> None:
    alert = Alert("checks", "f", AlertStatus.FIRING, {"check": "front"}, {}, NOON)
    reading = await CheckReader((SPEC,), Runner(FakeClock(), FakeSamples())).read(alert)
    assert reading is not None
    assert (reading.state, reading.query, reading.at) == ("no_data", "tcp connect not an address", NOON)
