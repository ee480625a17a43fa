from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.integrations.docker.stream import Newest, Whole
from lamplighter.ports import ToolError


def frame(stream: int, text: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=50)), max_size=10), st.integers(1, 20))
def test_frames_are_taken_apart_wherever_the_pieces_end(frames: list[tuple[int, bytes]], size: int) -> None:
    raw = b"".join(frame(stream, text) for stream, text in frames)
    newest = Newest(10_000)
    for start in range(0, len(raw), size):
        newest.feed(raw[start : start + size])
    assert newest.text == b"".join(text for _, text in frames).decode("utf-8", "replace")


def test_a_terminal_is_plain_text() -> None:
    newest = Newest(100)
    newest.feed(b"2026-01-05T12:00:00Z hel")
    newest.feed(b"lo\r\n")
    assert newest.text == "2026-01-05T12:00:00Z hello\r\n"


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_the_newest_bytes_are_kept_of_a_line_without_end(chunk: int) -> None:
    newest = Newest(64)
    raw = frame(1, b"x" * 5000 + b"the end")
    for start in range(0, len(raw), chunk):
        newest.feed(raw[start : start + chunk])
    assert newest.truncated
    assert len(newest.text) == 64
    assert newest.text.endswith("xthe end")


def test_what_just_fits_is_not_called_truncated() -> None:
    newest = Newest(5)
    newest.feed(frame(2, b"12345"))
    assert (newest.text, newest.truncated) == ("12345", False)


def test_an_answer_past_its_bound_is_an_error() -> None:
    whole = Whole(4)
    whole.feed(b"1234")
    with pytest.raises(ToolError, match="larger than 4 bytes"):
        whole.feed(b"5")
