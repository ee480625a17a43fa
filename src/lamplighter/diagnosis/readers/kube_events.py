"""Reads Kubernetes events, as a table, as JSON or as the end of a description: about what, why, how often, when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lamplighter.diagnosis.readers.document import is_count, number, text
from lamplighter.diagnosis.readers.draft import shown
from lamplighter.diagnosis.readers.kube_moments import ago, moment
from lamplighter.diagnosis.readers.kube_outline import Node
from lamplighter.diagnosis.readers.kube_table import Row, table
from lamplighter.domain.evidence import Evidence

EVENTS_MAX = 2_000
MESSAGE_CHARS_MAX = 1_500
_FIELD_PATH = re.compile(r"containers\{([\w-]{1,63})\}")


@dataclass(frozen=True, slots=True)
class Told:
    """One event: what the cluster told of an object, how often, and when last."""

    kind: str
    namespace: str
    name: str
    reason: str
    message: str
    warning: bool
    count: int
    at: datetime | None
    evidence: Evidence
    container: str = ""
    source: str = ""


def event_of(value: object, evidence: Evidence) -> Told | None:
    """An event of the API."""
    subject = "regarding" if text(value, "regarding", "name") else "involvedObject"
    last = text(value, "lastTimestamp") or text(value, "series", "lastObservedTime") or text(value, "eventTime")
    count = number(value, "count") or number(value, "series", "count") or 1
    message, reason = text(value, "message") or text(value, "note"), text(value, "reason")
    if not text(value, subject, "name") and not message:
        return None
    found = _FIELD_PATH.search(text(value, subject, "fieldPath"))
    return Told(
        kind=text(value, subject, "kind").lower(),
        namespace=text(value, subject, "namespace") or text(value, "metadata", "namespace"),
        name=text(value, subject, "name"),
        reason=reason,
        message=shown(message, MESSAGE_CHARS_MAX),
        warning=text(value, "type") == "Warning",
        count=int(count),
        at=moment(last or text(value, "firstTimestamp") or text(value, "metadata", "creationTimestamp")),
        evidence=evidence,
        container=found[1] if found else "",
        source=text(value, "source", "component") or text(value, "reportingComponent"),
    )


def tabled_events(rows: Iterable[Row], evidence: Evidence) -> list[Told]:
    """The rows of `kubectl get events` or `kubectl events`, plain or wide."""
    found: list[Told] = []
    for row in list(rows)[-EVENTS_MAX:]:
        kind, _, name = row.get("OBJECT", "").partition("/")
        if not name and row.get("KIND"):
            kind, name = row["KIND"], row.get("NAME", "")
        when, count = ago(row.get("LAST SEEN") or row.get("LASTSEEN", ""), evidence.at)
        many = row.get("COUNT", "")
        place = _FIELD_PATH.search(row.get("SUBOBJECT", ""))
        found.append(
            Told(
                kind=kind.split(".", maxsplit=1)[0].lower(),
                namespace=row.get("NAMESPACE") or evidence.params.get("namespace", ""),
                name=name,
                reason=row.get("REASON", ""),
                message=shown(row.get("MESSAGE", ""), MESSAGE_CHARS_MAX),
                warning=row.get("TYPE", "") == "Warning",
                count=int(many) if is_count(many) else count,
                at=when,
                evidence=evidence,
                container=place[1] if place else "",
                source=row.get("SOURCE", ""),
            )
        )
    return found


def described_events(root: Node, kind: str, name: str, namespace: str, evidence: Evidence) -> list[Told]:
    """The events at the end of a description, which are about the object described."""
    node = root.child("Events")
    if node is None or not node.lines:
        return []
    _, rows = table(node.lines[0], node.lines[1:])
    found: list[Told] = []
    for row in rows[-EVENTS_MAX:]:
        when, count = ago(row.get("AGE", ""), evidence.at)
        message = shown(row.get("MESSAGE", ""), MESSAGE_CHARS_MAX)
        warning, reason = row.get("TYPE", "") == "Warning", row.get("REASON", "")
        found.append(
            Told(kind, namespace, name, reason, message, warning, count, when, evidence, "", row.get("FROM", ""))
        )
    return found
