"""A phone is paired by a code that counts once; strangers change nothing, and what is wrong is said in plain words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from lamplighter.integrations.telegram.client import UPDATES_MAX, BotApi
from lamplighter.integrations.telegram.pairing import (
    LATE,
    POLLED,
    SHARED,
    WEBHOOK,
    WRONG_TOKEN,
    Pairing,
    Stage,
    Standing,
)
from lamplighter.integrations.telegram.simulator import SimulatedBot, simulated_bot
from lamplighter.ports import ChannelError
from lamplighter.testing import FakeClock

TRIES, PAUSE_SECONDS = 3_000, 0.02


@pytest.fixture
def bot() -> Iterator[SimulatedBot]:
    with simulated_bot() as simulated:
        yield simulated


@dataclass
class Case:
    """A pairing that runs, and all that was told of it."""

    bot: SimulatedBot
    told: list[Standing] = field(default_factory=list)
    pairing: Pairing = field(init=False)

    def __post_init__(self) -> None:
        self.pairing = made(self.bot, self.told)

    @property
    def now(self) -> Standing:
        return self.pairing.standing

    async def until(self, fits: Callable[[], object]) -> None:
        for _ in range(TRIES):
            if fits():
                return
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError(self.now)

    async def at(self, stage: Stage) -> None:
        await self.until(lambda: self.now.stage is stage)


def made(bot: SimulatedBot, told: list[Standing] | None = None, again_seconds: float = 0.02) -> Pairing:
    async def hear(standing: Standing) -> None:
        if told is not None:
            told.append(standing)

    return Pairing(BotApi(bot.url, bot.token, 30, FakeClock()), "home <lab>", hear, again_seconds)


@asynccontextmanager
async def begun(bot: SimulatedBot) -> AsyncIterator[Case]:
    case = Case(bot)
    await case.pairing.introduce()
    running = asyncio.create_task(case.pairing.run())
    try:
        yield case
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_from_the_link_over_the_hello_to_the_press(bot: SimulatedBot) -> None:
    async with begun(bot) as case:
        code = case.now.code
        assert len(code) >= 22
        assert case.now.link == f"https://t.me/{bot.username}?start={code}"
        assert case.now.group_link == f"https://t.me/{bot.username}?startgroup={code}"
        bot.start(code, 7)
        await case.at(Stage.GREETED)
        assert case.now.link == ""
        ((number, hello),) = bot.messages.items()
        assert hello["chat_id"] == 7
        assert "home &lt;lab&gt;" in hello["text"]
        press = bot.press(number, "I am here", 7)
        await case.at(Stage.ANSWERED)
        await case.until(lambda: "reply_markup" not in bot.messages[number])
        assert bot.notices[press].startswith("I reach you")
        assert case.now.bearer is not None
        assert (case.now.bearer.chat, case.now.bearer.user) == (7, 7)
        assert [one.stage for one in case.told] == [Stage.WAITING, Stage.GREETED, Stage.ANSWERED]


async def test_in_a_group_the_approver_is_the_person_and_the_chat_the_group(bot: SimulatedBot) -> None:
    async with begun(bot) as case:
        bot.start(case.now.code, 7, group=-100)
        await case.at(Stage.GREETED)
        bot.press(next(iter(bot.messages)), "I am here", 7)
        await case.at(Stage.ANSWERED)
        assert case.now.bearer is not None
        assert (case.now.bearer.chat, case.now.bearer.user, case.now.bearer.title) == (-100, 7, "Home")


async def test_strangers_change_nothing_whatever_they_say_or_press(bot: SimulatedBot) -> None:
    async with begun(bot) as case:
        code = case.now.code
        bot.say("hello", user=666, chat=666)
        bot.start("guessed", 666)
        bot.start(code, 7, group=-100)
        bot.start(code, 666)
        await case.at(Stage.GREETED)
        number = next(iter(bot.messages))
        strange = bot.press(number, "I am here", 666)
        forged = bot.press_with("forged", number, 7)
        elsewhere = bot.press_with(
            bot.messages[number]["reply_markup"]["inline_keyboard"][0][0]["callback_data"], 0, 7, 7
        )
        bot.press(number, "I am here", 7)
        await case.at(Stage.ANSWERED)
        assert case.now.bearer is not None
        assert case.now.bearer.user == 7
        assert bot.notices[strange] == bot.notices[elsewhere] == "This is not for you."
        assert forged not in bot.notices
        assert [body["chat_id"] for method, body in bot.calls if method == "sendMessage"] == [-100]


async def test_who_hides_is_told_why_and_may_come_again(bot: SimulatedBot) -> None:
    async with begun(bot) as case:
        bot.start(case.now.code, 1087968824, group=-100, is_bot=True)
        await case.until(lambda: "remain anonymous" in case.now.problem)
        bot.start(case.now.code, 7, group=-100)
        await case.at(Stage.GREETED)
        assert case.now.problem == ""


async def test_a_wrong_token_is_said(bot: SimulatedBot) -> None:
    pairing = made(bot)
    bot.token = "1:another"
    with pytest.raises(ChannelError, match="does not know this token") as raised:
        await pairing.introduce()
    assert str(raised.value) == WRONG_TOKEN


async def test_a_webhook_is_said_at_once(bot: SimulatedBot) -> None:
    bot.webhook = "https://elsewhere.example/secret"
    with pytest.raises(ChannelError) as raised:
        await made(bot).introduce()
    assert str(raised.value) == WEBHOOK


async def test_a_webhook_that_is_set_meanwhile_ends_it(bot: SimulatedBot) -> None:
    async with begun(bot) as case:
        bot.webhook = "https://elsewhere.example/"
        await case.at(Stage.ENDED)
        assert (case.now.problem, case.now.code) == (WEBHOOK, "")


async def test_another_program_that_polls_is_said(bot: SimulatedBot) -> None:
    async def other() -> None:
        api = BotApi(bot.url, bot.token, 30, FakeClock())
        while True:
            try:
                await api.updates(0)
            except ChannelError:
                await asyncio.sleep(0.01)

    async with begun(bot) as case:
        polling = asyncio.create_task(other())
        await case.at(Stage.ENDED)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        assert case.now.problem == POLLED


async def test_a_server_that_is_away_is_said_without_the_token() -> None:
    bot = SimulatedBot(url="http://127.0.0.1:9")
    with pytest.raises(ChannelError, match="was not reached") as raised:
        await made(bot).introduce()
    assert bot.token not in str(raised.value)


async def test_where_credentials_of_a_cloud_are_nothing_is_asked() -> None:
    with pytest.raises(ChannelError, match="link-local"):
        await made(SimulatedBot(url="http://169.254.169.254")).introduce()


async def test_after_its_time_it_stops_and_the_code_is_worth_nothing(bot: SimulatedBot) -> None:
    pairing = made(bot)
    await pairing.introduce()
    await pairing.run(seconds_max=0.05)
    assert (pairing.standing.stage, pairing.standing.problem, pairing.standing.link) == (Stage.ENDED, LATE, "")


async def test_a_press_and_a_command_for_another_program_are_left_to_it(bot: SimulatedBot) -> None:
    async with begun(bot) as case:
        bot.press_with("approve:abc", 5, 7, 7)
        bot.say("/pause", user=7, chat=7)
        bot.start(case.now.code, 7)
        await case.at(Stage.GREETED)
        bot.press(next(iter(bot.messages)), "I am here", 7)
        await case.at(Stage.ANSWERED)
    left = await BotApi(bot.url, bot.token, 30, FakeClock()).updates(0)
    assert "approve:abc" in [one["callback_query"]["data"] for one in left if "callback_query" in one]
    assert "/pause" in [one["message"]["text"] for one in left if "message" in one]


async def test_where_more_waits_than_can_be_read_nothing_of_another_program_is_let_go(bot: SimulatedBot) -> None:
    for number in range(UPDATES_MAX):
        bot.press_with(f"approve:{number}", 5, 7, 7)
    async with begun(bot) as case:
        await case.at(Stage.ENDED)
        assert (case.now.problem, case.now.code) == (SHARED, "")
    assert len(bot.updates) == UPDATES_MAX


async def test_talk_of_strangers_cannot_hide_the_code(bot: SimulatedBot) -> None:
    for _ in range(2 * UPDATES_MAX):
        bot.say("hello", user=666, chat=666)
    async with begun(bot) as case:
        bot.start(case.now.code, 7)
        await case.at(Stage.GREETED)


async def test_what_was_read_does_not_come_again_to_the_listener(bot: SimulatedBot) -> None:
    async with begun(bot) as case:
        bot.start(case.now.code, 7)
        await case.at(Stage.GREETED)
        bot.press(next(iter(bot.messages)), "I am here", 7)
        await case.until(lambda: not bot.updates)
        assert case.now.stage is Stage.ANSWERED


async def test_a_server_that_tells_nothing_at_once_is_not_asked_without_a_pause() -> None:
    class Hasty(SimulatedBot):
        def answer(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - JSON
            if not path.endswith("/getUpdates"):
                return super().answer(path, body)
            self.calls.append(("getUpdates", dict(body)))
            return 200, {"ok": True, "result": []}

    with simulated_bot(Hasty()) as bot:
        pairing = made(bot, again_seconds=60)
        await pairing.introduce()
        await pairing.run(seconds_max=1.0)
        assert len([method for method, _ in bot.calls if method == "getUpdates"]) <= 1


async def test_a_press_in_the_last_moment_counts(bot: SimulatedBot) -> None:
    async def hear(standing: Standing) -> None:
        if standing.stage is Stage.ANSWERED:
            raise TimeoutError

    pairing = Pairing(BotApi(bot.url, bot.token, 30, FakeClock()), "home", hear, again_seconds=0.02)
    await pairing.introduce()
    bot.start(pairing.standing.code, 7)
    running = asyncio.create_task(pairing.run())
    for _ in range(TRIES):
        if pairing.standing.stage is Stage.GREETED:
            break
        await asyncio.sleep(PAUSE_SECONDS)
    bot.press(next(iter(bot.messages)), "I am here", 7)
    await running
    assert (pairing.standing.stage, pairing.standing.problem) == (Stage.ANSWERED, "")


@pytest.mark.parametrize(
    "name", ["", "a" * 5_000, "<b>bot</b>", "bot?start=x", "\N{FULLWIDTH LATIN SMALL LETTER A}bot"]
)
async def test_what_names_itself_as_no_bot_can_is_refused(bot: SimulatedBot, name: str) -> None:
    bot.username = name
    with pytest.raises(ChannelError, match="names no bot"):
        await made(bot).introduce()


async def test_a_server_that_says_back_the_address_tells_no_token() -> None:
    class Echo(SimulatedBot):
        def answer(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - JSON
            return 500, {"ok": False, "error_code": 500, "description": f"no route for {path}"}

    with simulated_bot(Echo(token="123456:Sesame-Sesame")) as echo, pytest.raises(ChannelError) as raised:
        await made(echo).introduce()
    assert "no route" in str(raised.value)
    assert "sesame" not in f"{raised.value} {raised.value.__cause__}".lower()


async def test_a_code_that_a_whole_group_has_read_counts_no_more(bot: SimulatedBot) -> None:
    async with begun(bot) as case:
        read = case.now.code
        bot.start(read, 1087968824, group=-100, is_bot=True)
        bot.start(read, 666)
        await case.until(lambda: case.now.problem)
        assert case.now.code not in {"", read}
        bot.start(case.now.code, 7, group=-100)
        await case.at(Stage.GREETED)
        assert case.now.bearer is not None
        assert case.now.bearer.user == 7
