from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.check import Expected, SampleState
from lamplighter.integrations.probe.answer import Answer, certificate_end, is_match, judged
from lamplighter.testing import NOON

FINE = Answer(200, 0.2, '{"status": "ok"}', NOON + timedelta(days=20), NOON)


@pytest.mark.parametrize("status", [200, 204, 302, 399])
def test_without_a_wish_2xx_and_3xx_are_fine(status: int) -> None:
    assert judged(Expected(), Answer(status, 0.2, "", None, NOON)).state is SampleState.OK


@pytest.mark.parametrize("status", [199, 400, 404, 502])
def test_other_statuses_are_not(status: int) -> None:
    look = judged(Expected(), Answer(status, 0.2, "", None, NOON))
    assert (look.state, look.status) == (SampleState.FAILING, status)
    assert look.detail == f"HTTP {status} in 0.200 s; wanted 2xx or 3xx"


def test_a_list_of_statuses_is_all_that_is_fine() -> None:
    wish = Expected(statuses=(401, 403))
    assert judged(wish, Answer(401, 0.2, "", None, NOON)).state is SampleState.OK
    assert judged(wish, FINE).detail == "HTTP 200 in 0.200 s; wanted 401 or 403"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Expected(contains="nope"), 'does not contain "nope"'),
        (Expected(matches="^down"), 'does not match "^down"'),
        (Expected(latency_seconds_max=0.1), "slower than 0.1 s"),
        (Expected(certificate_days_min=30), "ends in 20.0 days, at least 30 wanted"),
    ],
)
def test_each_wish_that_is_not_met_is_told(wish: Expected, words: str) -> None:
    look = judged(wish, FINE)
    assert look.state is SampleState.FAILING
    assert words in look.detail


def test_an_answer_that_is_only_late_is_called_slow() -> None:
    assert judged(Expected(latency_seconds_max=0.1), FINE).error == "slow"
    assert judged(Expected(contains="nope"), FINE).error == ""
    assert judged(Expected((500,), latency_seconds_max=0.1), FINE).error == ""


def test_every_wish_that_is_met_is_fine() -> None:
    wish = Expected((200,), '"ok"', r'"status":\s*"ok"', 0.5, 14)
    assert judged(wish, FINE).state is SampleState.OK


def test_a_certificate_that_is_wanted_must_be_shown() -> None:
    plain = Answer(200, 0.2, "", None, NOON)
    assert "no certificate" in judged(Expected(certificate_days_min=1), plain).detail


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|a)*$", r"(.*a){20}"])
def test_no_pattern_can_keep_the_engine_busy(pattern: str) -> None:
    assert is_match(pattern, "a" * 60_000 + "!") in {True, False}


@given(st.text(max_size=200))
def test_a_pattern_is_searched_anywhere(text: str) -> None:
    assert is_match("needle", f"{text}needle{text}")


def test_rubbish_is_no_certificate() -> None:
    assert certificate_end(b"\x30\x00") is None
