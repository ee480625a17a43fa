"""Lets in what SNS signed for an allow-listed topic, and deals with subscriptions. No alarm is read here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta

import structlog

from lamplighter.integrations import Unproven
from lamplighter.integrations.cloudwatch.certificates import Certificates
from lamplighter.integrations.cloudwatch.sns import Envelope, Kind, Untrusted, read_envelope
from lamplighter.ports import Clock, Forged

# SNS tries again for hours, so a true message may be old; one from the future is not SNS's.
AGE_MAX = timedelta(days=1)
AHEAD_MAX = timedelta(minutes=15)
SEEN_MAX = 10_000
log = structlog.get_logger()


class CloudwatchGate:
    """SNS cannot send our token, so its signature stands in for it. A message that was taken already is dealt with."""

    source = "cloudwatch"
    sufficient = True

    def __init__(self, topics: frozenset[str], certificates: Certificates, clock: Clock) -> None:
        self._topics = topics
        self._certificates = certificates
        self._clock = clock
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def admit(self, payload: bytes, headers: Mapping[str, str], *, dry_run: bool = False) -> bool:
        """True for an alarm, False for what is dealt with: a repeat, or the beginning or end of a subscription.

        Raises `Unproven` where the body is no SNS message, `Forged`, and `ToolError` where SNS cannot be asked now.
        """
        del headers
        try:
            envelope = read_envelope(payload)
            if envelope is None:
                raise Unproven("a raw delivery or an event bears no signature, so it needs the token")
            self._check_claims(envelope)
            await self._certificates.check(envelope)
            if envelope.id in self._seen:
                return False
            if envelope.kind is Kind.NOTIFICATION:
                return True
            if not dry_run:
                await self._subscription(envelope)
        except Untrusted as problem:
            raise Forged(str(problem)) from problem
        return False

    def accepted(self, payload: bytes, headers: Mapping[str, str]) -> None:
        """Remember the message, because SNS sends it again where our answer is lost."""
        del headers
        envelope = read_envelope(payload)
        if envelope is not None:
            self._remember(envelope)

    def _check_claims(self, envelope: Envelope) -> None:
        if envelope.topic not in self._topics:
            raise Untrusted("TopicArn: is not among sources.cloudwatch.topics")
        age = self._clock.now() - envelope.sent_at
        if age > AGE_MAX or -age > AHEAD_MAX:
            raise Untrusted("Timestamp: lies too far from now")

    async def _subscription(self, envelope: Envelope) -> None:
        if envelope.kind is Kind.SUBSCRIPTION:
            await self._certificates.confirm(envelope)
            log.info("the subscription was confirmed", source=self.source, topic=envelope.topic)
        else:
            fix = "subscribe again if alarms of this topic are still wanted"
            log.warning("SNS ended the subscription", source=self.source, topic=envelope.topic, fix=fix)
        self._remember(envelope)

    def _remember(self, envelope: Envelope) -> None:
        self._seen[envelope.id] = None
        if len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)
