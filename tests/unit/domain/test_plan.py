from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Fact
from lamplighter.domain.plan import (
    ADVICE,
    CONFIDENCE_TO_ACT,
    MEMORY_LIMIT_BYTES_MAX,
    REMEDIES,
    Action,
    Offer,
    Plan,
    Risk,
    Target,
    Verb,
    bytes_words,
    make_plan,
)
from lamplighter.domain.topology import Component, Resolution, resolve_name

MIB = 1024**2
FRONT = Component("docker", "container", "front", "c0ffee01")
OFFERS = tuple(Offer("docker", verb, Risk.LOW, reversible=True, effect="a pause") for verb in Verb)
LIMIT = Fact("f1", "e1", "front", "memory_limit", "limit 64 MiB", values={"memory_limit_bytes": 64.0 * MIB})
FOUND = resolve_name("front", (FRONT,))
TARGET = Target("docker", "container", "front", "c0ffee01")
PLAN = Plan(
    "INC-7",
    1,
    "front",
    "oom_killed",
    0.9,
    (Action(Verb.SET_MEMORY_LIMIT, TARGET, {"bytes": "1024"}), Action(Verb.START, TARGET)),
    facts=("f1", "f2"),
)


def diagnosed(
    fault: str, confidence: float = 0.9, facts: tuple[Fact, ...] = (LIMIT,), *, seen: bool = True
) -> Diagnosis:
    cause = Cause(1, "front", fault, confidence, "likely", "it is so", tuple(fact.id for fact in facts), seen=seen)
    return Diagnosis((cause,), facts)


def planned(diagnosis: Diagnosis, resolution: Resolution = FOUND, offers: tuple[Offer, ...] = OFFERS) -> Plan:
    return make_plan("INC-7", 1, diagnosis, resolution, offers, "clear for 30 s")


@pytest.mark.parametrize("fault", sorted(REMEDIES))
def test_what_no_look_of_our_own_shows_brings_no_action(fault: str) -> None:
    plan = planned(diagnosed(fault, seen=False))
    assert plan.actions == ()
    assert "no look of mine at front itself shows that" in plan.advice


@pytest.mark.parametrize("fault", sorted(REMEDIES))
def test_each_known_fault_has_its_remedy_on_the_one_pinned_target(fault: str) -> None:
    plan = planned(diagnosed(fault))
    assert tuple(action.verb for action in plan.actions) == REMEDIES[fault]
    assert {action.target for action in plan.actions} == {TARGET}
    assert plan.advice == ""
    assert plan.facts == ("f1",)


@pytest.mark.parametrize("fault", [*sorted(ADVICE), "unheard of", "", "restart", "rm -rf /"])
def test_what_no_action_heals_is_left_to_a_person_with_advice(fault: str) -> None:
    plan = planned(diagnosed(fault, confidence=1.0))
    assert plan.actions == ()
    assert plan.advice


@pytest.mark.parametrize("confidence", [0.0, 0.1, CONFIDENCE_TO_ACT - 0.001])
def test_low_confidence_does_nothing(confidence: float) -> None:
    plan = planned(diagnosed("process_hung", confidence))
    assert plan.actions == ()
    assert "60%" in plan.advice


def test_the_least_confidence_to_act_on() -> None:
    assert planned(diagnosed("process_hung", CONFIDENCE_TO_ACT)).actions


def test_a_confidence_that_is_no_number_does_nothing() -> None:
    assert planned(diagnosed("process_hung", float("nan"))).actions == ()


def test_no_cause_does_nothing_and_says_what_it_needs() -> None:
    plan = planned(Diagnosis(undetermined=True, needs=("the log of front",)))
    assert plan.actions == ()
    assert "the log of front" in plan.advice


@pytest.mark.parametrize(
    ("fault", "kind", "values", "verbs"),
    [
        ("memory_leak", "usage", {"memory_share": 0.93}, (Verb.RESTART,)),
        ("memory_leak", "usage", {"memory_share": 0.5}, ()),
        ("memory_leak", "log_sign", {"memory_share": 0.93}, ()),
        ("cpu_saturation", "usage", {"throttled_share": 1.0}, (Verb.RESTART,)),
        ("cpu_saturation", "metric_shift", {"cpu_share": 1.0}, ()),
        ("crash_loop", "state", {"gave_up": 1.0}, (Verb.RESTART,)),
        ("crash_loop", "state", {"restarting": 1.0}, ()),
        ("crash_loop", "log_sign", {"gave_up": 1.0}, ()),
    ],
)
def test_what_a_log_can_claim_is_healed_only_where_the_process_itself_was_measured(
    fault: str, kind: str, values: dict[str, float], verbs: tuple[Verb, ...]
) -> None:
    fact = Fact("f1", "e1", "front", kind, "words", values=values)
    cause = replace(diagnosed("process_hung").causes[0], fault=fault, facts=("f1",))
    plan = planned(replace(diagnosed("process_hung"), causes=(cause,), facts=(fact,)))
    assert tuple(action.verb for action in plan.actions) == verbs


def test_an_undetermined_diagnosis_does_nothing() -> None:
    assert planned(replace(diagnosed("process_hung"), undetermined=True)).actions == ()


def test_two_candidates_do_nothing() -> None:
    twin = replace(FRONT, id="c0ffee02")
    plan = planned(diagnosed("process_hung"), resolve_name("front", (FRONT, twin)))
    assert plan.actions == ()
    assert "2 things" in plan.advice


def test_no_candidate_does_nothing() -> None:
    assert planned(diagnosed("process_hung"), resolve_name("front", ())).actions == ()


@pytest.mark.parametrize(
    "offers",
    [
        (),
        tuple(replace(offer, system="supervisor") for offer in OFFERS),
        tuple(offer for offer in OFFERS if offer.verb is not Verb.START),
        tuple(offer for offer in OFFERS if offer.verb is not Verb.SET_MEMORY_LIMIT),
    ],
)
def test_half_a_remedy_is_none(offers: tuple[Offer, ...]) -> None:
    plan = planned(diagnosed("oom_killed"), offers=offers)
    assert plan.actions == ()
    assert "offers no" in plan.advice


def test_an_action_bears_what_its_offer_declares() -> None:
    offer = Offer("docker", Verb.RESTART, Risk.HIGH, reversible=False, effect="10 s down", undo="none")
    (action,) = planned(diagnosed("process_hung"), offers=(offer,)).actions
    assert (action.risk, action.reversible, action.effect, action.undo) == (Risk.HIGH, False, "10 s down", "none")


def limit_of(value: str | float, component: str = "front") -> Diagnosis:
    return diagnosed("oom_killed", facts=(replace(LIMIT, component=component, values={"memory_limit_bytes": value}),))


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        (64 * MIB, 128 * MIB),
        (1, 2),
        (MEMORY_LIMIT_BYTES_MAX // 2, MEMORY_LIMIT_BYTES_MAX),
        (MEMORY_LIMIT_BYTES_MAX * 3 // 4, MEMORY_LIMIT_BYTES_MAX),
    ],
)
def test_the_memory_limit_is_doubled_and_capped(present: int, wanted: int) -> None:
    first = planned(limit_of(present)).actions[0]
    assert first.verb is Verb.SET_MEMORY_LIMIT
    assert first.params == {"bytes": str(wanted)}


@pytest.mark.parametrize("value", [0, 0.0, "64 MiB", ""])
def test_an_unknown_memory_limit_is_not_guessed(value: str | float) -> None:
    plan = planned(limit_of(value))
    assert plan.actions == ()
    assert "not known" in plan.advice


def test_a_memory_limit_that_no_fact_tells_is_not_guessed() -> None:
    assert planned(diagnosed("oom_killed", facts=(replace(LIMIT, values={}),))).actions == ()


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_a_memory_limit_that_is_none_is_not_doubled(value: float) -> None:
    assert planned(limit_of(value)).actions == ()


@pytest.mark.parametrize("factor", [1, 2])
def test_a_memory_limit_is_never_lowered(factor: int) -> None:
    for action in planned(limit_of(MEMORY_LIMIT_BYTES_MAX * factor)).actions:
        assert action.verb is not Verb.SET_MEMORY_LIMIT or int(action.params["bytes"]) > MEMORY_LIMIT_BYTES_MAX * factor


def test_the_memory_limit_of_a_neighbour_is_not_used() -> None:
    for action in planned(limit_of(64 * MIB, component="back")).actions:
        assert "bytes" not in action.params


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAN, incident_id="INC-8"),
        replace(PLAN, run=2),
        replace(PLAN, component="back"),
        replace(PLAN, fault="memory_leak"),
        replace(PLAN, facts=("f1",)),
        replace(PLAN, facts=("f1", "f3")),
        replace(PLAN, actions=()),
        replace(PLAN, actions=PLAN.actions[:1]),
        replace(PLAN, actions=PLAN.actions[::-1]),
        replace(PLAN, actions=(*PLAN.actions, PLAN.actions[1])),
        *(
            replace(PLAN, actions=(action, PLAN.actions[1]))
            for action in (
                replace(PLAN.actions[0], params={"bytes": "1025"}),
                replace(PLAN.actions[0], params={}),
                replace(PLAN.actions[0], params={"bytes": "1024", "swap": "1"}),
                replace(PLAN.actions[0], verb=Verb.RESTART),
                replace(PLAN.actions[0], target=replace(TARGET, id="c0ffee02")),
                replace(PLAN.actions[0], target=replace(TARGET, system="supervisor")),
            )
        ),
    ],
)
def test_the_hash_changes_with_all_that_is_agreed_to(changed: Plan) -> None:
    assert changed.hash != PLAN.hash


@pytest.mark.parametrize("change", [{"risk": Risk.HIGH}, {"reversible": False}, {"undo": "none"}], ids=str)
def test_the_hash_changes_with_the_risk_that_is_agreed_to(change: dict[str, object]) -> None:
    first = replace(PLAN.actions[0], **change)  # type: ignore[arg-type]  # dataclasses.replace takes any field
    assert replace(PLAN, actions=(first, PLAN.actions[1])).hash != PLAN.hash


def test_the_hash_does_not_change_with_words() -> None:
    talkative = replace(PLAN, advice="hello", confidence=0.7)
    params = Action(Verb.SET_MEMORY_LIMIT, TARGET, {"a": "1", "b": "2"})
    turned = replace(params, params={"b": "2", "a": "1"})
    assert talkative.hash == PLAN.hash
    assert replace(PLAN, actions=(params,)).hash == replace(PLAN, actions=(turned,)).hash
    assert len(PLAN.hash) == 24


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=3), st.text(max_size=3))
def test_text_in_one_field_cannot_pose_as_another(pairs: list[tuple[str, str]], text: str) -> None:
    first = Plan(text, 1, "a", "b", 0.9, (Action(Verb.RESTART, TARGET, dict(pairs)),), facts=("a", "b"))
    for other in (
        replace(first, component="a" + text, fault="b"),
        replace(first, component="a", fault=text + "b"),
        replace(first, facts=("a" + text, "b")),
        replace(first, facts=("a", text, "b")),
    ):
        assert (other == first) is (other.hash == first.hash)


def test_an_action_in_words() -> None:
    assert [action.words for action in PLAN.actions] == ["raise the memory limit of front to 1 KiB", "start front"]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (128 * MIB, "128 MiB"),
        (2048 * 1024 * MIB, "2048 GiB"),
    ],
)
def test_bytes_in_words(count: int, words: str) -> None:
    assert bytes_words(count) == words
