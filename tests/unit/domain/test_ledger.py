from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.ledger import ENDED, Attempt, AttemptState, ResultKind, intent_key, result_of, settle
from lamplighter.domain.plan import Action, Risk, Target, Verb
from lamplighter.testing import NOON

TARGET = Target("docker", "container", "front", "c0ffee01")
ACTION = Action(Verb.SET_MEMORY_LIMIT, TARGET, {"bytes": "1024", "swap": "0"})
KEY = intent_key("INC-7-abc", ACTION)


@pytest.mark.parametrize(
    ("grant", "action", "undo"),
    [
        ("INC-7-abd", ACTION, False),
        ("INC-7-abc", ACTION, True),
        ("INC-7-abc", replace(ACTION, verb=Verb.RESTART), False),
        ("INC-7-abc", replace(ACTION, params={"bytes": "1025", "swap": "0"}), False),
        ("INC-7-abc", replace(ACTION, params={"bytes": "1024"}), False),
        ("INC-7-abc", replace(ACTION, target=replace(TARGET, id="c0ffee02")), False),
        ("INC-7-abc", replace(ACTION, target=replace(TARGET, system="supervisor")), False),
    ],
)
def test_another_intent_has_another_key(grant: str, action: Action, undo: bool) -> None:  # noqa: FBT001 - a parameter
    assert intent_key(grant, action, undo=undo) != KEY


def test_the_same_intent_has_the_same_key_whatever_its_words() -> None:
    turned = replace(ACTION, params={"swap": "0", "bytes": "1024"}, effect="a pause", risk=Risk.HIGH)
    renamed = replace(ACTION, target=replace(TARGET, name="new"))
    assert intent_key("INC-7-abc", turned) == intent_key("INC-7-abc", renamed) == KEY


@given(st.text(max_size=5), st.text(max_size=5))
def test_parts_of_a_key_do_not_run_into_each_other(grant: str, identity: str) -> None:
    one = intent_key(grant, replace(ACTION, target=replace(TARGET, id="x" + identity)))
    other = intent_key(grant + "x", replace(ACTION, target=replace(TARGET, id=identity)))
    assert one != other


@pytest.mark.parametrize(
    ("happened", "state"),
    [(True, AttemptState.DONE), (False, AttemptState.FAILED), (None, AttemptState.UNKNOWN)],
)
def test_an_attempt_found_started_is_settled_by_a_look_and_never_tried_again(
    happened: bool | None,  # noqa: FBT001 - a parameter
    state: AttemptState,
) -> None:
    settled = settle(happened=happened, why="started at 12:00:05")
    assert settled.state is state
    assert settled.state in ENDED
    assert "started at 12:00:05" in settled.reason


@pytest.mark.parametrize("state", sorted(ENDED))
def test_the_result_of_an_ended_attempt(state: AttemptState) -> None:
    attempt = Attempt(
        KEY, "INC-7", "hash", "grant", "docker", "restart", "c0ffee01", "front", {}, state, NOON, detail="exit 0"
    )
    result = result_of(attempt, "restart front")
    assert result.kind is ResultKind(state)
    assert (result.detail, result.words, result.target_id) == ("exit 0", "restart front", "c0ffee01")
