from __future__ import annotations

import pytest

from lamplighter.domain.texts import cut, kept_text, kept_values, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("nul\x00", "nul\ufffd"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("Zoë 監視 👩‍🚒", "Zoë 監視 👩‍🚒"),
    ],
)
def test_what_cannot_be_shown_is_replaced(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_cut_counts_bytes_and_never_splits_a_letter() -> None:
    assert cut("ééé", 6) == "ééé"
    assert cut("éééé", 7) == "éé…"


def test_a_secret_goes_whole_wherever_the_cut_falls() -> None:
    secret = "ghp_" + "a1B2" * 9
    kept = kept_text("x" * 80 + f" {secret}", 100)
    assert "a1B2" not in kept
    values = kept_values({"note": "y" * 400 + f" password={secret}", "db_password": "hunter2secret"}, 4_096)
    assert "a1B2" not in values["note"]
    assert values["db_password"] == "[redacted]"
