from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lamplighter.domain.alert import Alert, AlertStatus, BadSignal, fingerprint_of
from lamplighter.domain.reception import (
    EPOCH,
    Unfit,
    bounded_list,
    link,
    made,
    read_json,
    read_object,
    taken,
    text_of,
    time_at,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def alert(labels: Mapping[str, str], **changes: Any) -> Alert:  # noqa: ANN401 - parts of an alert by name
    values: dict[str, Any] = {"status": AlertStatus.FIRING, "annotations": {}, "starts_at": NOW, **changes}
    return made("fake", NOW, labels=labels, **values)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-22T11:00:00Z", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22 11:00:00.1239", datetime(2026, 11, 22, 11, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-11-22T11:00:00.123456789+02:00", datetime(2026, 11, 22, 9, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-11-22T11:00:00.5+0000", datetime(2026, 11, 22, 11, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-22T11:00z", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        (1_700_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1_700_000_000_500, datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC)),
        (0.25, EPOCH + timedelta(milliseconds=250)),
    ],
)
def test_times_are_utc_to_the_millisecond(value: object, expected: datetime) -> None:
    assert time_at("at", value) == expected


@pytest.mark.parametrize(
    "value", ["", "now", "2026-13-01T00:00:00Z", "2026-11-22", "x" * 9_999, None, True, [], 10**400, 1e300]
)
def test_what_is_no_time_is_unfit(value: object) -> None:
    with pytest.raises(Unfit) as caught:
        time_at("at", value)
    assert caught.value.place == "at"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (None, ""), (True, "true"), (1.5, "1.5"), ({"a": [1]}, '{"a": [1]}'), ("\ud800", "\ud800")],
)
def test_a_label_holds_any_value_as_text(value: object, expected: str) -> None:
    assert text_of(value) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/a b", "https://h/a b"),
        ("HTTP://h:80", "HTTP://h:80"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("http://[::1", ""),
        ("http://", ""),
        ("javascript:alert(1)//http://h", ""),
        ("http://h/\r\nx", ""),
        ("https://ann:hunter2secret@h/", "https://[redacted]@h/"),
    ],
)
def test_a_link_is_one_that_a_browser_may_follow(url: str, expected: str) -> None:
    assert link(url) == expected


def test_an_alert_without_a_fingerprint_has_that_of_its_labels() -> None:
    assert alert({"a": "b"}).fingerprint == fingerprint_of({"a": "b"})


def test_an_end_before_the_start_is_none() -> None:
    ended = alert({"a": "b"}, status=AlertStatus.RESOLVED, ends_at=NOW - timedelta(hours=1))
    assert ended.ends_at is None


@pytest.mark.parametrize(
    ("payload", "words"),
    [(b"", "is empty"), (b"\xef\xbb\xbf ", "is empty"), (b"{", "not one JSON"), (b"NaN", "NaN is not JSON"),
     (b"1" * 5_000, "not one JSON"), (b"[" * 100_000, "nested too deeply"), (b" " * (8 * 1024**2 + 1), "more than")],
)  # fmt: skip
def test_a_body_that_is_no_json_is_refused(payload: bytes, words: str) -> None:
    with pytest.raises(BadSignal, match=words):
        read_json(payload, "fix it")


def test_an_object_is_wanted_where_one_is_wanted() -> None:
    with pytest.raises(BadSignal, match="is not a JSON object but a list"):
        read_object(b"[]", "fix it")
    assert read_object(b'\xef\xbb\xbf{"a": "\\ud800"}', "fix it") == {"a": "\ud800"}


def test_a_list_is_bounded() -> None:
    for value, words in ((None, "missing"), ({}, "not a list but an object"), ([0] * 5_001, "more than 5000")):
        with pytest.raises(BadSignal, match=words):
            bounded_list(value, "alerts", "fix it")


def test_an_unfit_item_costs_only_itself_and_is_kept_without_secrets() -> None:
    def read(item: dict[str, str]) -> Alert:
        return alert(item)

    delivery = taken([{"a": "b"}, {"": "password=hunter2secret"}, {"c": "d"}], read, "events")
    assert [one.labels for one in delivery.alerts] == [{"a": "b"}, {"c": "d"}]
    assert delivery.bad[0].reason == "events[1].labels: holds an empty name"
    assert "hunter2secret" not in delivery.bad[0].payload
    assert json.loads(delivery.bad[0].payload)
