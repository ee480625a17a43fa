"""Alertmanager's silences as ours, and ours as Alertmanager's. Which of two wins is not decided here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from lamplighter.domain.quiet import AUTHOR_BYTES_MAX, REASON_BYTES_MAX, Dated
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.domain.texts import kept_text
from lamplighter.integrations.alertmanager.client import AlertmanagerClient
from lamplighter.ports import ToolError

SYSTEM = "alertmanager"
SILENCES_MAX = 5_000

Wire = TypeVar("Wire")

# Our own id stands at the end of the comment, so that what we made is known again whatever happens in between.
_TAG = re.compile(r"\s*\[lamplighter ([\w.:-]{1,64})\]\s*\Z", re.ASCII)
_OPS = {(False, True): Op.EQUAL, (False, False): Op.UNEQUAL, (True, True): Op.MATCHES, (True, False): Op.DIFFERS}
_FLAGS = {op: flags for flags, op in _OPS.items()}


class _WireMatcher(msgspec.Struct, rename="camel"):
    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True


class _WireStatus(msgspec.Struct):
    state: str


class _WireSilence(msgspec.Struct, rename="camel"):
    id: str
    status: _WireStatus
    matchers: list[_WireMatcher]
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    created_by: str = ""
    comment: str = ""


class _WireMade(msgspec.Struct):
    silence_id: str = msgspec.field(name="silenceID")


_LIST = msgspec.json.Decoder(list[_WireSilence])
_ONE = msgspec.json.Decoder(_WireSilence)
_MADE = msgspec.json.Decoder(_WireMade)


class AlertmanagerSilences:
    """The exchange with one Alertmanager; `now` gives wall time in UTC."""

    system = SYSTEM

    def __init__(self, client: AlertmanagerClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    async def pull(self) -> Sequence[Silence]:
        """Its silences as `Dated`: the active and pending ones first, then those that ended lately.

        One that we made carries our id and the origin `lamplighter`. Raises `ToolError`.
        """
        found = _decoded(_LIST, await self._client.silences(), "the list of silences")
        found.sort(key=lambda one: one.updated_at, reverse=True)
        found.sort(key=lambda one: one.status.state == "expired")
        return tuple(_read(one, self._now()) for one in found[:SILENCES_MAX])

    async def push(self, silence: Silence) -> str:
        """Make it, or change the one of its `outside_id`; returns its id there, which may be a new one.

        Raises `ToolError`.
        """
        present = await self._present(silence.outside_id)
        starts_at, silence_id = silence.starts_at, ""
        if present is not None and present.status.state != "expired":
            silence_id = present.id
            # With another start an active silence would be ended and made anew under another id.
            starts_at = present.starts_at if present.status.state == "active" else starts_at
        body = {
            "id": silence_id,
            "matchers": [_matcher(one) for one in silence.matchers],
            "startsAt": _wire_time(starts_at),
            "endsAt": _wire_time(silence.ends_at),
            "createdBy": silence.author or "lamplighter",
            "comment": f"{silence.reason} [lamplighter {silence.id}]",
        }
        if not silence_id:
            del body["id"]
        answer = await self._client.put_silence(msgspec.json.encode(body))
        return _decoded(_MADE, answer, "the answer to a new silence").silence_id

    async def expire(self, outside_id: str) -> None:
        """End it; one that is gone or has ended is no error. Raises `ToolError`."""
        try:
            await self._client.end_silence(outside_id)
        except ToolError:
            # What has ended already is refused in other words by each version.
            present = await self._present(outside_id)
            if present is not None and present.status.state != "expired":
                raise

    async def _present(self, outside_id: str) -> _WireSilence | None:
        body = await self._client.silence(outside_id) if outside_id else None
        return None if body is None else _decoded(_ONE, body, "the silence")


def _read(wire: _WireSilence, now: datetime) -> Dated:
    tag = _TAG.search(wire.comment)
    reason = wire.comment[: tag.start()] if tag else wire.comment
    ends_at = _utc(wire.ends_at)
    return Dated(
        id=tag[1] if tag else "",
        matchers=tuple(Matcher(one.name, _OPS[one.is_regex, one.is_equal], one.value) for one in wire.matchers),
        starts_at=_utc(wire.starts_at),
        # It may have ended there by a clock that is ahead of ours.
        ends_at=min(ends_at, now) if wire.status.state == "expired" else ends_at,
        author=kept_text(" ".join(wire.created_by.split()), AUTHOR_BYTES_MAX),
        reason=kept_text(" ".join(reason.split()), REASON_BYTES_MAX),
        origin="lamplighter" if tag else SYSTEM,
        outside_id=wire.id,
        changed_at=_utc(wire.updated_at),
    )


def _matcher(one: Matcher) -> dict[str, str | bool]:
    is_regex, is_equal = _FLAGS[one.op]
    return {"name": one.name, "value": one.value, "isRegex": is_regex, "isEqual": is_equal}


def _wire_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _decoded(decoder: msgspec.json.Decoder[Wire], body: bytes, what: str) -> Wire:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ToolError(f"{SYSTEM}: {what} cannot be read: {problem}") from problem
