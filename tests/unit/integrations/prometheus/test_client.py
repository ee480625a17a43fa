from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from lamplighter.integrations.prometheus import INTEGRATION
from lamplighter.integrations.prometheus.client import (
    REQUESTS_MAX,
    TURN_WAIT_SECONDS_MAX,
    PrometheusClient,
    PrometheusConfig,
    Series,
)
from lamplighter.ports import Surroundings, ToolError
from lamplighter.testing import FakeClock


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"url": ""},
        {"url": "prometheus:9090"},
        {"url": "file:///etc"},
        {"url": "http://p", "timeout_seconds": 0},
        {"url": "http://p", "freshness_seconds": "inf"},
        {"url": "http://p", "freshness_seconds": -1},
        {"url": "http://p", "token": "x"},
    ],
)
def test_settings_that_cannot_work_are_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PrometheusConfig.model_validate(config)


def test_the_token_is_not_shown() -> None:
    assert "hunter2" not in repr(PrometheusConfig(url="http://p", bearer_token="hunter2"))


def test_it_reads_and_gathers_and_never_acts() -> None:
    roles = INTEGRATION.build(PrometheusConfig(url="http://p:9090"), Surroundings(FakeClock(), (), None))
    looks = [
        "prometheus.query_range",
        "prometheus.query",
        "prometheus.rules",
        "prometheus.targets",
        "prometheus.metadata",
    ]
    assert (len(roles.readers), [tool.name for tool in roles.tools]) == (2, looks)
    assert (roles.actions, roles.sources, roles.channels) == ((), (), ())


@pytest.mark.parametrize(("text", "number"), [("1.5e3", 1500.0), ("+Inf", math.inf), ("-Inf", -math.inf)])
def test_values_are_numbers(text: str, number: float) -> None:
    assert Series({}, (0.0, text)).number == number


def test_a_histogram_has_no_plain_value() -> None:
    assert math.isnan(Series({}).number)
    assert math.isnan(Series({}, (0.0, "NaN")).number)


async def test_nobody_waits_for_a_turn_without_end() -> None:
    clock = FakeClock()
    client = PrometheusClient(PrometheusConfig(url="http://127.0.0.1:9"), clock)
    for _ in range(REQUESTS_MAX):
        assert client._turns.acquire(blocking=False)
    before = clock.monotonic()
    with pytest.raises(ToolError, match="GET /api/v1/query up: 4 other requests"):
        await client.query("up", 0.0)
    assert clock.monotonic() - before >= TURN_WAIT_SECONDS_MAX
