"""Answers of people: yes, no, later, why, I have it. Whoever asks, and by whatever door, it is done here and once.

What they only remark on is remarks.py's work.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from lamplighter.domain.approval import OPEN_MAX, Approval, CannotAnswer, first_asked
from lamplighter.domain.incident import Incident
from lamplighter.domain.letter import Nonce
from lamplighter.domain.message import Press
from lamplighter.domain.redaction import redact
from lamplighter.domain.texts import kept_text
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.ports import Awaited, Clock, Pressed, Reply, Store, StoreUnavailable, Switch, Word
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.posting import Posting
from lamplighter.workflow.postman import digest_of_token
from lamplighter.workflow.remarks import Remarks

SNOOZE = timedelta(minutes=30)
TOKEN_CHARS_MAX = 64
NOTICE_BYTES_MAX = 160
PAUSE_SECONDS_MAX = 30 * 86_400
_DURATION = re.compile(r"([0-9]{1,6})\s*([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_STALE = "This button was used already, or it is too old. The newest message has fresh ones."
log = structlog.get_logger()


class PutOffEnough(CannotAnswer):
    """A question that was put off for as long as its evidence is good."""


class Wakes(Protocol):
    """Who can end a response's wait."""

    async def wake(self, incident: Incident) -> None:
        """End a wait of the incident's response early."""
        ...


@dataclass(slots=True)
class Answering:
    """The desk at which buttons and commands of messages arrive. Every effect goes by the store's own rules."""

    store: Store
    clock: Clock
    chronicle: Chronicle
    posting: Posting
    briefing: Briefing
    response: Wakes
    switch: Switch
    remarks: Remarks
    answer_seconds: float = 900.0

    async def press(self, pressed: Pressed) -> Reply:
        """Do what a button stands for, at most once. What it stands for was written down when it was made."""
        if not 0 < len(pressed.token) <= TOKEN_CHARS_MAX:
            return Reply(_STALE, ok=False)
        try:
            nonce = await asyncio.to_thread(self.store.nonces.load, digest_of_token(pressed.token))
            if nonce is None or nonce.channel != pressed.channel or nonce.press is Press.REASON:
                log.warning("an unknown button was pressed", channel=pressed.channel, by=pressed.by)
                return Reply(_STALE, ok=False)
            if nonce.used_at is not None or self.clock.now() >= nonce.expires_at:
                return Reply(await self._instead(nonce), ok=False)
            if nonce.holder and not self._still_holds(nonce):
                log.warning("a button of somebody who may not answer any more", channel=nonce.channel, by=nonce.holder)
                return Reply(f"{nonce.holder} may not answer here any more.", ok=False)
            by = nonce.holder or pressed.by
            if not by:
                return Reply("I do not know who you are, so this does not count.", ok=False)
            incident = await asyncio.to_thread(self.store.incidents.load, nonce.incident_id)
            if incident is None:
                return Reply(f"{nonce.incident_id} is gone.", ok=False)
            return await self._act(nonce, incident, by)
        except StoreUnavailable as problem:
            log.warning("an answer could not be kept", problem=str(problem))
            return Reply("I cannot write this down now, so it does not count. Press again in a moment.", ok=False)

    def _still_holds(self, nonce: Nonce) -> bool:
        """Whether the configuration names the holder now, and not only when the button was made."""
        return any(one.name == nonce.channel and one.can.holder == nonce.holder for one in self.posting.channels)

    async def _act(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        acts: dict[Press, Callable[[Nonce, Incident, str], Awaitable[Reply]]] = {
            Press.APPROVE: self._answer,
            Press.DENY: self._answer,
            Press.SNOOZE: self._snooze,
            Press.WHY: self._why,
            Press.ACKNOWLEDGE: self._acknowledge,
            Press.SILENCE: self._silence,
            Press.COMMANDS: self._commands,
            Press.RIGHT: self._assess,
            Press.WRONG: self._assess,
        }
        try:
            return await acts[nonce.press](nonce, incident, by)
        except (CannotAnswer, LookupError) as problem:
            return Reply(f"That does not count: {redact(str(problem))}", ok=False)

    async def _answer(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        """A yes or a no, bound to the plan that the message showed, in one transaction with the nonce."""
        approve = nonce.press is Press.APPROVE
        held = await asyncio.to_thread(
            lambda: self.store.approvals.answer(
                nonce.approval_id,
                approve=approve,
                by=by,
                reason="",
                plan_hash=nonce.plan_hash,
                now=self.clock.now(),
                nonce=nonce.digest,
            )
        )
        await self.response.wake(incident)
        if approve:
            return Reply(f"{incident.id}: you said yes to: {kept_text(held.summary, NOTICE_BYTES_MAX)}")
        asks = f"why not, {incident.id}? (optional: reply to this message)"
        return Reply(f"{incident.id}: you said no; nothing is done", asks=asks, about=held.id)

    async def _snooze(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        """Ask again later. The question stays open for as long as any, and never past its bound."""
        present = await asyncio.to_thread(self.store.approvals.load, nonce.approval_id)
        if present is None:
            return Reply(_STALE, ok=False)
        try:
            await self.put_off(present, incident, by, nonce.digest)
        except PutOffEnough as problem:
            return Reply(str(problem), ok=False)
        return Reply(f"{incident.id}: I ask again in 30 minutes, and do nothing until then.")

    async def put_off(self, present: Approval, incident: Incident, by: str, nonce: str = "") -> Approval:
        """Ask a question again later; `nonce` is the button's. Raises `CannotAnswer`, `LookupError`."""
        now = self.clock.now()
        earlier = await asyncio.to_thread(self.store.approvals.of_incident, incident.id)
        again, end = now + SNOOZE, first_asked(earlier, incident, present.asked_at) + OPEN_MAX
        until = min(again + timedelta(seconds=self.answer_seconds), end)
        if again >= end:
            raise PutOffEnough("It was put off long enough: say yes or no, or let it expire; then nothing is done.")
        extend, mark = self.store.approvals.extend, nonce or secrets.token_hex(8)
        held = await asyncio.to_thread(lambda: extend(present.id, until, now=now, nonce=nonce, by=by))
        called = self.chronicle.called.of(by)
        expiry = f"the question now expires at {held.expires_at:%H:%M}"
        text = f"{called} wants to be asked again at {again:%H:%M} UTC; {expiry}"
        data: dict[str, object] = {"by": by}
        await self.chronicle.note(incident, f"snoozed:{mark[:12]}", Moment.COMMENTED, Crew.PERSON, text, data)
        await self.response.wake(incident)
        await self.posting.remind(incident, (held.summary,), again)
        await self.posting.refresh(incident, mark)
        return held

    async def _why(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        if not await self._used(nonce, by):
            return Reply(_STALE, ok=False)
        text = await self.briefing.why(incident)
        await self.posting.refresh(incident, nonce.digest)
        return Reply(f"{incident.id}: here is what I know.", text=text)

    async def _commands(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        if not await self._used(nonce, by):
            return Reply(_STALE, ok=False)
        text = await self.briefing.commands(incident)
        await self.posting.refresh(incident, nonce.digest)
        return Reply(f"{incident.id}: here is what a person can do.", text=text)

    async def _silence(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        if not incident.is_open:
            return Reply(f"{incident.id} is {incident.state} already.", ok=False)
        reply = await self.remarks.silence(nonce, incident, by)
        await self.posting.refresh(incident, nonce.digest)
        return reply

    async def _assess(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        reply = await self.remarks.assess(nonce, incident, by)
        await self.posting.refresh(incident, nonce.digest)
        return reply

    async def expect(self, awaited: Awaited) -> None:
        """A question in words was put to somebody who said no. Raises `StoreUnavailable`."""
        await self.remarks.expect(awaited)

    async def word(self, word: Word) -> Reply | None:
        """Write down what was answered; None where nothing was asked there, or not of this person."""
        try:
            nonce = await self.remarks.reason(word)
            incident = await asyncio.to_thread(self.store.incidents.load, nonce.incident_id) if nonce else None
            if nonce is None or incident is None:
                return None
            await self.posting.refresh(incident, nonce.digest)
        except (CannotAnswer, LookupError):
            return Reply("Why was written down already, or it is too late; the no stands.", ok=False)
        except StoreUnavailable as problem:
            log.warning("a reason could not be kept", problem=str(problem))
            return Reply("I cannot write this down now; the no stands. Reply again in a moment.", ok=False)
        return Reply(f"{nonce.incident_id}: written down.")

    async def _acknowledge(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        if not incident.is_open:
            return Reply(f"{incident.id} is {incident.state} already.", ok=False)
        key, text = f"ack:{secrets.token_hex(8)}", f"{self.chronicle.called.of(by)} has it"
        event = self.chronicle.event(incident, key, Moment.ACKNOWLEDGED, Crew.PERSON, text, {"by": by})
        acknowledge = self.store.incidents.acknowledge
        known = await asyncio.to_thread(lambda: acknowledge(incident.id, by, event, nonce=nonce.digest))
        self.chronicle.news.announce()
        await self.posting.refresh(known, nonce.digest)
        return Reply(f"{incident.id}: you have it. I go on looking.")

    async def _used(self, nonce: Nonce, by: str) -> bool:
        return await asyncio.to_thread(lambda: self.store.nonces.use(nonce.digest, by=by, now=self.clock.now()))

    async def _instead(self, nonce: Nonce) -> str:
        """What a button that does not count any more is answered with: the first answer won."""
        held = await asyncio.to_thread(self.store.approvals.load, nonce.approval_id) if nonce.approval_id else None
        if held is None:
            return _STALE
        by = f" by {self.chronicle.called.of(held.approver)}" if held.approver else ""
        return f"{held.incident_id}: the question is {held.state}{by}."

    async def command(self, word: str, argument: str, by: str) -> str:
        """/pause, /resume and /status. They need no store but for the numbers."""
        if word == "pause":
            return await self._pause(argument, by)
        if word == "resume":
            try:
                await asyncio.to_thread(lambda: self.switch.resume(by=by))
            except OSError as problem:
                return f"The switch could not be changed: {problem.strerror}. Actions stay paused."
            log.warning("resumed from a chat", by=by)
            return "Actions may run again, as policy allows."
        if word == "status":
            return await self._status()
        return "I know: /status, /pause [30m] [why], /resume. Everything else has a button."

    async def _pause(self, argument: str, by: str) -> str:
        first, _, rest = argument.strip().partition(" ")
        seconds = _seconds(first)
        why = redact(rest if seconds else argument)[:300].strip()
        duration = timedelta(seconds=seconds) if seconds else None
        try:
            words = await asyncio.to_thread(lambda: self.switch.pause(by=by, reason=why, duration=duration))
        except OSError as problem:
            return f"The switch could not be pressed: {problem.strerror}. Stop the server to stop actions."
        log.warning("paused from a chat", by=by)
        return f"Paused {words}. No new action begins. /resume lets them run again."

    async def _status(self) -> str:
        paused = self.switch.paused()
        lines = [f"Paused {paused}." if paused else "Not paused."]
        try:
            counts = await asyncio.to_thread(self.store.incidents.counts)
            listed = self.store.approvals.listed
            asked = await asyncio.to_thread(lambda: listed(pending_only=True, limit=5))
        except StoreUnavailable as problem:
            return "\n".join([*lines, f"The store is away: {redact(str(problem))}"])
        lines += [f"{state}: {number}" for state, number in counts.items() if number] or ["No incidents."]
        lines += [f"waits for you: {one.incident_id}: {redact(one.summary)[:200]}" for one in asked]
        return "\n".join(lines)

    async def mark(self, name: str) -> str:
        """What a listener noted before."""
        return await asyncio.to_thread(self.store.outbox.mark, name)

    async def note(self, name: str, value: str) -> None:
        """Note how far a listener has read."""
        await asyncio.to_thread(self.store.outbox.note, name, value)


def _seconds(word: str) -> int:
    """The seconds that `30m` stands for; 0 where the word is no duration."""
    found = _DURATION.fullmatch(word.strip().lower())
    return min(PAUSE_SECONDS_MAX, int(found[1]) * _UNITS[found[2]]) if found else 0
