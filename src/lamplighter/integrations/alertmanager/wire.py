"""Alertmanager's JSON as it comes over the wire, and how one alert of it becomes an `Alert`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from lamplighter.domain.alert import Alert, AlertStatus, BadAlert
from lamplighter.domain.reception import ALERT_BYTES_MAX, Unfit, bad_alert, made, time_at

SOURCE = "alertmanager"

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
            except Unfit as problem:
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
            raise Unfit("", f"holds {size} bytes, more than {ALERT_BYTES_MAX}")
        wire = self.shape.decode(raw)
        return made(
            SOURCE,
            self.now,
            status=AlertStatus(wire.status) if isinstance(wire, SentAlert) else AlertStatus.FIRING,
            labels=wire.labels,
            annotations=wire.annotations or {},
            starts_at=time_at("startsAt", wire.starts_at),
            ends_at=time_at("endsAt", wire.ends_at) if wire.ends_at else None,
            fingerprint=wire.fingerprint or "",
            generator_url=wire.generator_url or "",
            group_key=self.group_key,
        )


def placed(problem: Exception) -> tuple[str, str]:
    """Where in the value a decoding error is, such as `labels[...]`, and its words."""
    words = str(problem)
    found = _PLACE.search(words)
    return (found[1], words[: found.start()]) if found else ("", words)


def _bad(index: int, place: str, problem: str, raw: msgspec.Raw) -> BadAlert:
    path = f"alerts[{index}].{place}" if place else f"alerts[{index}]"
    return bad_alert(path, problem, bytes(memoryview(raw)[:ALERT_BYTES_MAX]))
