"""Acts, rows, their canonical form and their lines."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lamplighter.domain.audit import (
    DETAILS_MAX,
    NOTHING,
    WORD_BYTES_MAX,
    What,
    act,
    canonical,
    chained,
    line_of,
    row_of,
)

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
GRANTED = act(NOON, "ann", What.APPROVAL_GRANTED, "INC-1", approval="APR-1", reason='do it: ü "now"')


def test_the_hash_is_the_sha256_of_the_sorted_json_without_spaces_and_with_the_hash_before() -> None:
    row = chained(GRANTED, 7, "a" * 64)
    said = (
        '{"actor":"ann","at":"2026-01-05T12:00:00.000000Z","detail":{"approval":"APR-1","reason":"do it: ü \\"now\\""},'
        f'"on":"INC-1","previous":"{"a" * 64}","seq":7,"what":"approval_granted"}}'
    )
    assert canonical(row).decode() == said
    assert row.hash == hashlib.sha256(said.encode()).hexdigest()


def test_the_same_moment_in_another_zone_has_the_same_hash() -> None:
    elsewhere = replace(GRANTED, at=NOON.astimezone(timezone(timedelta(hours=5))))
    assert chained(elsewhere, 1, NOTHING).hash == chained(GRANTED, 1, NOTHING).hash


def test_every_field_is_in_the_hash() -> None:
    row = chained(GRANTED, 7, "a" * 64)
    others = [
        replace(row, seq=8),
        replace(row, at=NOON + timedelta(microseconds=1)),
        replace(row, actor="bob"),
        replace(row, what="approval_denied"),
        replace(row, on="INC-2"),
        replace(row, detail={}),
        replace(row, previous="b" * 64),
    ]
    assert len({canonical(one) for one in (row, *others)}) == len(others) + 1


def test_an_act_keeps_no_secret_no_control_character_and_no_endless_text() -> None:
    secret = "hunter2hunter2"
    made = act(
        NOON,
        f"ann\x1b[31m\n password={secret}",
        What.TOKEN_MADE,
        "x" * 5000,
        name=f"Authorization: Bearer {secret}",
        **{f"d{number}": "long " * 200 for number in range(40)},
        nothing="",
    )
    told = repr(made)
    assert secret not in told
    assert "\x1b" not in told
    assert "\\n" not in told
    assert len(made.on.encode()) <= WORD_BYTES_MAX
    assert len(made.detail) == DETAILS_MAX
    assert all(len(said.encode()) <= WORD_BYTES_MAX for said in made.detail.values())


def test_a_row_comes_back_from_its_line() -> None:
    row = chained(GRANTED, 7, "a" * 64)
    assert "\n" not in line_of(row)
    assert row_of(line_of(row)) == row


@pytest.mark.parametrize(
    "change",
    [
        {"more": "x"},
        {"seq": "7"},
        {"seq": 7.0},
        {"seq": True},
        {"seq": None},
        {"detail": {"a": 1}},
        {"detail": []},
        {"at": "2026-01-05T13:00:00+01:00"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"hash": 5},
        {"actor": None},
    ],
)
def test_what_the_hash_would_not_cover_is_no_row(change: dict[str, object]) -> None:
    found = json.loads(line_of(chained(GRANTED, 7, "a" * 64)))
    with pytest.raises(ValueError, match="not a row"):
        row_of(json.dumps(found | change, sort_keys=True, separators=(",", ":")))


def test_the_first_day_of_the_calendar_comes_back_too() -> None:
    row = chained(act(datetime.min.replace(tzinfo=UTC), "ann", What.PAUSED, "all"), 7, "a" * 64)
    assert row_of(line_of(row)) == row


@pytest.mark.parametrize("line", ["", "x", "[]", "{}", "null", "[" * 100_000, '{"at": 5}'])
def test_rubbish_is_no_row(line: str) -> None:
    with pytest.raises(ValueError, match="not a row"):
        row_of(line)
