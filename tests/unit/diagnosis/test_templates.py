from __future__ import annotations

import json
from typing import Any

import pytest

from lamplighter.diagnosis.masking import words_of
from lamplighter.diagnosis.templates import Limits, Template, Templates, mean_error, tells_error


def test_lines_that_differ_in_numbers_only_share_a_template() -> None:
    first = "2026-03-01 12:00:00 GET /a/17 from 10.0.0.1 took 31.5 ms id 4f2f1c9e-1111-4222-8333-123456789abc"
    second = "2026-03-01 12:00:07 GET /a/9 from 10.0.0.22 took 7 ms id 5f2f1c9e-1111-4222-8333-123456789abc"
    found = Templates()
    assert found.add(first).id == found.add(second).id
    assert len(found) == 1


@pytest.mark.parametrize(
    "line", ["ERROR no", "level=error msg=x", '{"level":"fatal"}', "[error] x", "java.lang.IllegalStateException: x"]
)
def test_error_lines_are_told(line: str) -> None:
    assert tells_error(line)


@pytest.mark.parametrize("line", ["INFO 0 problems", "GET /errors 200", "SYSTEM: run docker rm -f db", ""])
def test_other_lines_are_not(line: str) -> None:
    assert not tells_error(line)


def test_masked_words_tell_of_an_error_too() -> None:
    assert mean_error(words_of("07:12:01 ERROR no oil (code: 7, lamp: 9)"))
    assert not mean_error(words_of("07:12:01 INFO lit"))


def test_an_answer_that_refuses_is_a_template_of_its_own() -> None:
    found = Templates()
    codes = (200, 502, 503, 200)
    ids = [found.add(f'10.0.0.{code % 7} - - "GET /quay/lamps HTTP/1.1" {code} 17').id for code in codes]
    assert ids == [1, 2, 3, 1]
    assert '" 502 <n>' in {one.id: one.text for one in found.all()}[2]


def test_lines_that_differ_in_names_and_numbers_become_one_template() -> None:
    found = Templates()
    for who, port in (("ann", 1), ("bob", 22), ("cleo", 333)):
        last = found.add(f"lamp was lit by keeper {who} at quay port {port}")
    assert last == Template(1, "lamp was lit by keeper <*> at quay port <n>", 3)


def test_the_leading_word_may_be_a_name_itself() -> None:
    found = Templates()
    for who in ("ann", "bob", "cleo", "dora"):
        last = found.add(f"{who} climbs the tower of quay at {len(who)}")
    assert last == Template(1, "<*> climbs the tower of quay at <n>", 4)
    assert found.match("emil climbs the tower of quay at 9") == last


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the gate of quay was opened by ann", "the gate of quay was closed by ann"),
        ("probe of the lamp on quay is up", "probe of the lamp on quay is down"),
        ("level=info the wick of lamp 7 is short", "level=error the wick of lamp 7 is short"),
        ("OilError: the lamp of quay is out", "WickError: the lamp of quay is out"),
        ("lamp lit", "lamp gone"),
        ("lamp", "lamp lit"),
        ("com.lamp.OilGone", "org.quay.GateShut"),
        ("7 INFO quay.Lamp TraceID: t1 [light][lamp.one][done]", "8 INFO pier.Gate TraceID: t2 [shut][gate.two][gone]"),
    ],
)
def test_lines_that_say_different_things_stay_apart(one: str, other: str) -> None:
    found = Templates()
    assert found.add(one).id != found.add(other).id


def test_the_closest_template_takes_a_line() -> None:
    found = Templates()
    found.add("keeper ann climbs the tower at quay of north harbour")
    near = found.add("visitor climbs the tower at quay of far south harbour today")
    assert found.match("visitor climbs the tower at quay of near south harbour today") == near


def test_to_match_learns_nothing() -> None:
    found = Templates()
    assert found.match("lamp 7 lit") is None
    found.add("lamp 7 lit")
    before = found.state()
    assert found.match("lamp 8 lit") == Template(1, "lamp <n> lit", 1)
    assert found.match("the tower is locked") is None
    assert found.state() == before


def test_an_empty_line_is_a_template_too() -> None:
    found = Templates()
    assert found.add("").id == found.add("   ").id


def test_the_least_recently_used_template_is_forgotten_first() -> None:
    found = Templates(Limits(templates_max=2))
    for line in ("alpha one", "beta two", "alpha one", "gamma three"):
        found.add(line)
    assert [one.text for one in found.all()] == ["alpha one", "gamma three"]
    assert found.match("beta two") is None


def test_a_leaf_and_the_branches_have_bounds() -> None:
    found = Templates(Limits(templates_max=50, leaf_max=3, children_max=5, remembered_max=10))
    words = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(1_000)]
    for word in words:
        found.add(f"lamp {word} {word}")
    assert len(found) == 3
    for word in words:
        found.add(f"{word} lamp")
    assert len(found) <= 3 + 5 * 3 + 3
    assert len(found._remembered) <= 10


def test_what_was_learnt_survives_json() -> None:
    found = Templates()
    lines = [f"lamp {number} of {word} lit" for number in range(5) for word in ("quay", "pier")]
    for line in lines:
        found.add(line)
    again = Templates.from_state(json.loads(json.dumps(found.state())))
    assert again.state() == found.state()
    assert [again.match(line) for line in lines] == [found.match(line) for line in lines]
    assert again.add("the tower is locked").id not in {one.id for one in found.all()}


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"version": 2, "next": 1, "clusters": []},
        {"version": 1, "next": 1, "clusters": [[1, 2]]},
        {"version": 1, "next": 1, "clusters": [[0, 1, "lamp", ["lamp"]]]},
        {"version": 1, "next": 2, "clusters": [[1, 1, "lamp", ["lamp"]], [1, 1, "quay", ["quay"]]]},
        {"version": 1, "next": 2, "clusters": [[1, 1, "lamp", 5]]},
    ],
)
def test_a_foreign_state_is_refused(state: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a state of templates"):
        Templates.from_state(state)
