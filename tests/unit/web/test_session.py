"""Who made a request, and what a form must bring back."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from lamplighter.domain.access import Person, Right, Role, Via
from lamplighter.web.problems import Problem
from lamplighter.web.session import PERSON, SECRET, csrf_of, csrf_token, person_of, required, signature

ANN = Person("ann", Role.OPERATOR, Via.PASSWORD)


def scope(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - what a scope may hold
    return {"type": "http", "headers": [], **more}


def test_the_gate_says_who_asks_to_requests_and_to_scopes() -> None:
    known = scope(**{PERSON: ANN})
    assert person_of(known) == person_of(Request(known)) == ANN
    assert person_of(scope()) is None
    assert person_of(scope(**{PERSON: "ann"})) is None


def test_each_session_has_its_own_token_for_forms() -> None:
    one = csrf_of(scope(**{SECRET: "one"}))
    assert one == csrf_token("one") != csrf_token("other")
    assert "one" not in one
    assert csrf_of(scope()) == ""


def test_what_may_not_be_done_is_refused_with_a_reason() -> None:
    assert required(scope(**{PERSON: ANN}), Right.OPERATE) == ANN
    with pytest.raises(Problem) as denied:
        required(scope(**{PERSON: ANN}), Right.APPROVE)
    assert (denied.value.status, denied.value.code) == (403, "forbidden")
    with pytest.raises(Problem) as nobody:
        required(scope(), Right.SEE)
    assert nobody.value.status == 401


def test_only_the_data_folders_token_may_name_another_person() -> None:
    assert signature(scope(**{PERSON: ANN}), "bob") == "ann"
    assert signature(scope(**{PERSON: Person("admin", Role.ADMIN, Via.TOKEN)}), "bob") == "bob"
