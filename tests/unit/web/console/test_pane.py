"""What a browser sends is bounded text, and nothing else of it counts."""

from __future__ import annotations

import pytest

from lamplighter.web.console.pane import LETTERS_MAX, VALUES_MAX, values_of


@pytest.mark.parametrize("sent", [None, [], "act", 3, [{"act": "approve"}]])
def test_what_is_no_set_of_values_is_nothing(sent: object) -> None:
    assert values_of(sent) == {}


def test_only_text_counts_and_only_so_much_of_it() -> None:
    assert values_of({"act": "deny", "n": 3, "deep": {"x": 1}, 4: "y"}) == {"act": "deny"}
    assert len(values_of({"text": "x" * 9_000_000})["text"]) == LETTERS_MAX
    assert len(values_of({str(number): "x" for number in range(500)})) == VALUES_MAX
