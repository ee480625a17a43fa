"""What query parameters ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from lamplighter.domain.incident import CLOSED, State
from lamplighter.testing import NOON
from lamplighter.web.filters import IncidentQuery, moment
from lamplighter.web.problems import Problem


def test_nothing_asked_is_everything() -> None:
    wanted = IncidentQuery().wanted(NOON)
    assert (wanted.states, wanted.severities, wanted.since, wanted.flapping) == ((), (), None, None)


@pytest.mark.parametrize("word", ["open", "OPEN", "Open"])
def test_open_is_every_state_that_people_should_care_about(word: str) -> None:
    assert set(IncidentQuery(status=word).wanted(NOON).states) == set(State) - CLOSED


def test_closed_and_single_states() -> None:
    assert set(IncidentQuery(status="closed").wanted(NOON).states) == CLOSED
    assert IncidentQuery(status="RESOLVED").wanted(NOON).states == (State.RESOLVED,)


def test_status_narrows_the_states() -> None:
    query = IncidentQuery(status="open", state=[State.RESOLVED, State.RECEIVED])
    assert query.wanted(NOON).states == (State.RECEIVED,)


def test_states_that_exclude_each_other_are_said_so_rather_than_read_as_any() -> None:
    with pytest.raises(Problem, match="both closed and one of received"):
        IncidentQuery(status="closed", state=[State.RECEIVED]).wanted(NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "fine"},
        {"state": ["good"]},
        {"severity": ["CRITICAL!"]},
        {"q": "a\x00b"},
        {"q": "x" * 201},
        {"component": "a\nb"},
        {"limit": 0},
        {"limit": 201},
        {"cursor": "INC-1"},
        {"flapping": "perhaps"},
    ],
)
def test_a_wrong_parameter_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        IncidentQuery.model_validate(wrong)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("24h", NOON - timedelta(days=1)),
        ("2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)),
        ("2026-01-05T10:00:00+02:00", datetime(2026, 1, 5, 8, tzinfo=UTC)),
        (" ", None),
    ],
)
def test_times_are_iso_or_how_long_ago(text: str, at: datetime | None) -> None:
    assert moment("since", text, NOON) == at


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01T00:00:00+14:00", "2026-13-01", "-1h", "٣h", "1e3"])
def test_what_is_no_time_is_422(text: str) -> None:
    with pytest.raises(Problem) as refused:
        moment("since", text, NOON)
    assert refused.value.status == 422
    assert "24h" in refused.value.fix


def test_a_cursor_is_bound_to_all_filters_but_not_to_the_page_size() -> None:
    assert IncidentQuery(limit=5).asked == IncidentQuery(limit=50).asked
    assert IncidentQuery(q="a").asked != IncidentQuery(q="b").asked
