"""One valid body for each receiver, and where in it each kind of value lies. What must come of it is not said here."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Path = tuple[str | int, ...]
_NUMBERS = itertools.count(1)


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Receiver:
    """A receiver. `single` means that its body is one alert, so that a bad alert refuses the body."""

    name: str
    source: str
    body: Any
    item: Path
    title: Path
    status: Path
    over: str | int
    single: bool = True
    starts: Path | None = None
    ends: Path | None = None
    labels: Path | None = None
    notes: Path | None = None
    link: Path | None = None
    texts: tuple[Path, ...] = ()
    address: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.address or f"/api/v1/alerts/{self.source}"

    def fresh(self, title: str = "", *, over: bool = True) -> Any:  # noqa: ANN401 - JSON
        """A body of its own trouble; over, so that it opens nothing, unless said otherwise."""
        body = with_value(self.body, self.title, title or f"{self.name} {next(_NUMBERS)}")
        return with_value(body, self.status, self.over) if over else body

    def changed(self, path: Path, value: object, *, over: bool = True) -> Any:  # noqa: ANN401 - JSON
        return with_value(self.fresh(over=over), path, value)

    @property
    def leaves(self) -> list[Path]:
        """Every place of the body that holds a value."""
        return list(_places(self.body, ()))


def with_value(body: Any, path: Path, value: object) -> Any:  # noqa: ANN401 - JSON
    """A copy of the body with another value at a place."""
    changed = copy.deepcopy(body)
    if not path:
        return value
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def value_at(body: Any, path: Path) -> Any:  # noqa: ANN401 - JSON
    for step in path:
        body = body[step]
    return body


def _places(value: Any, path: Path) -> Iterator[Path]:  # noqa: ANN401 - JSON
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from _places(inner, (*path, key))


_ALERT = {
    "status": "firing",
    "labels": {"alertname": "X", "container": "front", "severity": "info"},
    "annotations": {"summary": "s", "description": "d", "runbook_url": "http://wiki.lan/x"},
    "startsAt": ago(5),
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.lan/graph",
    "fingerprint": "",
}
_ALERTMANAGER = {
    "version": "4",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "lamplighter",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager.lan",
    "alerts": [_ALERT],
}
_GRAFANA = {
    **_ALERTMANAGER,
    "version": "1",
    "orgId": 1,
    "title": "t",
    "state": "alerting",
    "message": "m",
    "alerts": [
        {
            **_ALERT,
            "values": {"B": 17.4},
            "valueString": "[ var='B' ]",
            "silenceURL": "http://grafana.lan/s",
            "dashboardURL": "http://grafana.lan/d",
            "panelURL": "http://grafana.lan/p",
        }
    ],
}
_RAW = {
    "AlarmName": "x",
    "AlarmDescription": "d",
    "AWSAccountId": "123456789012",
    "NewStateValue": "ALARM",
    "NewStateReason": "r",
    "StateChangeTime": ago(5),
    "Region": "EU (Ireland)",
    "OldStateValue": "OK",
    "AlarmRule": "",
    "Trigger": {
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/EC2",
        "Dimensions": [{"value": "i-1", "name": "InstanceId"}],
    },
}
_EVENT = {
    "detail-type": "CloudWatch Alarm State Change",
    "source": "aws.cloudwatch",
    "account": "123456789012",
    "time": ago(1),
    "region": "eu-west-1",
    "resources": [],
    "detail": {
        "alarmName": "x",
        "configuration": {
            "description": "d",
            "metrics": [{"metricStat": {"metric": {"dimensions": {"I": "i"}, "name": "n", "namespace": "s"}}}],
        },
        "previousState": {"timestamp": ago(9), "value": "ALARM"},
        "state": {"reason": "r", "timestamp": ago(5), "value": "ALARM"},
    },
}
_PAGERDUTY = {
    "routing_key": "k",
    "event_action": "trigger",
    "dedup_key": "x",
    "client": "c",
    "client_url": "http://monitoring.lan/x",
    "links": [{"href": "http://wiki.lan/x", "text": "t"}],
    "payload": {
        "summary": "s",
        "timestamp": ago(5),
        "source": "host.lan",
        "severity": "info",
        "component": "postgres",
        "group": "g",
        "class": "c",
        "custom_details": {"load avg": 0.75},
    },
}
_CLOUDEVENT = {
    "specversion": "1.0",
    "type": "com.example.disk",
    "source": "/nas/disks",
    "subject": "x",
    "id": "1",
    "time": ago(4),
    "datacontenttype": "application/json",
    "data": {
        "status": "firing",
        "severity": "info",
        "summary": "s",
        "description": "d",
        "component": "nas",
        "startsAt": ago(5),
        "url": "http://nas.lan/x",
        "labels": {"disk": "sda"},
        "annotations": {"n": "v"},
    },
}
_GARDEN = {
    "events": [
        {
            "what": "x",
            "host": "nas",
            "level": "info",
            "value": "PROBLEM",
            "text": "t",
            "since": 1_750_000_000,
            "until": 1_750_000_100,
            "link": "http://zabbix.lan/e/1",
            "tags": {"room": "cellar"},
        }
    ]
}
_KUMA = {
    "heartbeat": {"monitorID": 3, "status": 0, "time": ago(5).replace("T", " ").rstrip("Z"), "msg": "m"},
    "monitor": {
        "id": 3,
        "name": "x",
        "url": "http://jellyfin.lan/health",
        "hostname": None,
        "port": None,
        "tags": [{"value": "media", "name": "Group"}],
    },
    "msg": "m",
}
_MANUAL = {"log": "x", "service": "payment", "severity": "info", "status": "firing", "labels": {"team": "a"}}


def _alerts(name: str, source: str, body: object, address: str = "") -> Receiver:
    one: Path = ("alerts", 0)
    notes = (*one, "annotations")
    return Receiver(
        name,
        source,
        body,
        one,
        (*one, "labels", "alertname"),
        (*one, "status"),
        "resolved",
        single=False,
        starts=(*one, "startsAt"),
        ends=(*one, "endsAt"),
        labels=(*one, "labels"),
        notes=notes,
        link=(*one, "generatorURL"),
        texts=((*one, "labels", "container"), (*notes, "summary"), (*notes, "runbook_url")),
        address=address,
    )


def _cloudevents(name: str, body: object, one: Path) -> Receiver:
    data = (*one, "data")
    return Receiver(
        name,
        "cloudevents",
        body,
        one,
        (*one, "subject"),
        (*data, "status"),
        "resolved",
        single=not one,
        starts=(*data, "startsAt"),
        labels=(*data, "labels"),
        notes=(*data, "annotations"),
        link=(*data, "url"),
        texts=((*data, "summary"), (*data, "component"), (*data, "labels", "disk")),
    )


_STATE: Path = ("detail", "state")
_PAYLOAD: Path = ("payload",)
_FIRST: Path = ("events", 0)
RECEIVERS = [
    _alerts("alertmanager", "alertmanager", _ALERTMANAGER),
    _alerts("ancestors", "alertmanager", _ALERTMANAGER, "/alert"),
    _alerts("grafana", "grafana", _GRAFANA),
    _alerts("grafana-at-alertmanager", "grafana", _GRAFANA, "/api/v1/alerts/alertmanager"),
    Receiver(
        "cloudwatch-raw",
        "cloudwatch",
        _RAW,
        (),
        ("AlarmName",),
        ("NewStateValue",),
        "OK",
        starts=("StateChangeTime",),
        texts=(("AlarmName",), ("AlarmDescription",), ("Trigger", "Dimensions", 0, "value")),
    ),
    Receiver(
        "cloudwatch-event",
        "cloudwatch",
        _EVENT,
        (),
        ("detail", "alarmName"),
        (*_STATE, "value"),
        "OK",
        starts=(*_STATE, "timestamp"),
        texts=(("detail", "alarmName"), (*_STATE, "reason")),
    ),
    Receiver(
        "pagerduty",
        "pagerduty",
        _PAGERDUTY,
        (),
        ("dedup_key",),
        ("event_action",),
        "resolve",
        starts=(*_PAYLOAD, "timestamp"),
        link=("client_url",),
        texts=((*_PAYLOAD, "summary"), (*_PAYLOAD, "component"), (*_PAYLOAD, "custom_details", "load avg")),
    ),
    _cloudevents("cloudevents", _CLOUDEVENT, ()),
    _cloudevents("cloudevents-batch", [_CLOUDEVENT], (0,)),
    Receiver(
        "webhook",
        "garden",
        _GARDEN,
        _FIRST,
        (*_FIRST, "what"),
        (*_FIRST, "value"),
        "OK",
        single=False,
        starts=(*_FIRST, "since"),
        ends=(*_FIRST, "until"),
        link=(*_FIRST, "link"),
        texts=((*_FIRST, "text"), (*_FIRST, "host"), (*_FIRST, "tags", "room")),
    ),
    Receiver(
        "uptime_kuma",
        "uptime_kuma",
        _KUMA,
        (),
        ("monitor", "name"),
        ("heartbeat", "status"),
        1,
        starts=("heartbeat", "time"),
        link=("monitor", "url"),
        texts=(("monitor", "name"), ("heartbeat", "msg"), ("monitor", "tags", 0, "value")),
    ),
    Receiver(
        "manual",
        "manual",
        _MANUAL,
        (),
        ("log",),
        ("status",),
        "resolved",
        labels=("labels",),
        texts=(("log",), ("service",), ("labels", "team")),
    ),
]
