"""B22: a log of any bytes is bounded evidence, says so where it was cut, and is read in time."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.log_lines import read_log
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence
from lamplighter.integrations.docker.stream import Newest

MIB = 1024**2
STAMP = b"2026-01-01T00:00:00.000000000Z "
LAST = STAMP + b"FATAL: the last words before the end\n"
LOGS = {
    "one line of 10 MB": STAMP + b"x" * (10 * MIB) + b"\n",
    "binary": random.Random(1).randbytes(2 * MIB),  # noqa: S311 - the same noise at each run
    "not UTF-8": STAMP + b"caf\xe9 \xff\xfe \xc0\x80 \xed\xa0\x80\n" * 20_000,
    "mixed line ends": (STAMP + b"a\r\n" + STAMP + b"b\r" + STAMP + b"c\n\r\x0b\x0c\x1c\x85") * 20_000,
    "escapes": STAMP + b"\x1b[31merror\x1b[0m \x1b]0;x\x07 \x00 \xe2\x80\xae\n" * 20_000,
    "empty lines": b"\n" * MIB,
    "a pattern's worst case": STAMP + b"error " + b"a" * 5_000 + b"=" * 5_000 + b"0" * 50_000 + b"\n",
    "numbers": STAMP + b"error " + b"1234567890.-:/" * 200_000 + b"\n",
}


def framed(log: bytes) -> bytes:
    """As the engine sends the error stream of a container without a terminal."""
    return b"\x02\x00\x00\x00" + len(log).to_bytes(4, "big") + log


def read(chunks: list[bytes]) -> tuple[Newest, Evidence]:
    kept = Newest(EVIDENCE_BYTES_MAX)
    for chunk in chunks:
        kept.feed(chunk)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return kept, Evidence("E1", "docker.logs", "web", {}, "text/plain", kept.text, now, truncated=kept.truncated)


@pytest.mark.parametrize("frame", [True, False], ids=["framed", "plain"])
@pytest.mark.parametrize("name", LOGS)
def test_any_log_is_bounded_and_its_last_words_are_read(name: str, frame: bool) -> None:  # noqa: FBT001 - pytest gives it
    whole = STAMP + b"begins\n" + LOGS[name] + b"\n" + LAST
    raw = framed(whole) if frame else whole
    kept, evidence = read([raw[start : start + 65_521] for start in range(0, len(raw), 65_521)])
    assert len(evidence.content.encode()) <= 3 * EVIDENCE_BYTES_MAX
    assert len(kept.text.encode("utf-8", "ignore")) > 0
    assert evidence.truncated == (len(whole) > EVIDENCE_BYTES_MAX)
    facts = read_log(evidence)
    assert any("the last words before the end" in fact.text for fact in facts)
    for fact in facts:
        assert len(fact.text) < 1_000
        assert "\x1b" not in fact.text


def test_a_log_that_comes_byte_by_byte_is_the_same() -> None:
    raw = framed(STAMP + b"caf\xc3\xa9\r\n") + framed(LAST)
    whole, _ = read([raw])
    pieces, _ = read([bytes([byte]) for byte in raw])
    assert whole.text == pieces.text == (STAMP + b"caf\xc3\xa9\r\n" + LAST).decode()


def test_no_log_opens_no_facts() -> None:
    for nothing in ([], [b""], [b"\x01\x00\x00\x00\x00\x00\x00\x00"], [b"\x01\x00"]):
        _, evidence = read(nothing)
        assert read_log(evidence) == []
        assert not evidence.truncated
