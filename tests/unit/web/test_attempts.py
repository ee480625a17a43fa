"""How often one may try, by name and by address."""

from __future__ import annotations

import pytest

from lamplighter.web.attempts import PER_ADDRESS, PER_NAME, Attempts
from lamplighter.web.problems import Problem


def tried_until_refused(attempts: Attempts, addresses: list[str], names: list[str]) -> tuple[int, Problem]:
    for number in range(1000):
        try:
            attempts.take(addresses[number % len(addresses)], names[number % len(names)])
        except Problem as problem:
            return number, problem
    pytest.fail("nobody was ever refused")


def test_a_name_is_tried_only_so_often_from_however_many_addresses() -> None:
    addresses = [f"192.0.2.{number}" for number in range(200)]
    taken, problem = tried_until_refused(Attempts(), addresses, ["Ann", "ann", " ann "])
    assert taken == PER_NAME.amount
    assert problem.status == 429
    assert 1 <= int(problem.headers["Retry-After"]) <= 301


def test_an_address_tries_only_so_often_with_however_many_names() -> None:
    taken, problem = tried_until_refused(Attempts(), ["192.0.2.7"], [f"n{number}" for number in range(200)])
    assert (taken, problem.status) == (PER_ADDRESS.amount, 429)


def test_one_customer_of_ipv6_is_one_address_however_it_is_written() -> None:
    addresses = [f"2001:db8:0:1::{number:x}" for number in range(200)]
    taken, _ = tried_until_refused(Attempts(), addresses, [f"n{number}" for number in range(200)])
    assert taken == PER_ADDRESS.amount
    both = ["192.0.2.7", "::ffff:192.0.2.7"]
    taken, _ = tried_until_refused(Attempts(), both, [f"n{number}" for number in range(200)])
    assert taken == PER_ADDRESS.amount


def test_a_success_clears_the_name_but_not_the_address() -> None:
    attempts = Attempts()
    for _ in range(PER_ADDRESS.amount):
        attempts.take("192.0.2.7", "ann")
        attempts.succeeded("ann")
    with pytest.raises(Problem):
        attempts.take("192.0.2.7", "ann")
    attempts.take("192.0.2.8", "ann")


def test_what_is_no_address_is_one_address() -> None:
    taken, _ = tried_until_refused(Attempts(), ["", "x", "unix"], [""])
    assert taken == PER_ADDRESS.amount
