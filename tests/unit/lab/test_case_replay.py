"""The response on a case: the story's own steps in the story's own order, and no effect at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.domain.alert import AlertStatus
from lamplighter.domain.evidence import Case
from lamplighter.domain.incident import State
from lamplighter.domain.policy import Mode, Rules, parse_sentence
from lamplighter.integrations.docker import actions as docker
from lamplighter.integrations.supervisor import actions as supervisor
from lamplighter.lab.case_file import read_case
from lamplighter.lab.case_replay import OFFERS, Replayed, as_json, replay_case

GOLDEN = Path(__file__).parents[2] / "golden" / "cases"
ALONE = Rules(Mode.AUTO, (parse_sentence("* *"),))


def golden(name: str) -> Case:
    return read_case(GOLDEN / name)


async def played(case: Case, rules: Rules = ALONE) -> Replayed:
    return await replay_case(case, rules, diagnose)


def steps(told: Replayed) -> list[str]:
    return [one.step for one in told.steps]


async def test_a_case_goes_through_the_whole_response_and_stops_before_the_effect() -> None:
    told = await played(golden("shop-store-oom-killed"))
    assert steps(told) == [
        *("load", "notify", "gather", "diagnose", "plan", "judge"),
        *("council", "council", "council", "approval", "act", "act", "verify", "close"),
    ]
    assert told.effects == ["raise the memory limit of store to 32 MiB", "start store"]
    assert (told.approval, told.state) == ("granted by policy", State.VERIFYING)
    assert all("effects are off" in one.text for one in told.steps if one.step in {"act", "verify"})


async def test_where_policy_wants_a_yes_it_is_said_that_a_person_would_be_asked() -> None:
    told = await played(golden("shop-orders-hung"), Rules())
    assert told.approval == "would be asked"
    assert told.effects == ["restart orders"]
    assert any("replayed as if the answer were yes" in one.text for one in told.steps)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (Rules(Mode.WATCH), "mode is watch"),
        (Rules(Mode.AUTO, (parse_sentence("* *"),), (parse_sentence("restart *", never=True),)), "restart"),
    ],
)
async def test_what_policy_refuses_is_not_put_to_anybody(rules: Rules, reason: str) -> None:
    told = await played(golden("shop-orders-hung"), rules)
    assert (told.effects, told.votes, told.approval) == ([], (), "nobody was asked")
    assert told.state is State.NEEDS_HUMAN
    assert told.verdict is not None
    assert reason in told.verdict.reason


@pytest.mark.parametrize(
    "name", ["shop-all-well", "shop-store-config-error", "shop-store-unseen", "shop-store-stopped"]
)
async def test_where_no_action_heals_it_a_person_is_needed(name: str) -> None:
    told = await played(golden(name))
    assert told.effects == []
    assert told.state is State.NEEDS_HUMAN
    assert told.plan is not None
    assert told.plan.advice


async def test_a_signal_that_is_over_is_voted_against() -> None:
    case = golden("shop-orders-hung")
    over = replace(case, alerts=tuple(replace(one, status=AlertStatus.RESOLVED) for one in case.alerts))
    told = await played(over)
    assert [vote.in_favour for vote in told.votes] == [True, True, False]


async def test_a_case_with_a_symptom_alone_is_replayed_too() -> None:
    case = golden("shop-orders-hung")
    told = await played(replace(case, alerts=(), symptom="the shop is down"))
    assert told.steps[0].text.startswith("the shop is down")
    assert told.state in {State.VERIFYING, State.NEEDS_HUMAN}
    assert len(told.votes) in {0, 3}


async def test_a_case_without_evidence_ends_with_a_person() -> None:
    told = await played(replace(golden("shop-orders-hung"), evidence=()))
    assert (told.effects, told.state) == ([], State.NEEDS_HUMAN)


async def test_the_same_case_gives_the_same_replay() -> None:
    case = golden("shop-store-hung-poisoned")
    assert as_json(await played(case)) == as_json(await played(case))


async def test_the_json_says_what_would_be_done_and_that_nothing_was() -> None:
    whole = as_json(await played(golden("shop-orders-hung")))
    assert (whole["would_do"], whole["effects"], whole["state"], whole["refused"]) == (
        ["restart orders"],
        0,
        "verifying",
        False,
    )


def test_the_offers_are_those_that_the_integrations_declare() -> None:
    declared = [
        role.offer for system in (docker, supervisor) for role in (system.Restart, system.Start, system.SetMemoryLimit)
    ]
    assert list(OFFERS) == declared
