"""Which names and passwords are taken, and when a token holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.access import Scope
from lamplighter.domain.account import (
    PASSWORD_CHARS_MAX,
    ApiToken,
    BadAccount,
    account_name,
    fit_password,
    token_name,
)
from lamplighter.testing import NOON


def test_names_are_kept_in_lower_case() -> None:
    assert account_name(" Ann.B@lan ") == "ann.b@lan"


@pytest.mark.parametrize("name", ["", ".ann", "ann b", "ann\n", "änn", "a" * 65, "a" * 10**6, "<b>", "ann/../x"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadAccount):
        account_name(name if name != "ann\n" else "an\nn")


def test_a_sentence_is_a_password() -> None:
    assert fit_password("four words will do", "ann") == "four words will do"
    assert fit_password("x" * 4 + "yzab" * 63, "ann")


@pytest.mark.parametrize(
    "password", ["", "admin", "x" * 11, "a" * 40, "abcabcabcabcabc", "annannannann" * 1, "ab " * (PASSWORD_CHARS_MAX)]
)
def test_what_is_short_dull_or_endless_is_no_password(password: str) -> None:
    with pytest.raises(BadAccount):
        fit_password(password, "annannannann")


def test_a_token_says_what_it_is_for() -> None:
    assert token_name("  ci   runner ") == "ci runner"
    for bad in ("", "  ", "a" * 101, "a\x1b[31m"):
        with pytest.raises(BadAccount):
            token_name(bad)


def test_a_token_holds_until_it_is_revoked_or_runs_out() -> None:
    token = ApiToken("TOK-1", "ci", "d", frozenset({Scope.READ}), "ann", NOON)
    assert token.holds(NOON + timedelta(days=1000))
    ends = replace(token, expires_at=NOON + timedelta(hours=1))
    assert ends.holds(NOON)
    assert not ends.holds(NOON + timedelta(hours=1))
    assert not replace(token, revoked_at=NOON).holds(NOON)
