from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.store.values import KEY_CHARS_MAX, bounded_key, clean, packed, packed_alert, unpacked, utc

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=50)
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ALERT = Alert("s", "f", AlertStatus.FIRING, {"a": "b"}, {"summary": "down"}, NOW, NOW)


@given(ANY_TEXT)
def test_clean_text_can_be_stored_and_ordinary_text_is_left(text: str) -> None:
    cleaned = clean(text)
    assert "\x00" not in cleaned
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned


def test_emoji_and_controls_are_ordinary_text() -> None:
    assert clean("\U0001f4a5 \u202e \x1b[31m \u200b") == "\U0001f4a5 \u202e \x1b[31m \u200b"


@given(ANY_TEXT, ANY_TEXT)
def test_any_alert_comes_back_clean(name: str, value: str) -> None:
    alert = replace(ALERT, labels={name: value}, fingerprint=value)
    kept = unpacked(packed_alert(alert), Alert)
    assert kept == replace(ALERT, labels={clean(name): clean(value)}, fingerprint=clean(value))


def test_a_backslash_is_not_taken_for_a_nul() -> None:
    alert = replace(ALERT, labels={"path": "C:\\u0000"})
    assert unpacked(packed_alert(alert), Alert) == alert


def test_long_keys_are_short_and_stay_apart() -> None:
    first, second = "x" * 5000 + "a", "x" * 5000 + "b"
    assert bounded_key(first) != bounded_key(second)
    assert bounded_key(first) == bounded_key(first)
    assert len(bounded_key(first)) <= KEY_CHARS_MAX + 65
    assert bounded_key("x" * KEY_CHARS_MAX) == "x" * KEY_CHARS_MAX


@pytest.mark.parametrize("first_or_last", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)])  # noqa: DTZ001 - zones below
@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_the_ends_of_the_calendar_are_times_too(first_or_last: datetime, hours: int) -> None:
    at = first_or_last.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert utc(at).utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        utc(NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="has no zone"):
        packed_alert(replace(ALERT, ends_at=NOW.replace(tzinfo=None)))


def test_numbers_that_json_cannot_hold_become_words() -> None:
    packed_numbers = packed({"a": [float("nan"), float("-inf")], 1: 2**64, "b": True, "c": 0.5})
    assert unpacked(packed_numbers, dict[str, object]) == {"a": ["nan", "-inf"], "1": str(2**64), "b": True, "c": 0.5}
