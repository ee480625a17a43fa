from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.diagnosis.readers.kube_moments import ago, moment

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "said", ["2026-03-01T12:00:00Z", "Sun, 01 Mar 2026 13:00:00 +0100", "2026-03-01T12:00:00.000000Z"]
)
def test_moments_of_the_api_and_of_describe(said: str) -> None:
    assert moment(said) == NOW


@pytest.mark.parametrize(
    "said", ["", "<unset>", "yesterday", "Mon, 99 Foo 0000 00:00:00 +0000", "0001-01-01T00:00:00Z"]
)
def test_what_is_no_moment_is_none(said: str) -> None:
    assert moment(said) is None


def test_ages_count_back_from_the_look() -> None:
    assert ago("3m30s (x256 over 58m)", NOW) == (NOW - timedelta(seconds=210), 256)
    assert ago("90s", NOW) == (NOW - timedelta(seconds=90), 1)
    assert ago("<unknown>", NOW) == (None, 1)
