"""Only a person with the code counts, in a chat where it is plain who that is."""

from __future__ import annotations

from typing import Any

import pytest

from lamplighter.integrations.telegram.bearer import ANONYMOUS, ELSEWHERE, Bearer, bearer_of, press_of

CODE, BOT = "c0de", "lamp_bot"


def said(text: str = f"/start {CODE}", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    sender = {"id": 7, "is_bot": False, "first_name": "Anna", "last_name": "Low", "username": "anna"}
    return {"message": {"from": sender, "chat": {"id": 7, "type": "private"}, "text": text, **more}}


GROUP = {"id": -100, "type": "supergroup", "title": "Home\u202e"}


def test_the_code_in_a_chat_of_ones_own() -> None:
    assert bearer_of(said(), CODE, BOT) == Bearer(7, 7, "Anna Low @anna")


def test_the_code_in_a_group_to_which_the_bot_was_added() -> None:
    found = bearer_of(said(f"/start@Lamp_Bot {CODE}", chat=GROUP), CODE, BOT)
    assert isinstance(found, Bearer)
    assert (found.chat, found.user, found.alone) == (-100, 7, False)
    assert "\u202e" not in found.title


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"message": "x"},
        {"callback_query": {"data": CODE}},
        said("/start"),
        said("/start other"),
        said(f"start {CODE}"),
        said(f"/start@else_bot {CODE}"),
        said(f"/start {CODE} more"),
        said(f"/start {CODE}" + " " * 300),
        said(f"/START {CODE.upper()}"),
        said(forward_origin={"type": "user"}),
        said(chat=None),
    ],
)
def test_anything_else_is_nobody(update: dict[str, Any]) -> None:
    assert bearer_of(update, CODE, BOT) is None


def test_a_spent_code_fits_nothing() -> None:
    assert bearer_of(said("/start "), "", BOT) is None


def test_who_hides_behind_a_group_or_a_channel_is_told_why() -> None:
    hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    assert bearer_of(said(chat=GROUP, **{"from": hidden}), CODE, BOT) == ANONYMOUS
    assert bearer_of(said(chat=GROUP, sender_chat=GROUP), CODE, BOT) == ANONYMOUS
    assert bearer_of(said(chat={"id": -5, "type": "channel"}), CODE, BOT) == ELSEWHERE
    assert bearer_of(said(chat={"id": 8, "type": "private"}), CODE, BOT) == ELSEWHERE


def test_a_press_says_who_and_where() -> None:
    query = {"id": "p1", "data": "d", "from": {"id": 7}, "message": {"chat": {"id": -100}}}
    assert press_of({"callback_query": query}) == ("p1", "d", 7, -100)
    for wrong in ({}, {"callback_query": {**query, "data": 1}}, {"callback_query": {**query, "message": None}}):
        assert press_of(wrong) == ("", "", 0, 0)
