"""A recorded stream, line by line: bodies of any source, envelopes, what a person closed, and what cannot be read."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from lamplighter.lab.replay_stream import LINE_BYTES_MAX, Broken, ClosedByHand, Recorded, recorded

ALERT = {"status": "firing", "labels": {"alertname": "A"}, "startsAt": "2026-01-01T00:00:00Z"}
BODIES = {
    "alertmanager": {"version": "4", "alerts": [ALERT]},
    "grafana": {"version": "1", "orgId": 1, "alerts": [ALERT]},
    "cloudwatch": {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": "{}"},
    "pagerduty": {"routing_key": "k", "event_action": "trigger"},
    "cloudevents": {"specversion": "1.0", "id": "1", "type": "t", "source": "s"},
    "uptime_kuma": {"heartbeat": {"status": 0}, "monitor": {"id": 7}, "msg": "down"},
    "manual": {"log": "it broke", "service": "web"},
}


def read(*lines: object, source: str = "") -> list[Recorded | ClosedByHand | Broken]:
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return list(recorded(io.BytesIO(b"\n".join(texts)), source))


@pytest.mark.parametrize("source", BODIES)
def test_a_body_is_told_by_its_keys_and_kept_as_it_is(source: str) -> None:
    (line,) = read(BODIES[source])
    assert isinstance(line, Recorded)
    assert (line.source, json.loads(line.body), line.at) == (source, BODIES[source], None)


def test_an_envelope_says_when_whose_and_with_which_headers() -> None:
    (line,) = read({"at": "2026-01-01T02:00:00+01:00", "source": "x", "headers": {"ce-id": "1"}, "body": {"a": 1}})
    assert line == Recorded(1, "x", b'{"a": 1}', datetime(2026, 1, 1, 1, tzinfo=UTC), {"ce-id": "1"})


def test_an_envelope_that_does_not_say_whose_is_told_by_its_body() -> None:
    assert [line.source for line in read({"body": BODIES["grafana"]}) if isinstance(line, Recorded)] == ["grafana"]


def test_a_body_that_was_written_down_as_text_is_that_text() -> None:
    (line,) = read({"at": "2026-01-01T00:00:00", "source": "cloudwatch", "body": '{"é": 1}'})
    assert isinstance(line, Recorded)
    assert line.body.decode() == '{"é": 1}'
    assert line.at == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_name_that_is_given_counts_where_the_line_says_none() -> None:
    lines = read(BODIES["alertmanager"], {"source": "own", "body": {}}, {"body": {}}, source="given")
    assert [line.source for line in lines if isinstance(line, Recorded)] == ["given", "own", "given"]


def test_what_a_person_closed_is_no_body() -> None:
    (line,) = read({"at": "2026-01-01T00:00:00Z", "resolved": {"alertname": "A"}, "resolution": "a new disk"})
    assert line == ClosedByHand(1, {"alertname": "A"}, "a new disk", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "bad",
    [
        b'{"alerts": [',
        b"nonsense",
        b"7",
        b"[7]",
        b"[" * 5_000,
        b'{"at": "yesterday", "body": {}}',
        b'{"at": "2026-01-01T00:00:00Z", "headers": 7, "body": {}}',
        b'{"resolved": 7, "resolution": "x"}',
    ],
)
def test_a_broken_line_has_its_number_and_a_reason_and_stops_nothing(bad: bytes) -> None:
    first, broken, last = read(BODIES["manual"], bad, BODIES["manual"])
    assert isinstance(first, Recorded)
    assert isinstance(broken, Broken)
    assert broken.number == 2
    assert broken.reason
    assert isinstance(last, Recorded)
    assert last.number == 3


def test_empty_lines_and_a_mark_of_byte_order_are_nothing() -> None:
    lines = read(b"\xef\xbb\xbf" + json.dumps(BODIES["manual"]).encode(), b"", b"   ", BODIES["manual"])
    assert [line.number for line in lines] == [1, 4]


def test_a_line_without_an_end_is_skipped_without_being_kept() -> None:
    lines = read(b'{"a": "' + b"x" * (2 * LINE_BYTES_MAX), BODIES["manual"])
    assert [type(line) for line in lines] == [Broken, Recorded]
    assert [line.number for line in lines] == [1, 2]


def test_a_list_of_objects_is_a_body_too() -> None:
    (line,) = read([BODIES["cloudevents"]])
    assert isinstance(line, Recorded)
    assert line.source == "cloudevents"
