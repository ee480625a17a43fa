from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lamplighter.diagnosis.readers.kube_events import event_of, tabled_events
from lamplighter.domain.evidence import Evidence

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PIECE = Evidence("e1", "kubectl.events", "", {"namespace": "shop"}, "text/plain", "", NOW)


def test_an_event_of_the_api_in_its_old_and_its_new_form() -> None:
    old = {
        "involvedObject": {"kind": "Pod", "name": "web-0", "namespace": "shop", "fieldPath": "spec.containers{main}"},
        "reason": "BackOff",
        "message": "Back-off",
        "type": "Warning",
        "count": 7,
        "lastTimestamp": "2026-03-01T11:59:00Z",
    }
    told = event_of(old, PIECE)
    assert told is not None
    assert (told.name, told.container, told.count, told.at) == ("web-0", "main", 7, NOW - timedelta(minutes=1))
    new = {"regarding": {"kind": "Pod", "name": "web-0"}, "note": "x", "eventTime": "2026-03-01T11:59:00.000000Z"}
    told = event_of(new, PIECE)
    assert told is not None
    assert (told.kind, told.message, told.warning) == ("pod", "x", False)


def test_an_event_about_nothing_is_none() -> None:
    assert event_of({"reason": "x"}, PIECE) is None


def test_rows_plain_and_wide() -> None:
    plain = {
        "LAST SEEN": "2m (x3 over 5m)",
        "TYPE": "Warning",
        "REASON": "Failed",
        "OBJECT": "pod/web-0",
        "MESSAGE": "no",
    }
    wide = {
        **plain,
        "OBJECT": "Deployment.apps/web",
        "SUBOBJECT": "spec.containers{main}",
        "COUNT": "12",
        "NAMESPACE": "a",
    }
    first, second = tabled_events([plain, wide], PIECE)
    assert (first.kind, first.name, first.count, first.namespace) == ("pod", "web-0", 3, "shop")
    assert (second.kind, second.name, second.count, second.container, second.namespace) == (
        "deployment",
        "web",
        12,
        "main",
        "a",
    )
