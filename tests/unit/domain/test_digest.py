"""The digest counts what happened, names what waits, and is the one place for what went by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lamplighter.domain.alert import JournalEntry
from lamplighter.domain.digest import NAMED_MAX, digest_of_night
from lamplighter.domain.incident import Incident, State
from lamplighter.testing import NOON, firing
from tests.unit.workflow.conftest import incident_of


def incident(number: int, state: State, seconds: float = 0) -> Incident:
    made = incident_of(f"INC-{number}", JournalEntry(number, NOON, firing(f"Down{number}")), state)
    return replace(made, closed_at=NOON + timedelta(seconds=seconds) if seconds else None)


def test_a_night_is_summed_up() -> None:
    waits = incident(3, State.NEEDS_HUMAN)
    happened = [
        incident(1, State.RESOLVED, 48),
        incident(2, State.SELF_CLEARED, 40),
        waits,
        incident(4, State.MERGED, 1),
    ]
    digest = digest_of_night(happened, [waits], {"pve1": "401"})
    assert digest.headline == "2 problems, 1 fixed, 1 needs you"
    assert [item.split(":")[0] for item in digest.items] == [
        "Needs you",
        "Fixed",
        "Gone by itself",
        "I cannot see pve1",
    ]
    assert "40 s" in digest.items[2]


def test_a_quiet_night_says_so() -> None:
    digest = digest_of_night([], [], {})
    assert digest.headline.startswith("0 problems")
    assert "quiet" in digest.items[0]


def test_many_are_counted_and_only_some_are_named() -> None:
    digest = digest_of_night([incident(n, State.SELF_CLEARED, 5) for n in range(30)], [], {})
    assert len(digest.items) == NAMED_MAX + 1
    assert digest.items[-1].endswith(f"and {30 - NAMED_MAX} more")
