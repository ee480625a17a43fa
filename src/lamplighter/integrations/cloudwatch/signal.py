"""Reads CloudWatch's alarms: inside SNS's envelope, delivered raw, or as EventBridge's event. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lamplighter.domain.alert import Alert, AlertStatus, BadSignal, Delivery, fingerprint_of
from lamplighter.domain.reception import (
    Unfit,
    as_signal,
    bad_alert,
    made,
    map_at,
    read_object,
    text_at,
    text_of,
    time_at,
)
from lamplighter.integrations.cloudwatch.sns import FIX, Kind, is_enveloped

SOURCE = "cloudwatch"
DIMENSIONS_MAX = 30
CHANGE = "CloudWatch Alarm State Change"
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of an alarm, whichever form it came in."""

    name: str
    state: str
    at: datetime
    began: datetime
    arn: str
    account: str
    region: str
    reason: str
    description: str
    metric: Mapping[str, str]
    dimensions: Mapping[str, str]
    rule: str


class CloudwatchSource:
    """Source `cloudwatch`. `severity` is that of an alarm; "cannot see" is a warning. `now` gives wall time in UTC."""

    name = SOURCE

    def __init__(self, now: Callable[[], datetime], severity: str) -> None:
        self._now = now
        self._severity = severity

    def parse(self, payload: bytes, _headers: Mapping[str, str]) -> Delivery:
        """One alert; a genuine envelope whose message is no alarm becomes a bad alert. Raises `BadSignal`."""
        body = read_object(payload, FIX)
        if not is_enveloped(body):
            try:
                return Delivery((self._alert(body),))
            except Unfit as problem:
                raise as_signal(problem, FIX) from problem
        if body.get("Type") != Kind.NOTIFICATION:
            raise BadSignal("Type", "is no notification", "SNS confirms subscriptions by itself; send alarms only")
        message = body.get("Message")
        text = message if isinstance(message, str) else ""
        try:
            return Delivery((self._alert(read_object(text, FIX) if text.strip() else {}),))
        except Unfit as problem:
            return Delivery(bad=(bad_alert(f"Message.{problem.place}", str(problem), text),))
        except BadSignal as problem:
            return Delivery(bad=(bad_alert("Message", problem.problem, text),))

    def _alert(self, body: Mapping[str, object]) -> Alert:
        change = _of_event(body) if "detail-type" in body else _of_alarm(body)
        if change.state not in STATES:
            raise Unfit("NewStateValue", f"{change.state[:40]!r} is none of {', '.join(STATES)}")
        blind = change.state == "INSUFFICIENT_DATA"
        over = change.state == "OK"
        named = {"alertname": change.name, "account": change.account, "region": change.region, **change.metric}
        labels = {**change.dimensions, **named, "severity": "warning" if blind else self._severity}
        notes = {"summary": change.description or change.reason, "reason": change.reason, "alarm_rule": change.rule}
        if blind:
            notes["cannot_see"] = "CloudWatch has no data for this alarm: neither health nor failure"
        return made(
            SOURCE,
            self._now(),
            status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
            labels={name: value for name, value in labels.items() if value},
            annotations={name: value for name, value in notes.items() if value},
            starts_at=change.began if over else change.at,
            ends_at=change.at if over else None,
            fingerprint=fingerprint_of({"alarm": change.arn or f"{change.account}/{change.region}/{change.name}"}),
        )


def _of_alarm(body: Mapping[str, object]) -> _Change:
    """The JSON that an alarm sends to a topic; a composite one has a rule in place of a trigger."""
    trigger = map_at(body, "Trigger")
    at = time_at("StateChangeTime", body.get("StateChangeTime"))
    listed = trigger.get("Dimensions")
    pairs = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    arn = text_at(body, "AlarmArn", "")
    return _Change(
        name=text_at(body, "AlarmName"),
        state=text_at(body, "NewStateValue"),
        at=at,
        began=at,
        arn=arn,
        account=text_of(body.get("AWSAccountId")),
        region=_region(arn) or text_of(body.get("Region")),
        reason=text_at(body, "NewStateReason", ""),
        description=text_at(body, "AlarmDescription", ""),
        metric=_metric(trigger.get("Namespace"), trigger.get("MetricName")),
        dimensions={text_of(i.get("name")): text_of(i.get("value")) for i in pairs[:DIMENSIONS_MAX] if i.get("name")},
        rule=text_at(body, "AlarmRule", ""),
    )


def _of_event(body: Mapping[str, object]) -> _Change:
    """EventBridge's event, which also says when the state before began."""
    if body.get("detail-type") != CHANGE:
        raise Unfit("detail-type", f"is not {CHANGE!r}")
    detail = map_at(body, "detail")
    state, before = map_at(detail, "state", "detail."), map_at(detail, "previousState", "detail.")
    configuration = map_at(detail, "configuration", "detail.")
    at = time_at("detail.state.timestamp", state.get("timestamp") or body.get("time"))
    fired = before.get("value") == "ALARM" and before.get("timestamp")
    resources = body.get("resources")
    first = resources[0] if isinstance(resources, list) and resources else ""
    metric = _first_metric(configuration)
    dimensions = map_at(metric, "dimensions", "detail.configuration.metrics.")
    return _Change(
        name=text_at(detail, "alarmName", place="detail."),
        state=text_at(state, "value", place="detail.state."),
        at=at,
        began=time_at("detail.previousState.timestamp", before.get("timestamp")) if fired else at,
        arn=text_of(first),
        account=text_of(body.get("account")),
        region=text_of(body.get("region")),
        reason=text_at(state, "reason", "", "detail.state."),
        description=text_at(configuration, "description", "", "detail.configuration."),
        metric=_metric(metric.get("namespace"), metric.get("name")),
        dimensions={name: text_of(value) for name, value in list(dimensions.items())[:DIMENSIONS_MAX]},
        rule=text_at(configuration, "alarmRule", "", "detail.configuration."),
    )


def _first_metric(configuration: Mapping[str, object]) -> Mapping[str, object]:
    metrics = configuration.get("metrics")
    for item in metrics if isinstance(metrics, list) else ():
        if isinstance(item, dict) and isinstance(item.get("metricStat"), dict):
            found = item["metricStat"].get("metric")
            return found if isinstance(found, dict) else {}
    return {}


def _metric(namespace: object, name: object) -> dict[str, str]:
    # `namespace` alone is Kubernetes' word for something else.
    return {"aws_namespace": text_of(namespace), "metric": text_of(name)}


def _region(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 else ""  # noqa: PLR2004 - arn:partition:service:region
