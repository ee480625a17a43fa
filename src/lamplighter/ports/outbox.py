"""The doors of messages on their way out, and of people's answers on their way in. All Protocols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lamplighter.domain.letter import Letter, LetterState, Nonce


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a channel can do beyond delivering: change what it said, show so many buttons.

    `holder` is who presses its buttons, where the channel itself cannot tell people apart and one person owns it.
    `replies` is whether who pressed is shown a text, `sounds` whether all that is new there makes a sound.
    """

    edits: bool = False
    buttons_max: int = 0
    holder: str = ""
    replies: bool = True
    sounds: bool = False


class Outbox(Protocol):
    """Letters to people: one row is both the intent and the state. Every write is durable before it returns."""

    def post(self, letters: Sequence[Letter]) -> int:
        """Write each once for its key; returns how many were written.

        What an earlier letter of the same channel and incident still waits to say after a failure is superseded; an
        update supersedes updates alone, and what takes the place of a loud letter is loud.
        """
        ...

    def claim(self, channel: str, now: datetime, *, until: datetime, limit: int = 10) -> Sequence[Letter]:
        """Take due letters of one channel, oldest first, of an incident one; nobody else gets them before `until`."""
        ...

    def end(self, key: str, state: LetterState, now: datetime, *, reference: str = "", problem: str = "") -> None:
        """Write the end of a letter."""
        ...

    def later(self, key: str, due_at: datetime, problem: str) -> None:
        """Put a claimed letter back until then."""
        ...

    def reference(self, channel: str, incident_id: str) -> str:
        """The channel's own id of its newest delivered message about this incident; empty where there is none."""
        ...

    def of_incident(self, incident_id: str, limit: int = 200) -> Sequence[Letter]:
        """The letters about one incident, newest first."""
        ...

    def listed(self, state: LetterState | None = None, *, limit: int = 50) -> Sequence[Letter]:
        """Letters, newest first."""
        ...

    def threads(self, limit: int = 200) -> Sequence[Letter]:
        """The newest letter of each incident that some channel was last told of as still open."""
        ...

    def prune(self, before: datetime, rows_max: int = 1_000) -> int:
        """Remove letters that ended, and nonces that expired, before then; returns how many."""
        ...

    def mark(self, name: str) -> str:
        """What was last noted under this name; empty where nothing was."""
        ...

    def note(self, name: str, value: str) -> None:
        """Note one value under a name."""
        ...


class Nonces(Protocol):
    """The one-time secrets behind the buttons of messages. Only their digests are kept."""

    def issue(self, nonces: Sequence[Nonce]) -> None:
        """Keep them, in one transaction."""
        ...

    def load(self, digest: str) -> Nonce | None:
        """One of them, used or not."""
        ...

    def use(self, digest: str, *, by: str, now: datetime) -> bool:
        """Use it up; False where somebody was faster, or it expired."""
        ...


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button that somebody pressed on a channel. `by` is the identity that the channel vouches for."""

    channel: str
    token: str
    by: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person who pressed is shown: a short notice, and a longer text where there is one.

    `asks` is a question that they may answer in words; what they answer belongs to `about`.
    """

    notice: str
    text: str = ""
    ok: bool = True
    asks: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A question that a channel has put to one person. `reference` is the channel's own id of that message."""

    channel: str
    reference: str
    by: str
    about: str


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody answered to that very message. The text is data, and chooses nothing."""

    channel: str
    reference: str
    by: str
    text: str


class Desk(Protocol):
    """Takes what people answer on channels. Who is asking is checked by the channel before."""

    async def press(self, pressed: Pressed) -> Reply:
        """Do what the button stands for, at most once."""
        ...

    async def expect(self, awaited: Awaited) -> None:
        """A question in words was put; for a while an answer to it counts, once. Raises `StoreUnavailable`."""
        ...

    async def word(self, word: Word) -> Reply | None:
        """Write down what was answered; None where nothing was asked there, of this person, or not any more."""
        ...

    async def command(self, word: str, argument: str, by: str) -> str:
        """One of the few commands of a chat, such as pause; returns what to answer in plain text."""
        ...

    async def mark(self, name: str) -> str:
        """What a listener noted before; empty where nothing was."""
        ...

    async def note(self, name: str, value: str) -> None:
        """Note how far a listener has read."""
        ...


class ChannelListener(Protocol):
    """A channel that people can answer on, by asking it for news."""

    name: str

    async def listen(self, desk: Desk) -> int:
        """One turn of asking, bounded in time; returns how much news it took. Raises `ChannelError`."""
        ...


class Heartbeat(Protocol):
    """Somebody outside who raises the alarm when our sign of life stays away."""

    name: str

    async def beat(self) -> None:
        """Give one sign of life. Raises `ChannelError`."""
        ...
