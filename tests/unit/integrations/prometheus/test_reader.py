from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.integrations.prometheus.client import RuleSpec, Series, Vector
from lamplighter.integrations.prometheus.reader import PrometheusReader
from lamplighter.integrations.prometheus.rules import Rulebook
from lamplighter.ports import ToolError
from lamplighter.testing import FakeClock, firing

AT = 1_000_000.0
RULE = RuleSpec("Hot", "temp > 50", {"severity": "warning"})
NODE = {"instance": "a:1"}


def one(value: str, **metric: str) -> Vector:
    return Vector((Series({**NODE, **metric}, (AT, value)),), ())


NOTHING = Vector((), ())
HEALTHY = {"temp > 50": NOTHING, "temp{}": one("20", __name__="temp"), "timestamp(temp{})": one(str(AT - 3))}


class Server:
    """Answers by a script; a query that is not in it fails."""

    def __init__(self, answers: dict[str, Vector | ToolError], *rules: RuleSpec) -> None:
        self.answers = answers
        self.rules = rules or (RULE,)

    async def alerting_rules(self) -> tuple[RuleSpec, ...]:
        return self.rules

    async def server_time(self) -> float:
        return AT

    async def query(self, query: str, at: float) -> Vector:
        assert at == AT
        answer = self.answers.get(query, ToolError(f"not asked in this script: {query}"))
        if isinstance(answer, ToolError):
            raise answer
        return answer


def hot(**labels: str) -> Alert:
    alert = firing("Hot")
    alert.labels.clear()
    alert.labels.update({"alertname": "Hot", "severity": "warning", **NODE, **labels})
    return alert


async def read(changes: dict[str, Vector | ToolError], alert: Alert | None = None, *rules: RuleSpec) -> Reading:
    clock = FakeClock()
    server = Server({**HEALTHY, **changes}, *rules)
    reading = await PrometheusReader(server, Rulebook(server, clock), clock, 60.0).read(alert or hot())
    assert reading is not None
    return reading


async def test_clear_names_the_fresh_series_its_value_and_age() -> None:
    reading = await read({})
    assert reading.state is SignalState.CLEAR
    assert reading.detail == 'temp{instance="a:1"} = 20, 3.0 s old'
    assert (reading.at, reading.query) == (datetime.fromtimestamp(AT, UTC), "temp > 50")


async def test_firing_names_the_value() -> None:
    reading = await read({"temp > 50": one("90")})
    assert (reading.state, reading.detail) == (SignalState.FIRING, '{instance="a:1"} = 90')


async def test_another_series_that_fires_is_another_alert() -> None:
    assert (await read({"temp > 50": one("90", instance="b:1")})).state is SignalState.CLEAR


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"temp{}": NOTHING}, "temp{}: no data"),
        ({"temp{}": one("20", instance="b:1")}, "temp{}: no data"),
        ({"temp{}": one("NaN")}, "only NaN"),
        ({"timestamp(temp{})": one(str(AT - 61))}, "the newest sample is 61 s old"),
        ({"timestamp(temp{})": NOTHING}, "age of its samples is not known"),
        ({"timestamp(temp{})": one("NaN")}, "age of its samples is not known"),
        ({"timestamp(temp{})": Vector(one(str(AT)).series, ("partial",))}, "age of its samples is not known"),
        ({"temp > 50": Vector((), ("one store is missing",))}, "partial answer: one store is missing"),
        ({"temp{}": Vector(one("20").series, ("one store is missing",))}, "partial answer"),
        ({"temp > 50": ToolError("HTTP 422 execution: too many samples")}, "HTTP 422 execution"),
        ({"timestamp(temp{})": ToolError("no whole answer in 5 s")}, "no whole answer"),
    ],
)
async def test_no_data_is_not_health(changes: dict[str, Vector | ToolError], words: str) -> None:
    reading = await read(changes)
    assert reading.state is SignalState.NO_DATA
    assert words in reading.detail


async def test_an_expression_that_cannot_be_read_is_not_health() -> None:
    rule = RuleSpec("Hot", "temp[", {})
    reading = await read({"temp[": NOTHING}, None, rule)
    assert reading.state is SignalState.NO_DATA
    assert "cannot read the rule" in reading.detail


async def test_old_data_that_hides_a_fire_is_not_health() -> None:
    rule = RuleSpec("Hot", "temp > 10 unless muted", {})
    changes = {"temp > 10 unless muted": NOTHING, "muted{}": NOTHING, "timestamp(muted{})": NOTHING}
    assert (await read(changes, None, rule)).state is SignalState.CLEAR
    stale = {**changes, "muted{}": one("1"), "timestamp(muted{})": one(str(AT - 100))}
    assert (await read(stale, None, rule)).state is SignalState.NO_DATA


@pytest.mark.parametrize("source", ["checks", "alertmanager"])
async def test_alerts_of_nobodys_rule_are_left_to_others(source: str) -> None:
    server, clock = Server({}), FakeClock()
    reader = PrometheusReader(server, Rulebook(server, clock), clock, 60.0)
    named = {"alertname": "Hot" if source == "checks" else "Unknown"}
    alert = Alert(source, "f", hot().status, named, {}, hot().starts_at)
    assert await reader.read(alert) is None
