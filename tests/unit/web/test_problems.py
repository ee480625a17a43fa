"""How errors look on the wire."""

from __future__ import annotations

import json

import pytest

from lamplighter.ports import StoreUnavailable
from lamplighter.web.problems import Problem, answer, not_found, store_away


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 415, 422, 500, 503])
def test_every_problem_has_all_the_fields(status: int) -> None:
    made = answer("/path", Problem(status, "a-code", "what happened", "what to do"))
    assert made.media_type == "application/problem+json"
    found = json.loads(bytes(made.body))
    assert found == {
        "type": "urn:lamplighter:problem:a-code",
        "title": found["title"],
        "status": status,
        "detail": "what happened",
        "instance": "/path",
        "code": "a-code",
        "fix": "what to do",
    }
    assert found["title"]


def test_a_store_that_is_away_is_503_so_that_the_sender_tries_again() -> None:
    problem = store_away(StoreUnavailable("the disk is full"))
    assert problem.status == 503
    assert int(problem.headers["Retry-After"]) > 0
    assert "the disk is full" in problem.detail


def test_what_is_not_there_is_named() -> None:
    assert "'INC-9'" in not_found("incident", "INC-9", "/list").detail


def test_halves_of_characters_in_a_problem_can_be_sent() -> None:
    """A key of somebody's JSON may be half a surrogate pair, and it comes back in the detail."""
    assert answer("/x", Problem(422, "invalid", "body.\ud800: not a key", "x")).body
