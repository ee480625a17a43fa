"""Alertmanager's JSON as it comes over the wire, and how one alert of it becomes an `Alert`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from lamplighter.domain.alert import Alert, AlertStatus, BadAlert, fingerprint_of
from lamplighter.integrations.alertmanager.texts import kept_text, kept_values, shown

SOURCE = "alertmanager"
ALERT_BYTES_MAX = 1024 * 1024
LABELS_MAX = 200
LABEL_NAME_BYTES_MAX = 256
LABEL_VALUE_BYTES_MAX = 4_096
ANNOTATION_BYTES_MAX = 16_384
KEY_CHARS_MAX = 512
URL_CHARS_MAX = 4_096
TIME_CHARS_MAX = 64
REASON_BYTES_MAX = 500
PAYLOAD_BYTES_MAX = 4_096
FUTURE_MAX = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FINGERPRINT = re.compile(r"[0-9A-Za-z_.:-]{1,128}")
_PAST_MILLISECONDS = re.compile(r"(\.\d{3})\d+")
_PLACE = re.compile(r" - at `\$\.?(.*)`$")


class PulledAlert(msgspec.Struct, rename="camel"):
    """One alert of `GET /api/v2/alerts`; unknown fields are read over."""

    labels: dict[str, str]
    starts_at: str
    annotations: dict[str, str] | None = None
    ends_at: str | None = None
    generator_url: str | None = msgspec.field(default=None, name="generatorURL")
    fingerprint: str | None = None


class SentAlert(PulledAlert, kw_only=True, rename="camel"):
    """One alert of a webhook body, which says its status in a word."""

    status: Literal["firing", "resolved"]


class _Unfit(ValueError):
    """A value inside an alert that cannot be taken, with its place in the alert."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(problem)
        self.place = place


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns raw alerts into alerts; what cannot be taken is kept apart with the reason. `now` is UTC."""

    shape: msgspec.json.Decoder[PulledAlert] | msgspec.json.Decoder[SentAlert]
    now: datetime
    group_key: str = ""

    def read(self, raws: Sequence[msgspec.Raw]) -> tuple[tuple[Alert, ...], tuple[BadAlert, ...]]:
        """The good ones in order, and the bad ones with `alerts[3].status` and the like in the reason."""
        good: list[Alert] = []
        bad: list[BadAlert] = []
        for index, raw in enumerate(raws):
            try:
                good.append(self._alert(raw))
            except _Unfit as problem:
                bad.append(_bad(index, problem.place, str(problem), raw))
            except (msgspec.DecodeError, UnicodeDecodeError) as problem:
                place, words = placed(problem)
                bad.append(_bad(index, place, words, raw))
            except RecursionError:
                bad.append(_bad(index, "", "is nested too deeply", raw))
        return tuple(good), tuple(bad)

    def _alert(self, raw: msgspec.Raw) -> Alert:
        size = memoryview(raw).nbytes
        if size > ALERT_BYTES_MAX:
            raise _Unfit("", f"holds {size} bytes, more than {ALERT_BYTES_MAX}")
        wire = self.shape.decode(raw)
        status = AlertStatus(wire.status) if isinstance(wire, SentAlert) else AlertStatus.FIRING
        annotations = wire.annotations or {}
        _check_names("labels", wire.labels)
        _check_names("annotations", annotations)
        if not wire.labels:
            raise _Unfit("labels", "is empty, so nothing tells this alert from another")
        starts_at = self._start(_time("startsAt", wire.starts_at))
        ends_at = _time("endsAt", wire.ends_at) if wire.ends_at else None
        return Alert(
            source=SOURCE,
            fingerprint=_fingerprint(wire),
            status=status,
            labels=kept_values(wire.labels, LABEL_VALUE_BYTES_MAX),
            annotations=kept_values(annotations, ANNOTATION_BYTES_MAX),
            starts_at=starts_at,
            ends_at=_end(ends_at, starts_at) if status is AlertStatus.RESOLVED else None,
            generator_url=_link(wire.generator_url or ""),
            group_key=self.group_key,
        )

    def _start(self, at: datetime) -> datetime:
        if at - self.now > FUTURE_MAX:
            raise _Unfit("startsAt", f"{at:%Y-%m-%dT%H:%M:%SZ} lies more than a day in the future")
        # Go's zero time says "not set", and arithmetic on the year 1 overflows.
        return max(at, EPOCH)


def placed(problem: Exception) -> tuple[str, str]:
    """Where in the value a decoding error is, such as `labels[...]`, and its words."""
    words = str(problem)
    found = _PLACE.search(words)
    return (found[1], words[: found.start()]) if found else ("", words)


def _bad(index: int, place: str, problem: str, raw: msgspec.Raw) -> BadAlert:
    path = f"alerts[{index}].{place}" if place else f"alerts[{index}]"
    text = bytes(memoryview(raw)[: 2 * PAYLOAD_BYTES_MAX]).decode("utf-8", "replace")
    return BadAlert(kept_text(f"{path}: {problem}", REASON_BYTES_MAX), kept_text(text, PAYLOAD_BYTES_MAX))


def _check_names(place: str, values: dict[str, str]) -> None:
    if len(values) > LABELS_MAX:
        raise _Unfit(place, f"holds {len(values)} names, more than {LABELS_MAX}")
    for name in values:
        if not name.strip():
            raise _Unfit(place, "holds an empty name")
        if len(name.encode("utf-8", "replace")) > LABEL_NAME_BYTES_MAX:
            raise _Unfit(place, f"holds a name of more than {LABEL_NAME_BYTES_MAX} bytes: {name[:40]}…")
        if shown(name) != name:
            raise _Unfit(place, f"holds a name with characters that cannot be shown: {name}")


def _fingerprint(wire: PulledAlert) -> str:
    if not wire.fingerprint:
        return fingerprint_of(wire.labels)
    if not _FINGERPRINT.fullmatch(wire.fingerprint):
        raise _Unfit("fingerprint", f"{wire.fingerprint[:140]!r} is not a short word of letters and digits")
    return wire.fingerprint


def _time(place: str, text: str) -> datetime:
    """UTC, cut to milliseconds: Alertmanager's API gives no more, and its webhook must come to the same key."""
    try:
        return _utc(msgspec.convert(_PAST_MILLISECONDS.sub(r"\1", text[:TIME_CHARS_MAX]), datetime))
    except msgspec.ValidationError as problem:
        raise _Unfit(place, f"{text[:TIME_CHARS_MAX]!r} is not a time such as 2006-01-02T15:04:05Z") from problem


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if at.year > EPOCH.year else datetime.min.replace(tzinfo=UTC)


def _end(ends_at: datetime | None, starts_at: datetime) -> datetime | None:
    """When a resolved alert ended; None where the sender did not say, or says that it was before the start."""
    return ends_at if ends_at is not None and ends_at >= starts_at and ends_at > EPOCH else None


def _link(url: str) -> str:
    """The link if a browser may follow it: anything but http and https could be a script."""
    if len(url) > URL_CHARS_MAX:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return kept_text(url, URL_CHARS_MAX) if parts.scheme in {"http", "https"} and parts.netloc else ""
