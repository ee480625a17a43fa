from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.check import SOURCE, CheckKind, CheckSpec, Sample, SampleState, Watch, observe
from lamplighter.testing import NOON

OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE
SPEC = CheckSpec("Front", CheckKind.HTTP, "http://front/health", component="front", for_seconds=60)
AT_ONCE = replace(SPEC, for_seconds=0)


def sample(seconds: float, state: SampleState) -> Sample:
    return Sample("Front", NOON + timedelta(seconds=seconds), state, "HTTP 502", 0.1)


def watched(spec: CheckSpec, *pairs: tuple[float, SampleState]) -> tuple[Watch, list[Alert]]:
    watch, alerts = Watch(), []
    for seconds, state in pairs:
        watch, alert = observe(spec, watch, sample(seconds, state))
        if alert is not None:
            alerts.append(alert)
    return watch, alerts


def test_a_healthy_check_is_silent() -> None:
    assert watched(SPEC, (0, OK), (30, OK))[1] == []


@pytest.mark.parametrize(("last", "count"), [(59.9, 0), (60, 1), (90, 1)])
def test_it_must_fail_for_so_long(last: float, count: int) -> None:
    assert len(watched(SPEC, (0, FAILING), (30, FAILING), (last, FAILING))[1]) == count


def test_without_a_wait_the_first_failure_alerts() -> None:
    (alert,) = watched(AT_ONCE, (5, FAILING))[1]
    assert alert.status is AlertStatus.FIRING
    assert alert.starts_at == NOON + timedelta(seconds=5)
    assert alert.ends_at is None
    assert alert.source == SOURCE
    assert alert.labels == {
        "alertname": "Front is failing",
        "check": "Front",
        "name": "front",
        "severity": "critical",
    }
    assert "HTTP 502" in alert.annotations["summary"]


def test_a_check_without_a_component_speaks_of_its_own_name() -> None:
    assert replace(SPEC, component="").labels["name"] == "Front"


def test_it_alerts_once_for_each_episode() -> None:
    alerts = watched(AT_ONCE, (0, FAILING), (30, FAILING), (60, FAILING))[1]
    assert len(alerts) == 1


def test_one_good_sample_starts_the_wait_anew() -> None:
    assert watched(SPEC, (0, FAILING), (50, OK), (55, FAILING), (100, FAILING))[1] == []
    assert len(watched(SPEC, (0, FAILING), (50, OK), (55, FAILING), (115, FAILING))[1]) == 1


def test_the_end_bears_the_start_of_its_episode() -> None:
    fired, ended = watched(SPEC, (10, FAILING), (70, FAILING), (100, OK))[1]
    assert ended.status is AlertStatus.RESOLVED
    assert ended.starts_at == fired.starts_at == NOON + timedelta(seconds=10)
    assert ended.ends_at == NOON + timedelta(seconds=100)
    assert ended.trouble == fired.trouble


def test_a_return_is_another_episode() -> None:
    first, _, second = watched(AT_ONCE, (0, FAILING), (30, OK), (60, FAILING))[1]
    assert second.starts_at > first.starts_at
    assert second.fingerprint == first.fingerprint


def test_what_cannot_be_seen_starts_nothing() -> None:
    watch, alerts = watched(AT_ONCE, (0, CANNOT_SEE), (9999, CANNOT_SEE))
    assert alerts == []
    assert watch.last == sample(9999, CANNOT_SEE)


def test_what_cannot_be_seen_ends_nothing() -> None:
    watch, alerts = watched(AT_ONCE, (0, FAILING), (30, CANNOT_SEE), (9999, CANNOT_SEE))
    assert [alert.status for alert in alerts] == [AlertStatus.FIRING]
    assert watch.firing
    assert watch.starts_at == NOON


def test_a_check_kept_as_evidence_raises_no_alert() -> None:
    watch, alerts = watched(replace(AT_ONCE, alerts=False), (0, FAILING), (30, FAILING), (60, OK))
    assert alerts == []
    assert watch == Watch(last=sample(60, OK))


def test_a_sample_out_of_order_raises_nothing_early() -> None:
    assert watched(SPEC, (100, FAILING), (40, FAILING))[1] == []


SAMPLES = st.lists(st.tuples(st.integers(0, 100), st.sampled_from(SampleState)), max_size=25)


@given(SAMPLES, st.sampled_from([0, 30, 120]))
def test_starts_and_ends_take_turns_on_what_was_seen(steps: list[tuple[int, SampleState]], wait: int) -> None:
    at, watch, alerts = 0, Watch(), []
    for step, state in steps:
        at += step
        watch, alert = observe(replace(SPEC, for_seconds=wait), watch, sample(at, state))
        if alert is not None:
            alerts.append(alert)
            assert state is (FAILING if alert.status is AlertStatus.FIRING else OK)
    wanted = [AlertStatus.FIRING, AlertStatus.RESOLVED] * len(alerts)
    assert [alert.status for alert in alerts] == wanted[: len(alerts)]
    for fired, ended in zip(alerts[::2], alerts[1::2], strict=False):
        assert fired.starts_at == ended.starts_at
