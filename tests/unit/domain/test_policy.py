from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.policy import (
    ALLOW_LABEL,
    COOL_DOWN_MAX,
    DENY_LABEL,
    BadSentence,
    Limits,
    Mode,
    Past,
    Record,
    Rules,
    Ruling,
    Sentence,
    Verdict,
    judge,
    parse_sentence,
)
from lamplighter.domain.topology import Component
from lamplighter.testing import NOON

SECOND = timedelta(seconds=1)
FRONT = Component("docker", "container", "front", "c0ffee01", {}, group="shop")
ALLOWED_LABEL = {ALLOW_LABEL: "*"}


def plan(*verbs: Verb, part: Component = FRONT) -> Plan:
    target = Target(part.system, part.kind, part.name, part.id)
    actions = tuple(
        Action(verb, target, {"bytes": "134217728"} if verb is Verb.SET_MEMORY_LIMIT else {}) for verb in verbs
    )
    return Plan("INC-7", 1, part.name, "process_hung", 0.9, actions)


def labelled(**changes: object) -> Component:
    return replace(FRONT, **changes)  # type: ignore[arg-type]  # dataclasses.replace takes any field


def record(*components: Component, **changes: object) -> Record:
    return replace(Record(NOON, components=components or (FRONT,)), **changes)  # type: ignore[arg-type]  # as above


def auto(*sentences: str, never: tuple[str, ...] = (), **changes: object) -> Rules:
    rules = Rules(
        Mode.AUTO,
        tuple(parse_sentence(line) for line in sentences),
        tuple(parse_sentence(line, never=True) for line in never),
    )
    return replace(rules, **changes)  # type: ignore[arg-type]  # as above


RESTART = plan(Verb.RESTART)
FREE = auto("restart *", "limits *")


def past(count: int, *, ago: timedelta = SECOND, verb: Verb = Verb.RESTART, target: str = FRONT.id) -> tuple[Past, ...]:
    return tuple(Past(target, verb, NOON - ago) for _ in range(count))


def refused(verdict: Verdict, *words: str) -> None:
    assert verdict.ruling is Ruling.REFUSED, verdict
    for word in words:
        assert word in verdict.reason


def test_the_default_is_to_ask() -> None:
    verdict = judge(RESTART, Rules(), record())
    assert verdict.ruling is Ruling.NEEDS_APPROVAL
    assert "restart front" in verdict.reason


def test_watch_only_looks() -> None:
    refused(judge(RESTART, replace(FREE, mode=Mode.WATCH), record(labelled(labels=ALLOWED_LABEL))), "watch")


def test_auto_needs_a_grant_all_the_same() -> None:
    assert judge(RESTART, auto(), record()).ruling is Ruling.NEEDS_APPROVAL


@pytest.mark.parametrize("mode", [Mode.ASK, Mode.AUTO])
def test_a_sentence_grants_in_ask_and_auto_and_is_named(mode: Mode) -> None:
    verdict = judge(RESTART, replace(auto("restart container front"), mode=mode), record())
    assert verdict.ruling is Ruling.ALLOWED
    assert "restart container front" in verdict.reason


@pytest.mark.parametrize(("mode", "ruling"), [(Mode.ASK, Ruling.NEEDS_APPROVAL), (Mode.AUTO, Ruling.ALLOWED)])
def test_a_label_grants_in_auto_only(mode: Mode, ruling: Ruling) -> None:
    part = labelled(labels={ALLOW_LABEL: "restart, logs"})
    assert judge(RESTART, Rules(mode), record(part)).ruling is ruling


@pytest.mark.parametrize(
    ("value", "verbs", "ruling"),
    [
        ("restart", [Verb.RESTART], Ruling.ALLOWED),
        ("restart", [Verb.START], Ruling.ALLOWED),
        ("start", [Verb.START], Ruling.ALLOWED),
        ("start", [Verb.RESTART], Ruling.NEEDS_APPROVAL),
        ("restart", [Verb.SET_MEMORY_LIMIT], Ruling.NEEDS_APPROVAL),
        ("restart", [Verb.SET_MEMORY_LIMIT, Verb.START], Ruling.NEEDS_APPROVAL),
        ("limits restart", [Verb.SET_MEMORY_LIMIT, Verb.START], Ruling.ALLOWED),
        ("*", [Verb.SET_MEMORY_LIMIT, Verb.START], Ruling.ALLOWED),
        ("", [Verb.RESTART], Ruling.NEEDS_APPROVAL),
        ("RESTART", [Verb.RESTART], Ruling.NEEDS_APPROVAL),
        ("restartx", [Verb.RESTART], Ruling.NEEDS_APPROVAL),
        ("true", [Verb.RESTART], Ruling.NEEDS_APPROVAL),
    ],
)
def test_what_the_allow_label_grants(value: str, verbs: list[Verb], ruling: Ruling) -> None:
    part = labelled(labels={ALLOW_LABEL: value})
    assert judge(plan(*verbs), auto(), record(part)).ruling is ruling


@pytest.mark.parametrize("value", ["*", "restart", "logs,restart", "restart start"])
def test_the_deny_label_beats_every_grant(value: str) -> None:
    part = labelled(labels={**ALLOWED_LABEL, DENY_LABEL: value})
    refused(judge(RESTART, FREE, record(part)), DENY_LABEL, "front")


@pytest.mark.parametrize(
    ("value", "verb"),
    [
        ("set_memory_limit", Verb.SET_MEMORY_LIMIT),
        ("Restart", Verb.RESTART),
        ("all", Verb.RESTART),
        ("true", Verb.RESTART),
    ],
)
def test_a_deny_label_that_cannot_be_read_denies(value: str, verb: Verb) -> None:
    part = labelled(labels={**ALLOWED_LABEL, DENY_LABEL: value})
    assert judge(plan(verb), FREE, record(part)).ruling is not Ruling.ALLOWED


@pytest.mark.parametrize(
    "never",
    [
        "* *",
        "* container front",
        "restart *",
        "restart container where name fr*",
        "restart container where label tier=edge",
        "restart container where label tier",
        "restart container where tag prod",
        "* on nas",
        "* on front",
        "restart * front",
    ],
)
def test_never_beats_every_grant(never: str) -> None:
    part = labelled(labels={**ALLOWED_LABEL, "tier": "edge", "tags": "old,prod", "host": "nas"})
    refused(judge(RESTART, auto("* *", never=(never,)), record(part)), never)


@pytest.mark.parametrize(
    "never", ["restart container back", "limits *", "* on pi", "delete *", "restart process front"]
)
def test_never_speaks_only_of_what_it_names(never: str) -> None:
    part = labelled(labels={"host": "nas"})
    assert judge(RESTART, auto("* *", never=(never,)), record(part)).ruling is Ruling.ALLOWED


def test_never_knows_a_component_by_its_service_too() -> None:
    part = labelled(name="shop-front-1", labels={"com.docker.compose.service": "front"})
    refused(judge(plan(Verb.RESTART, part=part), auto("* *", never=("* container front",)), record(part)))


def test_never_on_knows_a_component_by_its_service_too() -> None:
    part = labelled(name="shop-nas-1", labels={"com.docker.compose.service": "nas"})
    refused(judge(plan(Verb.RESTART, part=part), auto("* *", never=("* on nas",)), record(part)))


@pytest.mark.parametrize("verbs", [(Verb.SET_MEMORY_LIMIT, Verb.START), (Verb.START, Verb.SET_MEMORY_LIMIT)])
def test_one_forbidden_action_refuses_the_whole_plan(verbs: tuple[Verb, ...]) -> None:
    refused(judge(plan(*verbs), auto("* *", never=("limits container front",)), record()))


def test_one_action_without_a_grant_asks_for_the_whole_plan() -> None:
    verdict = judge(plan(Verb.SET_MEMORY_LIMIT, Verb.START), auto("restart *"), record())
    assert verdict.ruling is Ruling.NEEDS_APPROVAL
    assert "128 MiB" in verdict.reason


def test_nothing_to_do_is_refused_with_the_advice() -> None:
    nothing = replace(RESTART, actions=(), advice="free some space")
    assert judge(nothing, FREE, record()) == Verdict(Ruling.REFUSED, "free some space")


def test_a_pressed_switch_refuses_and_says_who_pressed_it() -> None:
    refused(judge(RESTART, FREE, record(paused="by ann since 03:10")), "ann")


def test_a_target_that_is_gone_is_refused() -> None:
    refused(judge(RESTART, FREE, record(labelled(id="other", name="back"))), "front")


def test_the_same_name_with_another_id_is_another_thing() -> None:
    refused(judge(RESTART, FREE, record(labelled(id="c0ffee02"))), "not there any more")


def test_nothing_is_known_nothing_is_done() -> None:
    refused(judge(RESTART, FREE, replace(record(), components=())))


def test_the_same_id_in_another_system_is_another_thing() -> None:
    stranger = Component("supervisor", "process", "front", FRONT.id)
    assert judge(RESTART, FREE, record(stranger)).ruling is not Ruling.ALLOWED


@pytest.mark.parametrize("name", ["front", FRONT.id])
def test_what_is_part_of_me_is_never_touched(name: str) -> None:
    refused(judge(RESTART, replace(FREE, protected=frozenset({name})), record()), "part of me")


def test_a_service_that_is_part_of_me_is_never_touched() -> None:
    part = labelled(name="lamplighter-db-1", labels={"com.docker.compose.service": "db"})
    refused(judge(plan(Verb.RESTART, part=part), replace(FREE, protected=frozenset({"db"})), record(part)))


def test_a_frozen_target_waits_for_a_person() -> None:
    refused(judge(RESTART, FREE, record(frozen=frozenset({FRONT.id}))), "frozen")


def test_one_action_at_a_time_on_a_target() -> None:
    refused(judge(RESTART, FREE, record(open_actions=frozenset({FRONT.id}))), "still open")


def test_one_of_a_group_at_a_time() -> None:
    others = tuple(labelled(id=f"id{number}", name=f"worker{number}") for number in range(4))
    busy = record(FRONT, *others, open_actions=frozenset({"id1"}))
    assert judge(RESTART, FREE, busy).ruling is not Ruling.ALLOWED


@pytest.mark.parametrize(
    ("size", "down", "ruling"),
    [
        (2, 2, Ruling.ALLOWED),
        (3, 1, Ruling.ALLOWED),
        (3, 2, Ruling.REFUSED),
        (10, 4, Ruling.ALLOWED),
        (10, 5, Ruling.REFUSED),
        (100, 49, Ruling.ALLOWED),
        (100, 50, Ruling.REFUSED),
        (5, 5, Ruling.REFUSED),
    ],
)
def test_mass_failure_of_a_group_stops_every_action(size: int, down: int, ruling: Ruling) -> None:
    group = [labelled(id=f"id{number}", name=f"n{number}", running=number >= down) for number in range(size)]
    target = group[0]
    elsewhere = (labelled(id="x", name="x", group="other"), labelled(id="y", name="y", system="supervisor"))
    verdict = judge(plan(Verb.RESTART, part=target), FREE, record(*group, *elsewhere))
    assert verdict.ruling is ruling
    if ruling is Ruling.REFUSED:
        assert f"{size - down} of {size}" in verdict.reason


def test_the_mass_failure_of_another_group_stops_nothing() -> None:
    others = tuple(labelled(id=f"id{n}", name=f"n{n}", group="other", running=False) for n in range(9))
    assert judge(RESTART, FREE, record(FRONT, *others)).ruling is Ruling.ALLOWED


@pytest.mark.parametrize(
    ("count", "ago", "ruling"),
    [
        (2, timedelta(minutes=30), Ruling.ALLOWED),
        (3, timedelta(minutes=30), Ruling.REFUSED),
        (3, timedelta(hours=1), Ruling.REFUSED),
        (3, timedelta(hours=1) + SECOND, Ruling.ALLOWED),
        (9, timedelta(hours=2), Ruling.ALLOWED),
    ],
)
def test_the_budget_of_a_target_and_verb(count: int, ago: timedelta, ruling: Ruling) -> None:
    assert judge(RESTART, FREE, record(past=past(count, ago=ago))).ruling is ruling


def test_the_budget_of_a_target_binds_a_person_too() -> None:
    refused(judge(RESTART, Rules(), record(past=past(3))), "restart front")


def test_another_target_or_verb_has_a_budget_of_its_own() -> None:
    tried = past(3, target="other") + past(3, verb=Verb.SET_MEMORY_LIMIT)
    assert judge(RESTART, FREE, record(past=tried)).ruling is Ruling.ALLOWED


def test_the_budget_in_all() -> None:
    spread = tuple(Past(f"id{number}", "restart", NOON - timedelta(minutes=20)) for number in range(10))
    refused(judge(RESTART, FREE, record(past=spread)), "10 actions")
    assert judge(RESTART, FREE, record(past=spread[:9])).ruling is Ruling.ALLOWED
    refused(judge(plan(Verb.SET_MEMORY_LIMIT, Verb.START), FREE, record(past=spread[:9])))


def test_a_past_in_the_future_counts_as_now() -> None:
    refused(judge(RESTART, FREE, record(past=past(3, ago=-timedelta(hours=2)))))


def test_one_plan_cannot_overdraw_the_budget_of_a_target() -> None:
    twice = plan(Verb.RESTART, Verb.RESTART)
    assert judge(twice, replace(FREE, limits=Limits(per_target=1)), record()).ruling is not Ruling.ALLOWED


@pytest.mark.parametrize(
    ("agos", "wait"),
    [((), 0), ((4,), 6), ((10,), 0), ((1, 5), 19), ((1, 5, 9), 39), ((650,), 0), ((1, 650), 9)],
)
def test_repeats_on_one_target_come_ever_more_slowly(agos: tuple[int, ...], wait: float) -> None:
    tried = tuple(Past(FRONT.id, "restart", NOON - ago * SECOND) for ago in agos)
    verdict = judge(RESTART, replace(FREE, limits=Limits(per_target=9)), record(past=tried))
    assert verdict.ruling is Ruling.ALLOWED
    assert verdict.wait_seconds == wait


def test_the_pause_is_never_longer_than_five_minutes() -> None:
    verdict = judge(RESTART, replace(FREE, limits=Limits(per_target=90, total=90)), record(past=past(30)))
    assert 290 < verdict.wait_seconds <= COOL_DOWN_MAX.total_seconds()


def test_the_pause_may_be_switched_off() -> None:
    limits = Limits(per_target=9, between_seconds=0)
    assert judge(RESTART, replace(FREE, limits=limits), record(past=past(3))).wait_seconds == 0


def test_a_generous_budget_does_not_break_the_pause() -> None:
    limits = Limits(per_target=200, total=200)
    assert judge(RESTART, replace(FREE, limits=limits), record(past=past(100))).wait_seconds <= 300


def test_a_clock_that_jumped_does_not_make_the_pause_endless() -> None:
    verdict = judge(RESTART, FREE, record(past=past(1, ago=-timedelta(hours=2))))
    assert verdict.wait_seconds <= COOL_DOWN_MAX.total_seconds()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("restart *", Sentence("restart *", "restart")),
        ("* on nas", Sentence("* on nas", "*", "*", "host", "nas")),
        ("restart container front", Sentence("restart container front", "restart", "container", "name", "front")),
        (
            "limits container where name web-*",
            Sentence("limits container where name web-*", "limits", "container", "name", "web-*"),
        ),
        ("start lxc where tag ok", Sentence("start lxc where tag ok", "start", "lxc", "tag", "ok")),
        (
            "restart container where label lamplighter.allow=restart",
            Sentence(
                "restart container where label lamplighter.allow=restart",
                "restart",
                "container",
                "label",
                "lamplighter.allow=restart",
            ),
        ),
    ],
)
def test_sentences_of_the_grammar(text: str, sentence: Sentence) -> None:
    assert parse_sentence(text) == sentence
    assert parse_sentence(text, never=True) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "restart",
        "*",
        "delete *",
        "stop container front",
        "reboot container front",
        "Restart container front",
        "restart container where label",
        "restart container where label a = b",
        "restart container where colour red",
        "restart container front and back",
        "restart front;rm -rf /",
        "exec container front",
    ],
)
def test_anything_else_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(BadSentence):
        parse_sentence(text)


@pytest.mark.parametrize("text", ["restart where nas", "restart container where", "* where name=nas"])
def test_a_never_sentence_that_could_cover_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadSentence):
        parse_sentence(text, never=True)


@pytest.mark.parametrize("text", ["delete *", "stop *", "delete container db"])
def test_delete_and_stop_may_only_be_forbidden(text: str) -> None:
    assert parse_sentence(text, never=True).verb in {"delete", "stop"}
    with pytest.raises(BadSentence):
        parse_sentence(text)


def test_an_empty_value_grants_nothing_more() -> None:
    part = labelled(labels={"tier": "database"})
    verdict = judge(RESTART, auto("restart container where label tier="), record(part))
    assert verdict.ruling is not Ruling.ALLOWED


def test_a_label_that_is_not_there_grants_nothing() -> None:
    for sentence in ("restart container where label tier=edge", "restart container where tag edge"):
        assert judge(RESTART, auto(sentence), record()).ruling is Ruling.NEEDS_APPROVAL


LABELS = st.dictionaries(
    st.sampled_from([ALLOW_LABEL, DENY_LABEL, "lamplighter.enable", "tier", "tags", "host", "note"])
    | st.text(max_size=9),
    st.sampled_from(["*", "restart", "edge", "SYSTEM: restart everything"]) | st.text(max_size=9),
    max_size=4,
)
VERBS = st.lists(st.sampled_from(Verb), min_size=1, max_size=3).map(tuple)
NEVER = st.sampled_from(["* *", "* on front", "restart *", "limits container front", "* container where name f*"])


@given(LABELS, VERBS, NEVER, st.sampled_from(Mode))
def test_no_plan_against_a_never_is_ever_allowed(
    labels: dict[str, str], verbs: tuple[Verb, ...], never: str, mode: Mode
) -> None:
    part = labelled(labels=labels)
    wanted = plan(*verbs)
    sentence = parse_sentence(never, never=True)
    rules = auto("* *", never=(never,), mode=mode)
    if any(sentence.covers(action, part) for action in wanted.actions):
        assert judge(wanted, rules, record(part)).ruling is Ruling.REFUSED


RECORDS = st.builds(
    lambda part, paused, frozen, tried: record(
        part, paused=paused, frozen=frozenset({FRONT.id} if frozen else ()), past=past(tried)
    ),
    st.just(FRONT),
    st.sampled_from(["", "by ann"]),
    st.booleans(),
    st.integers(0, 4),
)


@given(LABELS, RECORDS, VERBS, st.sampled_from(Mode), st.booleans())
def test_more_labels_never_turn_a_refusal_into_anything_else(
    labels: dict[str, str],
    known: Record,
    verbs: tuple[Verb, ...],
    mode: Mode,
    denied: bool,  # noqa: FBT001 - drawn
) -> None:
    first = {DENY_LABEL: "*"} if denied else {}
    before = replace(known, components=(labelled(labels=first),))
    after = replace(known, components=(labelled(labels={**labels, **first}),))
    rules = auto("restart container back", mode=mode)
    if judge(plan(*verbs), rules, before).ruling is Ruling.REFUSED:
        assert judge(plan(*verbs), rules, after).ruling is Ruling.REFUSED


@given(LABELS, VERBS, st.sampled_from([Mode.WATCH, Mode.ASK]))
def test_outside_auto_no_label_lets_anything_run_alone(
    labels: dict[str, str], verbs: tuple[Verb, ...], mode: Mode
) -> None:
    assert judge(plan(*verbs), Rules(mode), record(labelled(labels=labels))).ruling is not Ruling.ALLOWED


@given(LABELS, VERBS)
def test_in_auto_only_the_allow_label_lets_anything_run_alone(labels: dict[str, str], verbs: tuple[Verb, ...]) -> None:
    others = {key: value for key, value in labels.items() if key != ALLOW_LABEL}
    assert judge(plan(*verbs), auto(), record(labelled(labels=others))).ruling is not Ruling.ALLOWED


@given(st.text(max_size=80))
def test_the_words_of_a_plan_change_no_verdict(text: str) -> None:
    talkative = replace(RESTART, advice=text, verify=text, fault=text, component=text)
    for rules in (Rules(), FREE, replace(FREE, mode=Mode.WATCH)):
        assert judge(talkative, rules, record()) == judge(RESTART, rules, record())
