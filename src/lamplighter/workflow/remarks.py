"""What people say of an incident from a message: that it be silent, whether the cause was right, why they said no."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer
from lamplighter.domain.assessment import KEY, assessment_words, verdict_of
from lamplighter.domain.incident import Incident
from lamplighter.domain.letter import Nonce
from lamplighter.domain.message import Press
from lamplighter.domain.quiet import BadSilence, matcher_words, matchers_of
from lamplighter.domain.silence import Silence
from lamplighter.domain.texts import kept_text
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.wording import clock
from lamplighter.ports import Awaited, Clock, Reply, Store, Word
from lamplighter.workflow.briefing import SILENCE, Briefing
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.postman import digest_of_token

SILENT_FOR = timedelta(hours=1)
WORD_WITHIN = timedelta(minutes=15)
WORD_BYTES_MAX = 500
WORDS_BYTES_MAX = 400
ID_BYTES = 4


class Hush(Protocol):
    """Who keeps the silences."""

    async def add(self, silence: Silence, event: Event | None = None, *, nonce: str = "") -> Silence:
        """Make one, of one piece with its event and the nonce. Raises `BadSilence`, `CannotAnswer`."""
        ...


@dataclass(frozen=True, slots=True)
class Remarks:
    """Each uses up its nonce in the transaction of its effect. All raise `CannotAnswer`, `StoreUnavailable`."""

    store: Store
    clock: Clock
    chronicle: Chronicle
    briefing: Briefing
    hush: Hush

    async def silence(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        """An hour of silence for alerts as its lead is. It is looked at and written down all the same."""
        now = self.clock.now()
        name, ends = f"SIL-{secrets.token_hex(ID_BYTES)}", now + SILENT_FOR
        try:
            matchers = matchers_of(incident.alert.labels)
            what = kept_text(matcher_words(matchers), WORDS_BYTES_MAX)
            text = f"{self.chronicle.called.of(by)} made it silent until {ends:%H:%M} UTC ({name}): {what}"
            data: dict[str, object] = {"by": by, SILENCE: name}
            event = self.chronicle.event(incident, f"silenced:{name}", Moment.COMMENTED, Crew.PERSON, text, data)
            wanted = Silence(name, matchers, now, ends, by, f"from a message about {incident.id}")
            await self.hush.add(wanted, event, nonce=nonce.digest)
        except BadSilence as problem:
            raise CannotAnswer(str(problem)) from problem
        self.chronicle.news.announce()
        others = "" if await self.chronicle.muting.now(incident) else " Other alerts of it fire on, and are not silent."
        until = clock(ends, self.briefing.zone)
        return Reply(f"{incident.id}: silent until {until} ({name}); I look on and write down.{others}")

    async def assess(self, nonce: Nonce, incident: Incident, by: str) -> Reply:
        """Whether the cause that was named is the right one: the same that the console writes."""
        diagnosis = await asyncio.to_thread(self.store.dossiers.diagnosis, incident.id, incident.run)
        best = diagnosis.best if diagnosis else None
        if best is None:
            raise CannotAnswer(f"{incident.id} has no cause that could be right or wrong")
        right = nonce.press is Press.RIGHT
        text = assessment_words(self.chronicle.called.of(by), best, right=right)
        data: dict[str, object] = {"by": by, KEY: verdict_of(right=right)}
        key = f"feedback:{secrets.token_hex(8)}"
        event = self.chronicle.event(incident, key, Moment.COMMENTED, Crew.PERSON, text, data)
        await asyncio.to_thread(lambda: self.store.incidents.record(event, nonce=nonce.digest, by=by))
        self.chronicle.news.announce()
        return Reply(f"{incident.id}: noted, {verdict_of(right=right)} cause. Thank you.")

    async def expect(self, awaited: Awaited) -> None:
        """Somebody who said no was asked why; the answer counts once, from nobody else, and not for long."""
        denied = await asyncio.to_thread(self.store.approvals.load, awaited.about)
        incident = await asyncio.to_thread(self.store.incidents.load, denied.incident_id) if denied else None
        if denied is None or incident is None or not _said_no(denied, awaited.by):
            return
        digest, ends = _digest(awaited.channel, awaited.reference), self.clock.now() + WORD_WITHIN
        nonce = Nonce(digest, awaited.channel, incident.id, incident.run, Press.REASON, ends, denied.id)
        await asyncio.to_thread(self.store.nonces.issue, [replace(nonce, holder=awaited.by)])

    async def reason(self, word: Word) -> Nonce | None:
        """Write down why somebody said no, as data; None where it was no answer that is awaited."""
        nonce = await asyncio.to_thread(self.store.nonces.load, _digest(word.channel, word.reference))
        if nonce is None or (nonce.channel, nonce.press) != (word.channel, Press.REASON) or nonce.holder != word.by:
            return None
        reason = kept_text(" ".join(word.text.split()), WORD_BYTES_MAX)
        incident = await asyncio.to_thread(self.store.incidents.load, nonce.incident_id)
        if incident is None or not reason:
            return None
        text = f"{self.chronicle.called.of(word.by)} said why not: {reason}"
        data: dict[str, object] = {"by": word.by, "approval": nonce.approval_id, "reason": reason}
        event = self.chronicle.event(
            incident, f"why-not:{nonce.approval_id}", Moment.COMMENTED, Crew.PERSON, text, data
        )
        explain = self.store.approvals.explain
        await asyncio.to_thread(
            lambda: explain(nonce.approval_id, event, by=word.by, reason=reason, nonce=nonce.digest)
        )
        self.chronicle.news.announce()
        return nonce


def _said_no(approval: Approval, by: str) -> bool:
    return approval.state is ApprovalState.DENIED and approval.approver == by


def _digest(channel: str, reference: str) -> str:
    """Of a message that was put, which is no secret: it counts from one person alone, and is never a button's token."""
    return digest_of_token(f"reply to {channel} {reference}")
