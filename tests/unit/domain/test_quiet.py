from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.quiet import (
    BadSilence,
    checked,
    holds,
    matcher_words,
    matchers_of,
    mutes,
    parse_end,
    parse_matcher,
    parse_matchers,
    reminders,
    words_of,
)
from lamplighter.domain.silence import Matcher, Op, Silence

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def silence(*matchers: str, ends_at: datetime = NOW + HOUR, starts_at: datetime = NOW) -> Silence:
    return Silence("s1", parse_matchers(matchers), starts_at, ends_at, "alice", "moving disks")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jellyfin", Matcher("component", Op.EQUAL, "jellyfin")),
        ("registry.local:5000/web", Matcher("component", Op.EQUAL, "registry.local:5000/web")),
        ("web-*", Matcher("component", Op.MATCHES, "web-.*")),
        ("a.b*", Matcher("component", Op.MATCHES, r"a\.b.*")),
        ("alertname=Down", Matcher("alertname", Op.EQUAL, "Down")),
        ("alertname = Disk is full", Matcher("alertname", Op.EQUAL, "Disk is full")),
        ('severity=~"a|b"', Matcher("severity", Op.MATCHES, "a|b")),
        ('job!="x"', Matcher("job", Op.UNEQUAL, "x")),
        ('pod!~"y.*"', Matcher("pod", Op.DIFFERS, "y.*")),
        (r'path="a\"b\\c"', Matcher("path", Op.EQUAL, r"a\"b\c".replace(r"\"", '"'))),
        ('pod=~"a\\\\.b"', Matcher("pod", Op.MATCHES, r"a\.b")),
        ('pod=~"a\\.b"', Matcher("pod", Op.MATCHES, r"a\.b")),
        ("empty=", Matcher("empty", Op.EQUAL, "")),
    ],
)
def test_what_people_write(text: str, expected: Matcher) -> None:
    assert parse_matcher(text) == expected


def test_alertmanagers_form_holds_several() -> None:
    assert parse_matchers(['{alertname="Down, really",severity=~"a|b"}', "db"]) == (
        Matcher("alertname", Op.EQUAL, "Down, really"),
        Matcher("severity", Op.MATCHES, "a|b"),
        Matcher("component", Op.EQUAL, "db"),
    )


@given(st.text(st.characters(exclude_categories=["C"]), max_size=30), st.sampled_from([Op.EQUAL, Op.UNEQUAL]))
def test_what_is_shown_can_be_written_again(value: str, op: Op) -> None:
    matchers = (Matcher("a", op, value), Matcher("b", Op.EQUAL, "x"))
    assert parse_matchers(["{" + matcher_words(matchers) + "}"]) == matchers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no matcher"),
        ("two words", "no matcher"),
        ("9x=1", "no matcher"),
        ('a="b', "no matcher"),
        ("a=~(b", "not closed"),
        ("a=~(b+)+", "repeats a repeat"),
        ("a=~(?=b)", "looking ahead"),
        (r"a=~(b)\1", "refers back"),
        ("a=~" + "b" * 201, "longer than 200"),
        ("a=" + "b" * 1000, "longer than 1000"),
    ],
)
def test_what_is_no_matcher_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(BadSilence, match=words):
        parse_matcher(text)


@pytest.mark.parametrize(
    ("matcher", "labels", "expected"),
    [
        ("a=x", {"a": "x"}, True),
        ("a=x", {}, False),
        ("a!=x", {}, True),
        ("a=~x|y", {"a": "y"}, True),
        ("a=~x", {"a": "xx"}, False),
        ("a!~x.*", {"a": "xx"}, False),
        ("a!~x.+", {}, True),
        ("a=", {}, True),
    ],
)
def test_one_matcher(matcher: str, labels: dict[str, str], *, expected: bool) -> None:
    assert holds(parse_matcher(matcher), labels) is expected


def test_an_expression_of_another_system_that_cannot_be_read_mutes_nothing() -> None:
    for op in (Op.MATCHES, Op.DIFFERS):
        assert not holds(Matcher("a", op, r"(?P<x>y)"), {"a": "y"})


def test_a_silence_mutes_while_it_lasts_and_all_matchers_hold() -> None:
    one = silence("jellyfin", "alertname=Down")
    labels = {"alertname": "Down", "component": "jellyfin"}
    assert mutes(one, labels, NOW)
    assert not mutes(one, {**labels, "component": "db"}, NOW)
    assert not mutes(one, labels, NOW - timedelta(seconds=1))
    assert not mutes(one, labels, NOW + HOUR)
    assert not mutes(replace(one, matchers=()), labels, NOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"matchers": ()}, "1 to 20 matchers"),
        ({"matchers": (Matcher("a", Op.EQUAL, "x"),) * 21}, "1 to 20 matchers"),
        ({"matchers": (Matcher("a", Op.UNEQUAL, "x"),)}, "none of its labels"),
        ({"matchers": (Matcher("a", Op.MATCHES, ".*"),)}, "none of its labels"),
        ({"matchers": (Matcher("a b", Op.EQUAL, "x"),)}, "no name of a label"),
        ({"matchers": (Matcher("a", Op.EQUAL, "x\ud800"),)}, "cannot be shown"),
        ({"matchers": (Matcher("a", Op.EQUAL, "x" * 1001),)}, "longer than 1000"),
        ({"ends_at": NOW}, "has ended already"),
        ({"ends_at": NOW - HOUR}, "has ended already"),
        ({"ends_at": NOW + timedelta(days=31)}, "within 30 days"),
        ({"starts_at": NOW + 2 * HOUR}, "before it begins"),
        ({"starts_at": NOW + timedelta(days=400), "ends_at": NOW + timedelta(days=401)}, "more than a year"),
        ({"author": " "}, "who made it"),
        ({"reason": ""}, "and why"),
    ],
)
def test_what_must_not_be_made(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadSilence, match=words):
        checked(replace(silence("jellyfin"), **change), NOW)


def test_thirty_days_from_now_will_do_whenever_it_began() -> None:
    old = silence("jellyfin", starts_at=NOW - timedelta(days=10), ends_at=NOW + timedelta(days=30))
    assert checked(old, NOW) == old


def test_the_words_are_made_safe_to_keep() -> None:
    one = replace(silence("jellyfin"), author="al\nice", reason="disk\x1b[31m password=hunter2secret " + "x" * 2000)
    kept = checked(one, NOW)
    assert kept.author == "al ice"
    assert "hunter2secret" not in kept.reason
    assert "\x1b" not in kept.reason
    assert len(kept.reason.encode()) <= 500


@pytest.mark.parametrize(
    ("text", "timezone", "expected"),
    [
        ("2h", "UTC", "2026-01-05 14:00"),
        ("90 m", "UTC", "2026-01-05 13:30"),
        ("30d", "UTC", "2026-02-04 12:00"),
        ("until 8:00", "UTC", "2026-01-06 08:00"),
        ("until 13:30", "UTC", "2026-01-05 13:30"),
        ("13:30", "Europe/Berlin", "2026-01-05 12:30"),
        ("12:00", "UTC", "2026-01-06 12:00"),
    ],
)
def test_how_long(text: str, timezone: str, expected: str) -> None:
    assert parse_end(text, NOW, timezone) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "0h", "31d", "forever", "until 25:00", "until 8", "-2h", "2h30m"])
def test_what_is_no_end_says_what_to_write(text: str) -> None:
    with pytest.raises(BadSilence, match=r"silence lasts|is no end"):
        parse_end(text, NOW)


def test_the_words_people_read() -> None:
    one = silence("jellyfin", ends_at=NOW + timedelta(hours=16))
    assert words_of(one, NOW) == "silenced until 04:00 UTC by alice: moving disks"
    assert words_of(one, NOW, "Europe/Berlin") == "silenced until 05:00 CET by alice: moving disks"
    longer = replace(one, ends_at=NOW + timedelta(days=2), origin="alertmanager")
    assert words_of(longer, NOW) == "silenced in alertmanager until 2026-01-07 12:00 UTC by alice: moving disks"


def test_old_silences_are_brought_to_mind() -> None:
    old = silence("a", starts_at=NOW - timedelta(days=5))
    older = silence("b", starts_at=NOW - timedelta(days=9))
    over = silence("c", starts_at=NOW - timedelta(days=9), ends_at=NOW)
    assert reminders((old, older, over, silence("d")), NOW) == (older, old)


def test_the_matchers_of_an_alert_fit_it_and_no_other() -> None:
    labels = {"severity": "critical", "alertname": "Down", "instance": "a:1", "empty": ""}
    made = replace(silence("x"), matchers=matchers_of(labels))
    assert matcher_words(made.matchers) == 'alertname="Down", instance="a:1", severity="critical"'
    assert checked(made, NOW).matchers == made.matchers
    assert mutes(made, labels, NOW)
    for other in ({"instance": "a:2"}, {"alertname": "Up"}, {"severity": "warning"}):
        assert not mutes(made, {**labels, **other}, NOW)


def test_what_cannot_be_matched_is_left_out_but_never_the_name() -> None:
    many = {f"l{number:02d}": "x" for number in range(40)}
    found = matchers_of({**many, "alertname": "Down", "no label": "x", "long": "x" * 2_000})
    assert found[0] == Matcher("alertname", Op.EQUAL, "Down")
    assert len(found) == 20
    for labels in ({}, {"severity": "critical"}, {"alertname": "", "a": "b"}, {"alertname": "x" * 2_000, "a": "b"}):
        with pytest.raises(BadSilence):
            matchers_of(labels)
