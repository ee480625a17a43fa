"""Lists of incidents: filters, search, paging, and that none of them reads the whole table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.incident import State
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Wanted
from lamplighter.store import SqlStore

Maker = Callable[..., Alert]
Bench = Any  # conftest's Correlating, which importlib mode does not let tests import


@pytest.fixture
def filled(store: SqlStore, correlating: Bench, alert: Maker, now: datetime) -> SqlStore:
    """Six incidents, a minute apart: 2 and 4 resolved, 5 waits for a person; 6 has a second alert."""
    for number in range(1, 7):
        at = now + timedelta(minutes=number)
        correlating.run(alert(f"f{number}", component=f"c{number % 2}x{number}", summary=f"100% of_{number}"), at=at)
    correlating.run(alert("late", component="c0x6", name="DiskFilling"), at=now + timedelta(minutes=7))
    for number, state in ((2, State.RESOLVED), (4, State.RESOLVED), (5, State.NEEDS_HUMAN)):
        event = Event(f"INC-{number}", "end", now, Moment.STATE, Crew.PERSON, "")
        store.incidents.move(f"INC-{number}", state, event)
    return store


def _ids(store: SqlStore, wanted: Wanted, **how: Any) -> list[int]:  # noqa: ANN401 - limit and before
    return [int(one.id.removeprefix("INC-")) for one in store.incidents.listed(wanted, **how)]


def test_every_filter_and_their_combination(filled: SqlStore, now: datetime) -> None:
    waiting = (State.RECEIVED, State.NEEDS_HUMAN)
    assert _ids(filled, Wanted()) == [6, 5, 4, 3, 2, 1]
    assert _ids(filled, Wanted(states=waiting)) == [6, 5, 3, 1]
    assert _ids(filled, Wanted(states=waiting), limit=3) == [6, 5, 3]
    assert _ids(filled, Wanted(states=waiting), before="INC-5") == [3, 1]
    assert _ids(filled, Wanted(severities=("critical", "warning"), states=(State.RESOLVED,))) == [4, 2]
    assert _ids(filled, Wanted(severities=("info",))) == []
    assert _ids(filled, Wanted(component="c1x3")) == [3]
    assert _ids(filled, Wanted(component="c1x3", states=(State.RESOLVED,))) == []
    since, until = now + timedelta(minutes=2), now + timedelta(minutes=4)
    assert _ids(filled, Wanted(since=since, until=until)) == [4, 3, 2]
    assert _ids(filled, Wanted(flapping=True)) == []
    assert _ids(filled, Wanted(flapping=False), limit=1) == [6]
    assert _ids(filled, Wanted(), limit=0) == []


def test_text_is_found_in_title_component_and_alert_names(filled: SqlStore) -> None:
    assert _ids(filled, Wanted(text="DISKfill")) == [6]
    assert _ids(filled, Wanted(text="webdown c1x")) == [5, 3, 1]
    assert _ids(filled, Wanted(text="of_3", states=(State.RECEIVED,))) == [3]


@pytest.mark.parametrize(("text", "found"), [("100%", 6), ("%", 6), ("of_", 6), ("o__", 0), ("\\", 0), ("'--", 0)])
def test_wildcards_in_a_search_are_ordinary_text(filled: SqlStore, text: str, found: int) -> None:
    assert len(_ids(filled, Wanted(text=text))) == found


@pytest.mark.parametrize("cursor", ["tampered", "INC-0", "INC--1", "INC-1 OR 1=1", "INC-" + "9" * 30])
def test_a_cursor_that_is_no_id_is_refused(filled: SqlStore, cursor: str) -> None:
    with pytest.raises(LookupError):
        filled.incidents.listed(before=cursor)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(states=(State.RECEIVED, State.NEEDS_HUMAN)),
        Wanted(severities=("critical",)),
        Wanted(component="web", states=(State.RECEIVED,)),
    ],
)
def test_a_page_is_read_from_an_index_without_sorting(store: SqlStore, wanted: Wanted) -> None:
    asked: list[tuple[str, Any]] = []
    with store._database.reading() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(lambda sql: asked.append((sql, None)))
    store.incidents.listed(wanted)
    with store._database.reading() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(None)
        query = next(sql for sql, _ in asked if sql.startswith("SELECT"))
        plan = [str(row[-1]) for row in raw.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()]
    # The page itself is put in order, and it is short; no part that walks an index may sort.
    assert sum("TEMP B-TREE" in step for step in plan) <= 2, plan
    assert not any(step.startswith("SCAN incidents") and "USING" not in step for step in plan[2:] if wanted.states), (
        plan
    )
