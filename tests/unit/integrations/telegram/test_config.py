"""Who may answer is a list of numbers, or numbers with the names to show; the identity is the number all the same."""

from __future__ import annotations

import pytest

from lamplighter.integrations.telegram import TelegramConfig
from lamplighter.testing import roles_of

GIVEN = {"token": "1:x", "chat": 42}


@pytest.mark.parametrize("approvers", [[7], ["7"], {7: "anna"}, {"7": "anna"}])
def test_both_forms_let_the_same_people_answer(approvers: object) -> None:
    roles = roles_of("telegram", {**GIVEN, "approvers": approvers})
    assert len(roles.listeners) == 1
    assert roles.channels[0].can.buttons_max > 0
    assert dict(roles.nicknames) == ({"telegram:7": "anna"} if isinstance(approvers, dict) else {})


@pytest.mark.parametrize("approvers", [[], {}, None])
def test_with_nobody_there_are_no_buttons(approvers: object) -> None:
    roles = roles_of("telegram", {**GIVEN, "approvers": approvers})
    assert roles.listeners == ()
    assert roles.channels[0].can.buttons_max == 0


@pytest.mark.parametrize(
    "approvers",
    [
        "7",
        7,
        [0],
        [-1],
        ["anna"],
        {"anna": 7},
        {7: ""},
        {7: "telegram:8"},
        {7: "anna (telegram)"},
        {7: "a\nb"},
        {7: "anna\n"},
        {7: "<b>"},
        {7: "x" * 41},
        {7: "\u202eanna"},
        {2**60: "anna"},
        list(range(1, 60)),
    ],
)
def test_what_is_neither_or_could_be_taken_for_somebody_else_is_refused(approvers: object) -> None:
    with pytest.raises(ValueError, match="approvers"):
        TelegramConfig.model_validate({**GIVEN, "approvers": approvers})


def test_names_of_any_alphabet_are_names() -> None:
    config = TelegramConfig.model_validate({**GIVEN, "approvers": {7: "Jörg K.", 8: "Анна", 9: "安娜"}})
    assert list(config.approvers) == [7, 8, 9]
