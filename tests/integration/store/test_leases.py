"""Leases: one holder at a time, tokens that only grow, and an end that somebody else may take over after."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from lamplighter.store import SqlStore


def _expire(store: SqlStore) -> None:
    with store._database.writing() as connection:
        connection.execute(text("UPDATE leases SET ends_at = '2001-01-01 00:00:00.000000'"))


def test_one_has_it_and_renews_it_with_the_same_token(store: SqlStore) -> None:
    token = store.leases.take("placing", "one", 60)
    assert token > 0
    assert store.leases.take("placing", "two", 60) == 0
    assert store.leases.take("placing", "one", 60) == token


def test_another_takes_over_at_the_end_and_the_token_grows(store: SqlStore) -> None:
    first = store.leases.take("placing", "one", 60)
    _expire(store)
    second = store.leases.take("placing", "two", 60)
    assert second > first
    assert store.leases.take("placing", "one", 60) == 0


def test_a_late_renewal_keeps_the_token_where_nobody_was_in_between(store: SqlStore) -> None:
    token = store.leases.take("placing", "one", 60)
    _expire(store)
    assert store.leases.take("placing", "one", 60) == token


def test_what_is_let_go_is_free_and_its_token_is_not_handed_out_again(store: SqlStore) -> None:
    token = store.leases.take("placing", "one", 60)
    store.leases.release("placing", "two")
    assert store.leases.take("placing", "two", 60) == 0
    store.leases.release("placing", "one")
    assert store.leases.take("placing", "one", 60) > token


def test_tokens_are_unique_over_all_names(store: SqlStore) -> None:
    tokens = [store.leases.take(name, "one", 60) for name in ("placing", "sweeping", "patrol")]
    assert len(set(tokens)) == 3
    assert 0 not in tokens
    with pytest.raises(ValueError, match="needs a holder"):
        store.leases.take("placing", "", 60)


def test_only_one_of_many_gets_it(store: SqlStore, opened: Callable[..., SqlStore], url: str) -> None:
    stores = [store, *(opened(url) for _ in range(3))]
    for round_number in range(5):
        with ThreadPoolExecutor(4) as pool:
            tokens = list(
                pool.map(lambda at: at[1].leases.take(f"r{round_number}", str(at[0]), 60), enumerate(stores))  # noqa: B023 - mapped at once
            )
        assert sum(token > 0 for token in tokens) <= 1
        # Two that ask for the very first time may both lose; the next to ask gets it.
        assert max(tokens) > 0 or store.leases.take(f"r{round_number}", "0", 60) > 0


def test_a_later_life_of_the_same_process_takes_over_at_once_and_fences_the_earlier(store: SqlStore) -> None:
    first = store.leases.take("placing", "ann#1", 60)
    assert store.leases.take("placing", "anna#1", 60) == 0, "another process of a longer name"
    later = store.leases.take("placing", "ann#2", 60)
    assert later > first > 0
    assert store.leases.take("placing", "bob#1", 60) == 0
