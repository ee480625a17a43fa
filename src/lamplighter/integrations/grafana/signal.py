"""Reads the webhook body of Grafana Alerting into a delivery. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from lamplighter.domain.alert import Alert, AlertStatus, BadSignal, Delivery
from lamplighter.domain.reception import (
    KEY_BYTES_MAX,
    Unfit,
    bounded_list,
    kind_of,
    link,
    made,
    read_object,
    taken,
    text_at,
    text_of,
    texts_at,
    time_at,
)
from lamplighter.domain.texts import kept_text

SOURCE = "grafana"
COUNT_BYTES_SHOWN_MAX = 40
LINKS = ("dashboardURL", "panelURL", "silenceURL", "imageURL")
BLIND = {
    "DatasourceNoData": "the data source returned no data for this rule",
    "DatasourceError": "the rule could not be evaluated",
}
_FIX = "Send the body of Grafana Alerting's webhook contact point, without a custom payload"
_LEGACY = "Use a contact point of Grafana Alerting; the old alerting of Grafana 10 and before is not read"


class GrafanaSource:
    """Source `grafana`. `now` gives wall time in UTC; a start far after it is refused."""

    name = SOURCE

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def parse(self, payload: bytes, _headers: Mapping[str, str]) -> Delivery:
        """The alerts of one body; single bad ones go to `Delivery.bad`.

        "No data" and "error" alerts fire as warnings with the annotation `cannot_see`: they tell neither health nor
        failure. Raises `BadSignal` where the body as a whole cannot be read, such as one of legacy alerting.
        """
        body = read_object(payload, _FIX)
        if "alerts" not in body and ("evalMatches" in body or "ruleId" in body):
            raise BadSignal("evalMatches", "is a payload of Grafana's legacy alerting", _LEGACY)
        items = bounded_list(body.get("alerts"), "alerts", _FIX)
        truncated = body.get("truncatedAlerts") or 0
        if not isinstance(truncated, int) or isinstance(truncated, bool) or truncated < 0:
            shown = kept_text(text_of(truncated), COUNT_BYTES_SHOWN_MAX)
            raise BadSignal("truncatedAlerts", f"must be a count, and is {shown}", "Send a count")
        group_key = kept_text(text_of(body.get("groupKey")), KEY_BYTES_MAX)
        now = self._now()
        delivery = taken(items, lambda item: _alert(item, group_key, now))
        return replace(delivery, truncated_count=truncated)


def _alert(item: object, group_key: str, now: datetime) -> Alert:
    if not isinstance(item, dict):
        raise Unfit("", f"must be an object, and is {kind_of(item)}")
    status = text_at(item, "status")
    if status not in {"firing", "resolved"}:
        raise Unfit("status", f"{status[:40]!r} is neither firing nor resolved")
    labels, notes = texts_at(item, "labels"), _notes(item)
    fingerprint = text_at(item, "fingerprint", "")
    ends_at = item.get("endsAt")
    why = BLIND.get(labels.get("alertname", ""))
    if why is not None:
        notes["cannot_see"] = f"{why}: neither health nor failure; rule {labels.get('rulename', 'unknown')}"
        labels = {**labels, "severity": "warning"}
    return made(
        SOURCE,
        now,
        status=AlertStatus(status),
        labels=labels,
        annotations=notes,
        starts_at=time_at("startsAt", item.get("startsAt")),
        ends_at=time_at("endsAt", ends_at) if ends_at else None,
        fingerprint=fingerprint,
        generator_url=text_at(item, "generatorURL", ""),
        group_key=group_key,
    )


def _notes(item: Mapping[str, object]) -> dict[str, str]:
    """Its annotations, with the values and the links that Grafana puts beside them."""
    notes = dict(texts_at(item, "annotations"))
    extra = {key: link(text_of(item.get(key))[:KEY_BYTES_MAX]) for key in LINKS if item.get(key)}
    extra["valueString"] = text_of(item.get("valueString"))
    return {**{key: value for key, value in extra.items() if value}, **notes}
