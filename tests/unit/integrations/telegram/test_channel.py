"""One message for each incident in a chat: changed in place, put anew where it must be heard, never twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lamplighter.domain.message import Button, Press
from lamplighter.domain.pushing import label_of, presses_of
from lamplighter.integrations.telegram.channel import plain_reply
from lamplighter.integrations.telegram.simulator import SimulatedBot, simulated_bot
from lamplighter.ports import ChannelError, NotificationChannel
from lamplighter.testing import roles_of
from tests.unit.domain.letters import ALL

GOLDEN = Path(__file__).parents[3] / "golden" / "messages"
BUTTONS = tuple(Button(press, str(press), f"token-{press}") for press in Press)


@pytest.fixture
def bot() -> Iterator[SimulatedBot]:
    with simulated_bot() as simulated:
        yield simulated


def channel(bot: SimulatedBot, **more: object) -> NotificationChannel:
    config = {"token": bot.token, "chat": 42, "approvers": [7], "api_url": bot.url, "timeout_seconds": 5, **more}
    (found,) = roles_of("telegram", config).channels
    return found


async def test_what_makes_no_sound_changes_the_message_that_stands(bot: SimulatedBot) -> None:
    told = channel(bot)
    first = await told.send(ALL["detected"])
    update = replace(ALL["running"], loud=False, update=True, replaces=first)
    assert await told.send(update) == first
    ((_, message),) = bot.messages.items()
    assert "Fixing" in message["text"]


async def test_the_same_again_is_no_failure(bot: SimulatedBot) -> None:
    told = channel(bot)
    first = await told.send(ALL["detected"])
    same = replace(ALL["detected"], loud=False, replaces=first)
    assert await told.send(same) == first
    assert len(bot.messages) == 1


async def test_what_must_be_heard_takes_the_place_of_the_earlier_message(bot: SimulatedBot) -> None:
    told = channel(bot)
    first = await told.send(ALL["detected"])
    second = await told.send(replace(ALL["ask"], replaces=first))
    assert second != first
    ((number, message),) = bot.messages.items()
    assert second == f"42:{number}"
    assert message["disable_notification"] is False


async def test_an_update_of_a_message_that_a_person_deleted_is_let_go_and_news_is_sent_anew(bot: SimulatedBot) -> None:
    told = channel(bot)
    first = await told.send(ALL["detected"])
    bot.messages.clear()
    assert await told.send(replace(ALL["running"], loud=False, update=True, replaces=first)) == first
    assert bot.messages == {}
    await told.send(replace(ALL["self_cleared"], loud=False, replaces=first))
    assert len(bot.messages) == 1


async def test_a_message_of_another_chat_is_not_touched(bot: SimulatedBot) -> None:
    await channel(bot).send(replace(ALL["ask"], replaces="99:101"))
    assert [method for method, _ in bot.calls] == ["sendMessage"]


async def test_a_topic_gets_its_messages(bot: SimulatedBot) -> None:
    await channel(bot, topic=5).send(replace(ALL["digest"], loud=False))
    (message,) = bot.messages.values()
    assert (message["message_thread_id"], message["disable_notification"]) == (5, True)
    assert message["parse_mode"] == "HTML"


async def test_buttons_bear_their_token_alone_and_fit(bot: SimulatedBot) -> None:
    await channel(bot).send(replace(ALL["ask"], buttons=(*BUTTONS, Button(Press.WHY, "too long", "x" * 65))))
    (message,) = bot.messages.values()
    first, *rest = message["reply_markup"]["inline_keyboard"]
    assert [button["callback_data"] for button in first] == [
        f"token-{one}" for one in ("approve", "deny", "right", "wrong")
    ]
    assert all(len(row) <= 3 for row in rest)
    pressed = {button["callback_data"] for row in (first, *rest) for button in row if "url" not in button}
    assert pressed == {button.token for button in BUTTONS}


async def test_the_page_is_a_link_and_stands_in_the_text_no_more(bot: SimulatedBot) -> None:
    await channel(bot, approvers=[]).send(ALL["resolved"])
    (message,) = bot.messages.values()
    assert message["reply_markup"]["inline_keyboard"] == [[{"text": "Report", "url": ALL["resolved"].url}]]
    assert ALL["resolved"].url not in message["text"]


@pytest.mark.parametrize("url", ["http://localhost:8460/incidents/INC-142", "http://nas:8460/incidents/INC-142"])
async def test_an_address_that_telegram_takes_for_none_stands_in_the_text(bot: SimulatedBot, url: str) -> None:
    told = channel(bot)
    first = await told.send(replace(ALL["detected"], url=url, buttons=BUTTONS[:1]))
    (message,) = bot.messages.values()
    assert url in message["text"]
    assert [one["text"] for row in message["reply_markup"]["inline_keyboard"] for one in row] == ["approve"]
    tried = len(bot.calls)
    await told.send(replace(ALL["running"], url=url, loud=False, update=True, replaces=first))
    # It is not tried over and over.
    assert len(bot.calls) == tried + 1


@pytest.mark.parametrize("moment", sorted(ALL))
async def test_a_message_with_its_buttons_is_as_its_golden_file(bot: SimulatedBot, moment: str) -> None:
    message = ALL[moment]
    made = tuple(Button(press, label_of(press, message), f"t-{press}") for press in presses_of(message))
    await channel(bot).send(replace(message, buttons=made))
    (shown,) = bot.messages.values()
    rows = shown.get("reply_markup", {}).get("inline_keyboard", [])
    lines = [shown["text"], *(" ".join(f"[{one['text']}]" for one in row) for row in rows)]
    assert "\n".join(lines) + "\n" == (GOLDEN / f"{moment}.telegram").read_text(encoding="utf-8")
    bytes_max = max((len(one["callback_data"].encode()) for row in rows for one in row if "url" not in one), default=0)
    assert bytes_max <= 64


async def test_a_chat_that_is_not_there_is_a_failure_for_good(bot: SimulatedBot) -> None:
    with pytest.raises(ChannelError, match="chat not found") as caught:
        await channel(bot, chat=43).send(ALL["detected"])
    assert caught.value.permanent is True


def test_a_reply_is_escaped_and_fits() -> None:
    text = plain_reply("<b>&" * 10 + "\n" + "x\n" * 10_000)
    assert text.startswith("&lt;b&gt;&amp;")
    assert len(text) <= 4_096
