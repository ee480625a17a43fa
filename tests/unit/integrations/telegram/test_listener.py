"""A pause is obeyed without the store, other bots' commands are not ours, and numbers that begin anew are read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from lamplighter.integrations.telegram.client import BotApi
from lamplighter.integrations.telegram.listener import MARK, TelegramListener
from lamplighter.integrations.telegram.simulator import SimulatedBot, simulated_bot
from lamplighter.ports import Awaited, Pressed, Reply, StoreUnavailable, Word
from lamplighter.testing import FakeClock

CHAT, OWNER = 42, 7


@dataclass
class Counter:
    """The desk; where the store is away, it says so, or it hangs."""

    away: bool = False
    hangs: bool = False
    marks: dict[str, str] = field(default_factory=dict)
    did: list[str] = field(default_factory=list)
    says: Reply = field(default_factory=lambda: Reply("pressed"))
    awaited: list[Awaited] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    async def _store(self) -> None:
        if self.hangs:
            await asyncio.sleep(3_600)
        if self.away:
            raise StoreUnavailable("database is locked")

    async def mark(self, name: str) -> str:
        await self._store()
        return self.marks.get(name, "")

    async def note(self, name: str, value: str) -> None:
        self.did.append("note")
        await self._store()
        self.marks[name] = value

    async def press(self, pressed: Pressed) -> Reply:
        self.did.append(pressed.token)
        return self.says

    async def expect(self, awaited: Awaited) -> None:
        await self._store()
        self.awaited.append(awaited)

    async def word(self, word: Word) -> Reply | None:
        self.words.append(word)
        if self.hangs:
            await asyncio.sleep(3_600)
        return Reply("written down") if any(one.reference == word.reference for one in self.awaited) else None

    async def command(self, word: str, argument: str, by: str) -> str:
        self.did.append(f"{word} {argument}".strip())
        return "done"

    @property
    def commands(self) -> list[str]:
        return [one for one in self.did if one != "note"]


@pytest.fixture
def bot() -> Iterator[SimulatedBot]:
    with simulated_bot() as simulated:
        yield simulated


def listener(bot: SimulatedBot, clock: FakeClock, token: str = "") -> TelegramListener:
    bot.token = token or bot.token
    return TelegramListener(BotApi(bot.url, bot.token, 30, clock), CHAT, frozenset({OWNER}), clock)


def say(bot: SimulatedBot, text: str, clock: FakeClock) -> None:
    bot.say(text, OWNER, CHAT, clock.now().timestamp())


@pytest.mark.parametrize("trouble", ["away", "hangs"])
async def test_a_pause_is_obeyed_once_while_the_store_is_away(bot: SimulatedBot, trouble: str) -> None:
    clock = FakeClock()
    desk = Counter(**{trouble: True})
    ears = listener(bot, clock)
    say(bot, "/pause 30m", clock)
    assert await ears.listen(desk) == 1
    assert desk.did[0] == "pause 30m"
    assert await ears.listen(desk) == 0
    assert desk.commands == ["pause 30m"]


async def test_a_resume_that_cannot_be_noted_does_not_count(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter(away=True)
    ears = listener(bot, clock)
    say(bot, "/resume", clock)
    say(bot, "/status", clock)
    await ears.listen(desk)
    assert desk.commands == ["status"]
    assert any("does not count" in one["text"] for one in bot.messages.values())
    desk.away = False
    say(bot, "/resume", clock)
    await ears.listen(desk)
    assert desk.commands == ["status", "resume"]
    assert int(desk.marks[f"{MARK}:123456"]) > 100


async def test_all_but_a_pause_is_noted_before_it_is_done(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter()
    say(bot, "/resume", clock)
    bot.press_with("token", 1, OWNER, CHAT)
    await listener(bot, clock).listen(desk)
    assert desk.did == ["note", "resume", "note", "token"]


async def test_numbers_that_begin_anew_are_read_and_each_once(bot: SimulatedBot) -> None:
    clock = FakeClock()
    bot.renumbered = True
    desk = Counter(marks={f"{MARK}:123456": "885000001"})
    ears = listener(bot, clock)
    say(bot, "/status", clock)
    assert await ears.listen(desk) == 1
    assert await ears.listen(desk) == 0
    say(bot, "/pause", clock)
    assert await ears.listen(desk) == 1
    assert desk.commands == ["status", "pause"]
    assert int(desk.marks[f"{MARK}:123456"]) < 1_000


async def test_they_are_read_once_too_where_the_lower_number_cannot_be_noted(bot: SimulatedBot) -> None:
    class NotesNothing(Counter):
        async def note(self, name: str, value: str) -> None:
            raise StoreUnavailable("read-only")

    clock = FakeClock()
    bot.renumbered = True
    desk = NotesNothing(marks={f"{MARK}:123456": "885000001"})
    ears = listener(bot, clock)
    say(bot, "/pause", clock)
    assert [await ears.listen(desk) for _ in range(3)] == [1, 0, 0]
    assert desk.commands == ["pause"]


async def test_how_far_one_bot_was_read_says_nothing_of_another(bot: SimulatedBot) -> None:
    clock = FakeClock()
    desk = Counter(marks={f"{MARK}:123456": "885000001"})
    say(bot, "/status", clock)
    assert await listener(bot, clock, token="99:other").listen(desk) == 1
    assert desk.commands == ["status"]
    assert set(desk.marks) == {f"{MARK}:123456", f"{MARK}:99"}


async def test_a_command_that_names_another_bot_is_not_ours(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter()
    others, ours = ("/resume@otherbot", "/pause@otherbot"), ("/status@Lamplighter_Bot", "/resume@lamplighter_bot")
    for text in (*others, *ours):
        say(bot, text, clock)
    await listener(bot, clock).listen(desk)
    assert desk.commands == ["status", "resume"]


async def test_where_our_name_is_not_known_only_a_pause_that_names_a_bot_is_obeyed(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter()
    bot.faults += [(500, {})] * 2
    say(bot, "/resume@lamplighter_bot", clock)
    say(bot, "/pause@lamplighter_bot", clock)
    await listener(bot, clock).listen(desk)
    assert desk.commands == ["pause"]


ASKS = Reply("you said no", asks="why not, INC-1? <b>", about="INC-1-abc")


async def asked(bot: SimulatedBot, ears: TelegramListener, desk: Counter) -> int:
    """Press No; the number of the question that came."""
    desk.says = ASKS
    bot.press_with("token", 1, OWNER, CHAT)
    await ears.listen(desk)
    return next(number for number, one in bot.messages.items() if "why not" in one["text"])


async def test_who_said_no_is_asked_why_and_may_answer_by_a_reply(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter()
    ears = listener(bot, clock)
    question = await asked(bot, ears, desk)
    shown = bot.messages[question]
    assert shown["reply_markup"]["force_reply"] is True
    assert shown["reply_markup"]["selective"] is True
    # Whom it means is named by the number, and what is asked is text.
    assert shown["text"] == f'<a href="tg://user?id={OWNER}">You</a>: why not, INC-1? &lt;b&gt;'
    assert [(one.reference, one.by, one.about) for one in desk.awaited] == [
        (f"{CHAT}:{question}", f"telegram:{OWNER}", "INC-1-abc")
    ]
    bot.say("guests are here", OWNER, CHAT, clock.now().timestamp(), reply_to=question)
    await ears.listen(desk)
    assert [(one.reference, one.by, one.text) for one in desk.words] == [
        (f"{CHAT}:{question}", f"telegram:{OWNER}", "guests are here")
    ]
    assert any(one["text"] == "written down" for one in bot.messages.values())


async def test_words_of_strangers_in_other_chats_or_to_nothing_are_not_heard(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter()
    ears = listener(bot, clock)
    question = await asked(bot, ears, desk)
    at = clock.now().timestamp()
    bot.say("let me in", 666, CHAT, at, reply_to=question)
    bot.say("wrong room", OWNER, CHAT + 1, at, reply_to=question)
    bot.say("just talking", OWNER, CHAT, at)
    bot.say("to another message", OWNER, CHAT, at, reply_to=1)
    before = len(bot.messages)
    await ears.listen(desk)
    assert [one.text for one in desk.words] == ["to another message"]
    # Nobody is told anything: it was talk among people.
    assert len(bot.messages) == before


async def test_a_reply_is_read_once_and_a_command_in_one_is_a_command(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter()
    ears = listener(bot, clock)
    question = await asked(bot, ears, desk)
    bot.say("x" * 5_000, OWNER, CHAT, clock.now().timestamp(), reply_to=question)
    bot.say("/status", OWNER, CHAT, clock.now().timestamp(), reply_to=question)
    held = list(bot.updates)
    await ears.listen(desk)
    bot.updates = held
    await ears.listen(desk)
    await listener(bot, clock).listen(desk)
    assert [len(one.text) for one in desk.words] == [1_000]
    assert "status" in desk.commands


async def test_a_question_that_could_not_be_put_or_kept_stops_nothing(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter(says=ASKS)
    ears = listener(bot, clock)
    bot.faults = [(0, {}), (500, {})]
    bot.press_with("token", 1, OWNER, CHAT)
    await ears.listen(desk)
    assert desk.awaited == []
    desk.away = True
    bot.press_with("token", 1, OWNER, CHAT)
    await ears.listen(desk)
    assert desk.awaited == []
    assert desk.commands == ["token", "token"]


async def test_talk_holds_up_no_pause_where_the_store_hangs(bot: SimulatedBot) -> None:
    clock, desk = FakeClock(), Counter(hangs=True)
    bot.say("just talking", OWNER, CHAT, clock.now().timestamp(), reply_to=1)
    say(bot, "/pause", clock)
    await listener(bot, clock).listen(desk)
    assert desk.commands == ["pause"]
