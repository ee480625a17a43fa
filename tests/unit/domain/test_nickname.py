"""Who has a name in the configuration is called by it and by the channel; nobody else is called anything new."""

from __future__ import annotations

from lamplighter.domain.nickname import Nicknames

KNOWN = Nicknames({"telegram:123456789": "anna"})


def test_who_has_a_name_is_called_by_it_and_by_the_channel() -> None:
    assert KNOWN.of("telegram:123456789") == "anna (telegram)"


def test_whoever_has_none_is_shown_as_what_is_kept() -> None:
    for identity in ("telegram:12345678", "telegram:1234567890", "anna", "ntfy:anna", "kim", ""):
        assert KNOWN.of(identity) == identity
    assert Nicknames().of("telegram:123456789") == "telegram:123456789"
