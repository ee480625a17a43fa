"""Delivers what lies in the outbox: each channel by itself, with retries, never in the way of a response."""

from __future__ import annotations

import asyncio
import hashlib
import random
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import Incident
from lamplighter.domain.letter import Letter, LetterState, Nonce, asked_pause, next_try, why_given_up
from lamplighter.domain.message import Button, Kind, Message, Press
from lamplighter.domain.pushing import label_of, presses_of
from lamplighter.domain.redaction import redact
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import ChannelError, Clock, NotificationChannel, Store, StoreUnavailable
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.news import News

SEND_SECONDS_MAX = 20.0
# A process that is killed while it sends keeps a letter for so long; then it is sent again.
CLAIM_SECONDS = 40.0
TURN_SECONDS = 2.0
KEEP_DAYS = 30
PRUNE_SECONDS = 3_600.0
PRUNES_MAX = 50
BUTTON_DAYS = 1
TOKEN_BYTES = 16
log = structlog.get_logger()


@dataclass(slots=True)
class Postman:
    """One round per channel, so that a channel that hangs holds up no other. `counts` is for the metrics."""

    store: Store
    clock: Clock
    briefing: Briefing
    news: News
    channels: tuple[NotificationChannel, ...] = ()
    chance: Callable[[], float] = random.random
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _not_before: dict[str, datetime] = field(default_factory=dict)
    _bells: dict[str, asyncio.Event] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """Something lies in the outbox; may be called from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        for bell in self._bells.values():
            bell.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._bells = {channel.name: asyncio.Event() for channel in self.channels}
        await asyncio.gather(self._forget(), *(self._rounds(channel) for channel in self.channels))

    async def _rounds(self, channel: NotificationChannel) -> None:
        bell = self._bells[channel.name]
        while True:
            bell.clear()
            more = False
            try:
                more = await self.round(channel) > 0
            except StoreUnavailable as problem:
                log.warning("the store is away; letters wait", channel=channel.name, problem=str(problem))
            if not more:
                await _rung(bell, TURN_SECONDS)

    async def _forget(self) -> None:
        while True:
            try:
                before = self.clock.now() - timedelta(days=KEEP_DAYS)
                for _ in range(PRUNES_MAX):
                    if not await asyncio.to_thread(self.store.outbox.prune, before):
                        break
            except StoreUnavailable as problem:
                log.warning("the store is away; old letters stay", problem=str(problem))
            await self.clock.sleep(PRUNE_SECONDS)

    async def round(self, channel: NotificationChannel) -> int:
        """Deliver the oldest that is due on one channel; returns how many were taken. Raises `StoreUnavailable`."""
        now = self.clock.now()
        if now < self._not_before.get(channel.name, now):
            return 0
        until = now + timedelta(seconds=CLAIM_SECONDS)
        claim = self.store.outbox.claim
        letters = await asyncio.to_thread(lambda: claim(channel.name, now, until=until, limit=1))
        for letter in letters:
            await self._deliver(channel, replace(letter, attempts=letter.attempts + 1))
        return len(letters)

    async def _deliver(self, channel: NotificationChannel, letter: Letter) -> None:
        message = await asyncio.to_thread(self._ready, channel, letter)
        if message is None:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS_MAX):
                reference = await channel.send(message)
        except TimeoutError:
            slow = ChannelError(f"no answer in {SEND_SECONDS_MAX:.0f} s", permanent=False)
            await self._refused(letter, slow)
        except ChannelError as problem:
            await self._refused(letter, problem)
        except Exception as problem:  # noqa: BLE001 - whatever a channel breaks on must not end the post for all others
            broken = ChannelError(f"{type(problem).__name__}: {problem}", permanent=False)
            await self._refused(letter, broken)
        else:
            await self._took(letter, reference)

    def _ready(self, channel: NotificationChannel, letter: Letter) -> Message | None:
        """The message as it goes out, with fresh buttons; None where it is not worth sending any more.

        What people said since it was written is in it: who says more later finds it standing, and changes it.
        """
        message, outbox = letter.message, self.store.outbox
        replaces = outbox.reference(channel.name, message.incident_id) if message.incident_id else ""
        incident = self.store.incidents.load(message.incident_id) if message.incident_id else None
        present = replace(letter, message=self._present(letter, incident))
        why = self._why_stale(letter, present.message, replaces, incident)
        if why:
            outbox.end(letter.key, LetterState.SUPERSEDED, self.clock.now(), problem=why)
            return None
        return replace(present.message, replaces=replaces, buttons=self._buttons(channel, present))

    def _present(self, letter: Letter, incident: Incident | None) -> Message:
        """The message as of now; as it was where another run has its incident, or what is kept cannot be read."""
        if incident is None or incident.run != letter.run:
            return letter.message
        try:
            return self.briefing.again(letter.message, incident)
        except StoreUnavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - another version may have written what is kept; people hear all the same
            log.warning("a letter goes out as it was written", letter=letter.key, problem=redact(str(problem)))
            return letter.message

    def _why_stale(self, letter: Letter, present: Message, replaces: str, incident: Incident | None) -> str:
        message = letter.message
        if message.update and not replaces:
            return "there is no earlier message to change"
        if message.update and incident is not None and incident.run != letter.run:
            return "another response has the incident by now"
        if message.kind is Kind.ASK and (message.detail.approval_id or message.update):
            asked = self.store.approvals.load(present.detail.approval_id) if present.detail.approval_id else None
            if asked is None or asked.state is not ApprovalState.PENDING or self.clock.now() >= asked.expires_at:
                return "the question is not open any more"
        return ""

    def _buttons(self, channel: NotificationChannel, letter: Letter) -> tuple[Button, ...]:
        """One nonce for each button of this very delivery; only their digests are kept."""
        message, now = letter.message, self.clock.now()
        wanted = presses_of(message, replies=channel.can.replies)[: channel.can.buttons_max]
        buttons, issued = [], []
        for press in wanted:
            ends = message.detail.expires_at if press in _ANSWERS else now + timedelta(days=BUTTON_DAYS)
            if (press in _ANSWERS and not message.detail.approval_id) or ends is None:
                continue
            token = secrets.token_urlsafe(TOKEN_BYTES)
            buttons.append(Button(press, label_of(press, message), token))
            issued.append(_nonce(channel, letter, press, token, ends))
        self.store.nonces.issue(issued)
        return tuple(buttons)

    async def _took(self, letter: Letter, reference: str) -> None:
        now = self.clock.now()
        self.counts[letter.channel, "sent"] += 1
        end = self.store.outbox.end
        await asyncio.to_thread(lambda: end(letter.key, LetterState.SENT, now, reference=reference))
        if not letter.message.update:
            moment = letter.message.moment
            data: dict[str, object] = {
                "channel": letter.channel,
                "reference": reference,
                "said": letter.said,
                "severity": letter.message.severity,
                "lead": letter.lead,
            }
            await self._note(letter, f"told:{moment}:{letter.channel}", f"told {letter.channel}: {moment}", data)

    async def _refused(self, letter: Letter, problem: ChannelError) -> None:
        now = self.clock.now()
        words = redact(str(problem))
        why = why_given_up(letter, now, permanent=problem.permanent)
        pause = asked_pause(problem.retry_after_seconds)
        if pause:
            # The other side counts all that we send, so that every other letter would be refused as well.
            self._not_before[letter.channel] = now + timedelta(seconds=pause)
        log.warning("not delivered", channel=letter.channel, letter=letter.key, problem=words, given_up=why)
        if not why:
            self.counts[letter.channel, "retried"] += 1
            due = next_try(letter, now, chance=self.chance(), retry_after_seconds=problem.retry_after_seconds)
            await asyncio.to_thread(self.store.outbox.later, letter.key, due, words)
            return
        self.counts[letter.channel, "dead"] += 1
        end = self.store.outbox.end
        await asyncio.to_thread(lambda: end(letter.key, LetterState.DEAD, now, problem=f"{words} ({why})"))
        text = f"{letter.channel} did not take the message: {words}"
        data: dict[str, object] = {"channel": letter.channel, "failed": "true"}
        await self._note(letter, f"untold:{letter.message.moment}:{letter.channel}", text, data)

    async def _note(self, letter: Letter, key: str, text: str, data: dict[str, object]) -> None:
        if not letter.message.incident_id:
            return
        at = self.clock.now()
        name = f"{letter.run}:{key}"
        event = Event(letter.message.incident_id, name, at, Moment.NOTIFIED, Crew.COMMUNICATOR, text, data)
        try:
            await asyncio.to_thread(self.store.incidents.record, event)
        except LookupError as gone:
            log.info("the incident of a letter is gone", letter=letter.key, problem=str(gone))
        self.news.announce()


_ANSWERS = frozenset({Press.APPROVE, Press.DENY, Press.SNOOZE})


def digest_of_token(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _nonce(channel: NotificationChannel, letter: Letter, press: Press, token: str, ends: datetime) -> Nonce:
    detail = letter.message.detail
    return Nonce(
        digest=digest_of_token(token),
        channel=channel.name,
        incident_id=letter.message.incident_id,
        run=letter.run,
        press=press,
        expires_at=ends,
        approval_id=detail.approval_id,
        plan_hash=detail.plan_hash,
        holder=channel.can.holder,
    )


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
