from __future__ import annotations

import pytest

from lamplighter.domain.check import SampleState
from lamplighter.integrations.docker.checks import Actor, Event, is_meant, missing, part_of, was_stopped
from lamplighter.integrations.docker.container import Ending, EndState, Hosting, RestartPolicy, Summary

KEY = "1f" * 32
OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE


def entry(state: str = "running", status: str = "Up 2 hours") -> Summary:
    return Summary(KEY, ["/web"], None, state, status)


def ending(policy: str = "always", code: int = 1, *, tries: int = 0, restarts: int = 0, **more: object) -> Ending:
    person = bool(more.pop("by_a_person", False))
    state = EndState("exited", code, **more)  # type: ignore[arg-type]  # the cases name the fields
    return Ending(KEY, state, Hosting(RestartPolicy(policy, tries)), restarts, person)


def kill(signal: str) -> Event:
    return Event("kill", Actor({"signal": signal}))


@pytest.mark.parametrize(
    ("status", "state"), [("Up 2 hours", OK), ("Up 2 hours (healthy)", OK), ("Up 2 hours (unhealthy)", FAILING)]
)
def test_what_runs_is_fine_unless_it_says_otherwise(status: str, state: SampleState) -> None:
    assert part_of(entry(status=status), None, everything=True).state is state


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (ending("no", 1), FAILING),
        (ending("no", 137), FAILING),
        (ending("no", 143), CANNOT_SEE),
        (ending("no", 0), CANNOT_SEE),
        (ending("no", 1, by_a_person=True), OK),
        (ending("no", 0, oom_killed=True), FAILING),
        (ending("always", 1), OK),
        (ending("unless-stopped", 143), OK),
        (ending("always", 137, oom_killed=True), FAILING),
        (ending("always", 128, error="driver failed programming: port is already allocated"), FAILING),
        (ending("on-failure", 0), OK),
        (ending("on-failure", 1, tries=3, restarts=3), FAILING),
        (ending("on-failure", 143, tries=3, restarts=1), OK),
        (ending("on-failure", 1, tries=3, restarts=3, by_a_person=True), OK),
        (None, CANNOT_SEE),
    ],
)
def test_what_is_down_is_failing_only_where_nobody_stopped_it(told: Ending | None, state: SampleState) -> None:
    assert part_of(entry("exited"), told, everything=False).state is state


@pytest.mark.parametrize(
    ("engine_state", "state"), [("restarting", FAILING), ("dead", FAILING), ("paused", OK), ("created", OK)]
)
def test_other_states(engine_state: str, state: SampleState) -> None:
    assert part_of(entry(engine_state), ending(), everything=True).state is state


def test_among_all_only_those_with_a_policy_must_run() -> None:
    told = ending("no", 1)
    assert part_of(entry("exited"), told, everything=True).state is OK
    assert part_of(entry("exited"), told, everything=False).state is FAILING


def test_a_created_one_that_could_not_start_fails() -> None:
    assert part_of(entry("created"), ending(error="no such file"), everything=True).state is FAILING


@pytest.mark.parametrize(
    ("events", "stopped"),
    [
        ([Event("die")], False),
        ([kill("15"), Event("die"), Event("stop")], True),
        ([kill("9"), Event("die")], True),
        ([kill("1"), Event("die")], False),
        ([kill("15"), Event("die"), Event("stop"), Event("start"), Event("die")], False),
        ([], False),
    ],
)
def test_a_person_leaves_a_stop_or_an_ending_signal(events: list[Event], *, stopped: bool) -> None:
    assert was_stopped(events) is stopped


@pytest.mark.parametrize(("target", "meant"), [("all", True), ("*", True), ("web", True), ("w*", True), ("we", False)])
def test_a_name_or_a_glob_means_a_container(target: str, *, meant: bool) -> None:
    assert is_meant(target, entry()) is meant


def test_what_is_being_removed_is_nobodys() -> None:
    assert not is_meant("all", entry("removing"))


def test_a_name_that_is_not_there_fails() -> None:
    assert missing("web").state is FAILING
    assert missing("web").labels == {"container": "web"}
