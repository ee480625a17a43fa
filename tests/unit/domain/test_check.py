from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.check import (
    PARTS_MAX,
    SOURCE,
    CheckKind,
    CheckSpec,
    Part,
    Sample,
    SampleState,
    Watch,
    joined,
    observe,
    reading_of,
    recalled,
    spec_of,
    to_keep,
)
from lamplighter.domain.verification import SignalState
from lamplighter.testing import NOON

OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE
SPEC = CheckSpec("Front", CheckKind.HTTP, "http://front/health", component="front", for_seconds=60)
AT_ONCE = replace(SPEC, for_seconds=0)


def sample(seconds: float, state: SampleState) -> Sample:
    return Sample("Front", NOON + timedelta(seconds=seconds), state, "HTTP 502", 0.1)


def watched(spec: CheckSpec, *pairs: tuple[float, SampleState]) -> tuple[Watch, list[Alert]]:
    watch, alerts = Watch(), []
    for seconds, state in pairs:
        watch, told = observe(spec, watch, sample(seconds, state))
        alerts.extend(told)
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
        watch, told = observe(replace(SPEC, for_seconds=wait), watch, sample(at, state))
        for alert in told:
            alerts.append(alert)
            assert state is (FAILING if alert.status is AlertStatus.FIRING else OK)
    wanted = [AlertStatus.FIRING, AlertStatus.RESOLVED] * len(alerts)
    assert [alert.status for alert in alerts] == wanted[: len(alerts)]
    for fired, ended in zip(alerts[::2], alerts[1::2], strict=False):
        assert fired.starts_at == ended.starts_at


def test_a_clock_that_jumps_does_not_make_a_failure_old() -> None:
    slow = replace(SPEC, for_seconds=3600, every_seconds=60)
    assert watched(slow, (0, FAILING), (7200, FAILING), (7260, FAILING))[1] == []


def test_people_are_told_of_a_check_that_sees_nothing_for_more_than_three_rounds() -> None:
    three, _ = watched(SPEC, (0, CANNOT_SEE), (1, CANNOT_SEE), (2, CANNOT_SEE))
    four, _ = observe(SPEC, three, sample(3, CANNOT_SEE))
    again, _ = observe(SPEC, four, sample(4, OK))
    assert [watch.is_blind for watch in (three, four, again)] == [False, True, False]


ENGINE = CheckSpec("Containers", CheckKind.DOCKER, "*", severity="warning")


def part(name: str, state: SampleState = OK) -> Part:
    return Part(name, state, f"{name} is {state}", {"container": name})


def told(seconds: float, *parts: Part, absent: SampleState = CANNOT_SEE) -> Sample:
    return joined("Containers", NOON + timedelta(seconds=seconds), parts, absent)


def walked(*samples: Sample) -> tuple[Watch, list[Alert]]:
    watch, alerts = Watch(), []
    for one in samples:
        watch, found = observe(ENGINE, watch, one)
        alerts.extend(found)
    return watch, alerts


def test_each_failing_thing_is_its_own_alert_with_its_own_component() -> None:
    watch, alerts = walked(told(0, part("a", FAILING), part("b"), part("c", FAILING)))
    assert [alert.labels["container"] for alert in alerts] == ["a", "c"]
    assert len({alert.fingerprint for alert in alerts}) == 2
    assert all("name" not in alert.labels and alert.labels["check"] == "Containers" for alert in alerts)
    assert watch.parts["a"].firing
    assert not watch.parts["b"].firing


def test_things_end_one_by_one() -> None:
    both, one = told(0, part("a", FAILING), part("b", FAILING)), told(60, part("a"), part("b", FAILING))
    alerts = walked(both, one)[1]
    assert [(alert.status, alert.labels["container"]) for alert in alerts[2:]] == [(AlertStatus.RESOLVED, "a")]
    assert alerts[2].trouble == alerts[0].trouble


def test_an_engine_that_cannot_be_seen_leaves_everything_as_it_was() -> None:
    blind = Sample("Containers", NOON + timedelta(seconds=60), CANNOT_SEE, "connection refused")
    watch, alerts = walked(told(0, part("a", FAILING)), blind)
    assert len(alerts) == 1
    assert watch.parts["a"].firing
    assert watch.last == blind


@pytest.mark.parametrize(("absent", "count", "left"), [(OK, 2, set()), (CANNOT_SEE, 1, {"a"})])
def test_what_is_told_no_more_ends_only_where_that_says_something(
    absent: SampleState, count: int, left: set[str]
) -> None:
    watch, alerts = walked(told(0, part("a", FAILING), part("b")), told(60, part("c"), absent=absent))
    assert len(alerts) == count
    assert watch.parts.keys() - {"c"} == left


def test_the_last_thing_that_goes_ends_its_alert_too() -> None:
    watch, alerts = walked(told(0, part("a", FAILING)), told(60, absent=OK))
    assert [alert.status for alert in alerts] == [AlertStatus.FIRING, AlertStatus.RESOLVED]
    assert watch.parts == {}


def test_the_whole_is_as_bad_as_its_worst_part() -> None:
    assert told(0, part("a"), part("b")).state is OK
    assert told(0, part("a"), part("b", CANNOT_SEE)).state is CANNOT_SEE
    worst = told(0, part("a"), part("b", CANNOT_SEE), part("c", FAILING))
    assert (worst.state, worst.value, worst.parts[0].subject) == (FAILING, 1.0, "c")
    assert worst.detail == "1 of 3: c is failing"


def test_many_things_are_bounded_and_the_failing_ones_are_not_lost() -> None:
    watch, alerts = walked(told(0, *(part(f"p{n}") for n in range(2 * PARTS_MAX)), part("last", FAILING)))
    assert len(watch.parts) == PARTS_MAX
    assert [alert.labels["container"] for alert in alerts] == ["last"]


def test_only_what_fails_or_just_ended_is_kept_of_parts() -> None:
    first = told(0, part("a", FAILING), part("b"))
    second = told(60, part("a"), part("b"))
    third = told(120, part("a"), part("b"))
    kept, watch = [], Watch()
    for one in (first, second, third):
        after, _ = observe(ENGINE, watch, one)
        kept.append([(sample.check, sample.state) for sample in to_keep(watch, after, one)])
        watch = after
    assert kept == [
        [("Containers", FAILING), ("Containers · a", FAILING)],
        [("Containers", OK), ("Containers · a", OK)],
        [("Containers", OK)],
    ]


def test_the_memory_comes_back_from_what_was_kept() -> None:
    watch, (alert,) = watched(AT_ONCE, (0, OK), (10, FAILING), (20, FAILING))
    again = recalled(AT_ONCE, (sample(0, OK), sample(10, FAILING), sample(20, FAILING)))
    assert again == watch
    _, (ended,) = observe(AT_ONCE, again, sample(30, OK))
    assert (ended.trouble, ended.starts_at) == (alert.trouble, alert.starts_at)


def test_a_check_is_found_by_its_own_alerts_only() -> None:
    _, (alert,) = watched(AT_ONCE, (0, FAILING))
    assert spec_of(alert, (SPEC,)) is SPEC
    assert spec_of(replace(alert, source="alertmanager"), (SPEC,)) is None
    assert spec_of(alert, (ENGINE,)) is None


def test_a_reading_speaks_of_the_thing_that_the_alert_spoke_of() -> None:
    _, (alert,) = walked(told(0, part("a", FAILING), part("b")))
    still = told(60, part("a", FAILING), part("b"))
    other = told(60, part("a"), part("b", FAILING))
    gone = told(60, part("b"), absent=CANNOT_SEE)
    states = [reading_of(ENGINE, alert, one, "query").state for one in (still, other, gone)]
    assert states == [SignalState.FIRING, SignalState.CLEAR, SignalState.NO_DATA]
