"""Reads Alertmanager's webhook body, version 4, into a delivery. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NoReturn

import msgspec

from lamplighter.domain.alert import BadSignal, Delivery
from lamplighter.domain.reception import ALERTS_MAX, KEY_BYTES_MAX, read_text
from lamplighter.domain.texts import kept_text
from lamplighter.integrations.alertmanager.wire import SOURCE, Reader, SentAlert, placed

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIX = "Send Alertmanager's webhook body, version 4"


class _Body(msgspec.Struct, rename="camel"):
    alerts: msgspec.Raw = msgspec.Raw()
    group_key: str | None = None
    truncated_alerts: int | None = None


_BODY = msgspec.json.Decoder(_Body)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_SENT = msgspec.json.Decoder(SentAlert)


class AlertmanagerSource:
    """Source `alertmanager`. `now` gives wall time in UTC; a start far after it is refused."""

    name = SOURCE

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def parse(self, payload: bytes, _headers: Mapping[str, str]) -> Delivery:
        """The alerts of one body; single bad ones go to `Delivery.bad`.

        The body's `version` is not looked at, because Grafana sends "1" with the same shape.
        Raises `BadSignal` where the body as a whole cannot be read.
        """
        text = read_text(payload, _FIX)
        body = _read_body(text)
        raws = _read_list(body.alerts)
        truncated = body.truncated_alerts or 0
        if truncated < 0:
            raise BadSignal("truncatedAlerts", f"{truncated} is negative", "Send a count, or leave it out")
        reader = Reader(_SENT, self._now(), kept_text(body.group_key or "", KEY_BYTES_MAX))
        alerts, bad = reader.read(raws)
        return Delivery(alerts, bad, truncated)


def _read_body(text: str) -> _Body:
    try:
        return _decode(text)
    except RecursionError:
        raise BadSignal("body", "is nested too deeply", _FIX) from None
    except (msgspec.DecodeError, ValueError) as problem:
        place, words = placed(problem)
        said = words if isinstance(problem, msgspec.ValidationError) else f"is not one JSON object: {words}"
        raise BadSignal(kept_text(place, KEY_BYTES_MAX) or "body", kept_text(said, KEY_BYTES_MAX), _FIX) from problem


def _decode(text: str) -> _Body:
    try:
        return _BODY.decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if _SURROGATE_ESCAPE.search(text) is None:
            raise
    # The fast decoder refuses half of a surrogate pair, and the standard one reads it.
    value = json.loads(text, parse_constant=_refuse_constant)
    repaired = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _BODY.decode(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", repaired))


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _read_list(raw: msgspec.Raw) -> list[msgspec.Raw]:
    if not memoryview(raw).nbytes:
        raise BadSignal("alerts", "is missing", _FIX)
    try:
        raws = _LIST.decode(raw)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise BadSignal("alerts", f"is not a list: {placed(problem)[1]}", _FIX) from problem
    if len(raws) > ALERTS_MAX:
        raise BadSignal("alerts", f"holds {len(raws)} alerts, more than {ALERTS_MAX}", "Set max_alerts lower")
    return raws
