"""What holds for an alert of any source: bounded, cleaned, in UTC, and refused with the key that is wrong.

No source's own shape is known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NoReturn, TypeVar

from lamplighter.domain.alert import Alert, AlertStatus, BadAlert, BadSignal, Delivery, fingerprint_of
from lamplighter.domain.texts import kept_text, kept_values, shown

PAYLOAD_BYTES_MAX = 8 * 1024 * 1024
ALERTS_MAX = 5_000
ALERT_BYTES_MAX = 1024 * 1024
LABELS_MAX = 200
LABEL_NAME_BYTES_MAX = 256
LABEL_VALUE_BYTES_MAX = 4_096
ANNOTATION_BYTES_MAX = 16_384
KEY_BYTES_MAX = 512
URL_CHARS_MAX = 4_096
TIME_CHARS_MAX = 64
REASON_BYTES_MAX = 500
BAD_PAYLOAD_BYTES_MAX = 4_096
FUTURE_MAX = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A count of seconds since 1970 above this is one of milliseconds: the year 5138.
_SECONDS_MAX = 100_000_000_000

_FINGERPRINT = re.compile(r"[0-9A-Za-z_.:-]{1,128}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?\d*([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_URL = re.compile(r"(?i:https?)://(?:[^\s/?#\[\]]+|\[[0-9A-Fa-f:.%]{2,60}\](?::\d{1,5})?)(?:[/?#][^\r\n]*)?", re.ASCII)
_Item = TypeVar("_Item")


class Unfit(ValueError):
    """A value inside an alert that cannot be taken, with its place in the alert."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(problem)
        self.place = place


def read_text(payload: bytes, fix: str) -> str:
    """The body as text, whatever its bytes. Raises `BadSignal` where it is empty or too large."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise BadSignal(
            "body", f"holds {len(payload)} bytes, more than {PAYLOAD_BYTES_MAX}", "Send fewer alerts at once"
        )
    text = payload.decode("utf-8-sig", "replace")
    if not text.strip():
        raise BadSignal("body", "is empty", fix)
    return text


def read_json(payload: bytes | str, fix: str) -> object:
    """Any JSON value. Halves of surrogate pairs are read; NaN and the infinities are not JSON. Raises `BadSignal`."""
    text = payload if isinstance(payload, str) else read_text(payload, fix)
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise BadSignal("body", "is nested too deeply", fix) from None
    except ValueError as problem:
        raise BadSignal("body", f"is not one JSON value: {kept_text(str(problem), KEY_BYTES_MAX)}", fix) from problem


def read_object(payload: bytes | str, fix: str) -> dict[str, object]:
    """One JSON object. Raises `BadSignal`."""
    value = read_json(payload, fix)
    if not isinstance(value, dict):
        raise BadSignal("body", f"is not a JSON object but {kind_of(value)}", fix)
    return value


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def kind_of(value: object) -> str:
    """What a JSON value is, in a word for people."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def text_of(value: object) -> str:
    """A JSON value as a label can hold it: text as it is, null as nothing, lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False)[: 2 * ANNOTATION_BYTES_MAX]
    except RecursionError:
        return "nested too deeply"


def text_at(values: Mapping[str, object], key: str, default: str | None = None, place: str = "") -> str:
    """The text under a key; `default` where there is none or null. Raises `Unfit` where it is missing or no text."""
    value = values.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise Unfit(f"{place}{key}", "is missing" if value is None else f"must be text, and is {kind_of(value)}")
    return value


def map_at(values: Mapping[str, object], key: str, place: str = "") -> dict[str, object]:
    """The object under a key, empty where there is none or null. Raises `Unfit` where it is something else."""
    value = values.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unfit(f"{place}{key}", f"must be an object, and is {kind_of(value)}")
    return value


def texts_at(values: Mapping[str, object], key: str, place: str = "") -> dict[str, str]:
    """The object of texts under a key, such as labels. Raises `Unfit` at the first value that is no text."""
    found = map_at(values, key, place)
    for name, value in found.items():
        if not isinstance(value, str):
            raise Unfit(f"{place}{key}.{name[:KEY_BYTES_MAX]}", f"must be text, and is {kind_of(value)}")
    return {name: value for name, value in found.items() if isinstance(value, str)}


def time_at(place: str, value: object) -> datetime:
    """UTC to the millisecond, of ISO 8601 text or seconds or milliseconds since 1970. Raises `Unfit`."""
    if isinstance(value, str):
        return _time_of_text(place, value[:TIME_CHARS_MAX])
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            seconds = value / 1000 if abs(value) > _SECONDS_MAX else value
            at = EPOCH + timedelta(seconds=seconds)
        except (OverflowError, ValueError):
            raise Unfit(place, "is a number that is no time") from None
        return at.replace(microsecond=at.microsecond // 1000 * 1000)
    raise Unfit(place, f"must be a time, and is {kind_of(value)}")


@lru_cache(maxsize=4_096)
def _time_of_text(place: str, text: str) -> datetime:
    # Milliseconds, because Alertmanager's API gives no more and its webhook must come to the same key.
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise Unfit(place, f"{text!r} is not a time such as 2006-01-02T15:04:05Z")
    digits, fraction, zone = found[1].upper(), (found[2] or "")[:4].ljust(4, "0") if found[2] else "", found[3] or "Z"
    try:
        at = datetime.fromisoformat(f"{digits}{fraction}{zone.upper()}")
    except ValueError as problem:
        raise Unfit(place, f"{text!r} is not a time such as 2006-01-02T15:04:05Z") from problem
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if at.year > EPOCH.year else datetime.min.replace(tzinfo=UTC)


def made(
    source: str,
    now: datetime,
    *,
    status: AlertStatus,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    starts_at: datetime,
    ends_at: datetime | None = None,
    fingerprint: str = "",
    generator_url: str = "",
    group_key: str = "",
) -> Alert:
    """An alert within every bound, its texts cleaned and redacted. Raises `Unfit`.

    Without a fingerprint one is made of the labels as they came. `group_key` is cleaned by the caller, once for a body.
    """
    if not labels:
        raise Unfit("labels", "is empty, so nothing tells this alert from another")
    check_names("labels", labels)
    check_names("annotations", annotations)
    if fingerprint and not _FINGERPRINT.fullmatch(fingerprint):
        raise Unfit("fingerprint", f"{fingerprint[:140]!r} is not a short word of letters and digits")
    if starts_at - now > FUTURE_MAX:
        raise Unfit("startsAt", f"{starts_at:%Y-%m-%dT%H:%M:%SZ} lies more than a day in the future")
    # Go's zero time says "not set", and arithmetic on the year 1 overflows.
    starts_at = max(starts_at, EPOCH)
    return Alert(
        source=source,
        fingerprint=fingerprint or fingerprint_of(dict(labels)),
        status=status,
        labels=kept_values(labels, LABEL_VALUE_BYTES_MAX),
        annotations=kept_values(annotations, ANNOTATION_BYTES_MAX),
        starts_at=starts_at,
        ends_at=_end(ends_at, starts_at) if status is AlertStatus.RESOLVED else None,
        generator_url=link(generator_url) if generator_url else "",
        group_key=group_key,
    )


def check_names(place: str, values: Mapping[str, str]) -> None:
    """Whether names of labels or annotations can be kept. Raises `Unfit`."""
    if len(values) > LABELS_MAX:
        raise Unfit(place, f"holds {len(values)} names, more than {LABELS_MAX}")
    for name in values:
        problem = _name_problem(name)
        if problem:
            raise Unfit(place, problem)


@lru_cache(maxsize=1_024)
def _name_problem(name: str) -> str:
    if not name.strip():
        return "holds an empty name"
    if len(name.encode("utf-8", "replace")) > LABEL_NAME_BYTES_MAX:
        return f"holds a name of more than {LABEL_NAME_BYTES_MAX} bytes: {name[:40]}…"
    return "" if shown(name) == name else f"holds a name with characters that cannot be shown: {name}"


def _end(ends_at: datetime | None, starts_at: datetime) -> datetime | None:
    """When a resolved alert ended; None where the sender did not say, or says that it was before the start."""
    return ends_at if ends_at is not None and ends_at >= starts_at and ends_at > EPOCH else None


@lru_cache(maxsize=2_048)
def link(url: str) -> str:
    """The link if a browser may follow it: anything but http and https could be a script."""
    if len(url) > URL_CHARS_MAX or not _URL.fullmatch(url):
        return ""
    return kept_text(url, URL_CHARS_MAX)


def bad_alert(path: str, problem: str, raw: bytes | str) -> BadAlert:
    """What is kept of an alert that cannot be taken: `alerts[3].labels: why`, and the start of what came."""
    start = raw[: 2 * BAD_PAYLOAD_BYTES_MAX]
    text = start if isinstance(start, str) else start.decode("utf-8", "replace")
    return BadAlert(kept_text(f"{path}: {problem}", REASON_BYTES_MAX), kept_text(text, BAD_PAYLOAD_BYTES_MAX))


def taken(items: Iterable[_Item], read: Callable[[_Item], Alert], place: str = "alerts") -> Delivery:
    """Every item read into an alert; an `Unfit` one becomes a bad alert and costs only itself."""
    good: list[Alert] = []
    bad: list[BadAlert] = []
    for index, item in enumerate(items):
        try:
            good.append(read(item))
        except Unfit as problem:
            path = f"{place}[{index}].{problem.place}" if problem.place else f"{place}[{index}]"
            bad.append(bad_alert(path, str(problem), _written(item)))
    return Delivery(tuple(good), tuple(bad))


def _written(item: object) -> str:
    try:
        return json.dumps(item, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return repr(item)


def bounded_list(value: object, place: str, fix: str) -> list[object]:
    """A list of at most `ALERTS_MAX` items. Raises `BadSignal`."""
    if value is None:
        raise BadSignal(place, "is missing", fix)
    if not isinstance(value, list):
        raise BadSignal(place, f"is not a list but {kind_of(value)}", fix)
    if len(value) > ALERTS_MAX:
        raise BadSignal(place, f"holds {len(value)} alerts, more than {ALERTS_MAX}", "Send fewer at once")
    return value


def as_signal(problem: Unfit, fix: str) -> BadSignal:
    """The refusal of a body that is one alert, where that alert cannot be taken."""
    return BadSignal(kept_text(problem.place, KEY_BYTES_MAX) or "body", kept_text(str(problem), KEY_BYTES_MAX), fix)
