from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lamplighter.diagnosis.readers.unit_ending import ending_facts
from lamplighter.domain.evidence import Evidence, Fact

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
START = "Started api.service - Orders API."
DIED = "api.service: Main process exited, code=exited, status=1/FAILURE"
KILLED = "api.service: Main process exited, code=killed, status=9/KILL"
TERMED = "api.service: Main process exited, code=killed, status=15/TERM"
FAILED = "api.service: Failed with result 'exit-code'."
AGAIN = "api.service: Scheduled restart job, restart counter is at 4."


def _end(*messages: str) -> Fact | None:
    lines = [(NOW + timedelta(seconds=second), message) for second, message in enumerate(messages)]
    look = Evidence("e1", "journalctl", "api", {}, "text/plain", "", NOW)
    return next(iter(ending_facts(look, lines, "api.service", "api")), None)


def test_a_unit_that_died_and_was_not_started_again_is_down() -> None:
    state = _end(START, DIED, FAILED)
    assert state is not None
    assert (state.number("running"), state.number("exit_code"), state.number("ran_seconds")) == (0.0, 1.0, 1.0)
    assert state.values["check"] == "journal"


def test_a_unit_that_was_started_again_is_not_spoken_of() -> None:
    assert _end(START, DIED, FAILED, AGAIN, START) is None
    assert _end(START) is None
    assert _end() is None


def test_why_it_ended_is_kept() -> None:
    for messages, key in (
        ((START, KILLED, "api.service: Failed with result 'oom-kill'."), "oom_killed"),
        ((START, DIED, "api.service: Start request repeated too quickly.", FAILED), "gave_up"),
        ((START, DIED, FAILED, AGAIN), "restarting"),
        ((START, "Stopping api.service", TERMED, "api.service: Deactivated successfully."), "stopped_on_purpose"),
    ):
        state = _end(*messages)
        assert state is not None
        assert state.number(key) == 1.0, key


def test_an_end_of_its_own_without_an_error_is_an_exit_with_zero() -> None:
    state = _end(START, "api.service: Deactivated successfully.")
    assert state is not None
    assert (state.number("running"), state.number("exit_code")) == (0.0, 0.0)
    # A job that did its work prints the same without ever having been started.
    assert _end("api.service: Deactivated successfully.") is None


def test_a_reload_that_fails_leaves_the_unit_running() -> None:
    reload_failed = "api.service: Control process exited, code=exited, status=1/FAILURE"
    assert _end(START, reload_failed) is None
    state = _end(reload_failed, FAILED)
    assert state is not None
    assert state.number("exit_code") == 1.0
