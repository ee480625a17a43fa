"""One pairing at a time, for the admin who began it, and over when the page is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from lamplighter.integrations.telegram import TelegramConfig
from lamplighter.integrations.telegram.pairing import Stage, Standing
from lamplighter.integrations.telegram.simulator import SimulatedBot, simulated_bot
from lamplighter.web.pairing import LEFT, Pairings

TRIES, PAUSE_SECONDS = 3_000, 0.02


@pytest.fixture
def bot() -> Iterator[SimulatedBot]:
    with simulated_bot() as simulated:
        yield simulated


def config(bot: SimulatedBot, token: str = "") -> TelegramConfig:
    return TelegramConfig.model_validate({"token": token or bot.token, "chat": 0, "api_url": bot.url})


def standing(pairings: Pairings, owner: str = "ann") -> Standing:
    found = pairings.look(owner)
    assert found is not None
    return found


async def until(fits: Callable[[], object]) -> None:
    for _ in range(TRIES):
        if fits():
            return
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError("it did not come so far")


async def test_it_is_seen_by_who_began_it_alone_and_its_draft_comes_with_the_press(bot: SimulatedBot) -> None:
    changes: list[int] = []

    async def changed() -> None:
        changes.append(1)

    pairings = Pairings(changed)
    await pairings.begin("ann", config(bot), "home")
    assert pairings.look("kim") is None
    assert pairings.look("") is None
    assert pairings.draft("ann", "/t") == {}
    bot.start(standing(pairings).code, 7)
    await until(lambda: standing(pairings).stage is Stage.GREETED)
    bot.press(next(iter(bot.messages)), "I am here", 7)
    await until(lambda: pairings.draft("ann", "/t"))
    assert pairings.draft("ann", "/t") == {"token_file": "/t", "chat": 7, "approvers": [7], "api_url": bot.url}
    assert pairings.draft("kim", "/t") == {}
    assert len(changes) == 3
    await pairings.end()
    assert pairings.look("ann") is None


async def test_another_that_begins_ends_the_first(bot: SimulatedBot) -> None:
    pairings = Pairings()
    await pairings.begin("ann", config(bot), "home")
    old = standing(pairings).code
    await pairings.begin("kim", config(bot), "home")
    assert pairings.look("ann") is None
    bot.start(old, 666)
    bot.start(standing(pairings, "kim").code, 7)
    await until(lambda: standing(pairings, "kim").stage is Stage.GREETED)
    found = standing(pairings, "kim").bearer
    assert found is not None
    assert found.user == 7
    await pairings.end("ann")
    assert pairings.look("kim") is not None
    await pairings.end("kim")
    assert pairings.look("kim") is None


async def test_who_leaves_the_page_leaves_no_poll_behind(bot: SimulatedBot) -> None:
    pairings = Pairings(unseen_seconds_max=0.0)
    await pairings.begin("ann", config(bot), "home")
    await until(lambda: standing(pairings).problem == LEFT)
    assert (standing(pairings).stage, standing(pairings).link) == (Stage.ENDED, "")
    await pairings.end()


async def test_what_is_wrong_with_the_bot_stands_there_and_nothing_waits(bot: SimulatedBot) -> None:
    pairings = Pairings()
    await pairings.begin("ann", config(bot, "1:another"), "home")
    assert "does not know this token" in standing(pairings).problem
    assert "another" not in repr(pairings)
    assert [method for method, _ in bot.calls] == ["getMe"]


async def test_while_the_bot_of_one_is_asked_nothing_that_another_found_is_shown(bot: SimulatedBot) -> None:
    pairings = Pairings()
    await pairings.begin("ann", config(bot), "home")
    old = standing(pairings).code
    bot.faults.append((0, {"silence": 1}))
    beginning = asyncio.create_task(pairings.begin("kim", config(bot), "home"))
    await until(lambda: [method for method, _ in bot.calls].count("getMe") == 2)
    seen = pairings.look("kim")
    assert seen is None or seen.code != old
    await beginning
    assert pairings.look("kim") is not None
    await pairings.end()


async def test_a_press_that_is_being_thanked_for_is_not_taken_back_where_the_page_was_left(bot: SimulatedBot) -> None:
    pairings = Pairings()
    await pairings.begin("ann", config(bot), "home")
    bot.start(standing(pairings).code, 7)
    await until(lambda: standing(pairings).stage is Stage.GREETED)
    bot.faults.append((0, {"silence": 3}))
    bot.press(next(iter(bot.messages)), "I am here", 7)
    await until(lambda: pairings.draft("ann", "/t"))
    pairings.unseen_seconds_max = 0.0
    await until(lambda: not bot.updates)
    assert standing(pairings).stage is Stage.ANSWERED
    await pairings.end()
