"""One listener for all open pages: a view is made once for all who see the same, and only when something changed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any, cast

import pytest

from lamplighter.domain.access import Person, Role, Via
from lamplighter.domain.timeline import Moment
from lamplighter.ports import StoreUnavailable
from lamplighter.web.console.hub import CLIENTS_MAX, PERSON_CLIENTS_MAX, Hub, Key, Said, keyed
from lamplighter.web.context import Context
from lamplighter.web.problems import Problem
from tests.unit.web.console.conftest import Room, person

ROBIN = person()


class Shown:
    """A pane that remembers what it showed."""

    is_deleted = False

    def __init__(self) -> None:
        self.seen: list[str] = []

    def show(self, html: str) -> None:
        self.seen.append(html)


class Tab:
    """A browser's page."""

    def __init__(self, number: int) -> None:
        self.is_deleted = False
        self.id = f"tab{number}"
        self.opened: list[str] = []
        self.leave: Any = None
        self.connect: Any = None
        self.sub_pages_router = cast("Any", type("Router", (), {"current_path": "/incidents"}))

    def on_delete(self, leave: Any) -> None:  # noqa: ANN401 - a callable without arguments
        self.leave = leave

    def on_connect(self, connect: Any) -> None:  # noqa: ANN401 - a callable without arguments
        self.connect = connect

    def delete(self) -> None:
        self.is_deleted = True
        self.leave()

    def open(self, path: str) -> None:
        self.opened.append(path)


class Views:
    """Counts how often each view is made."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.away = False

    def sheet(self, _here: Context, key: Key) -> Mapping[str, str]:
        self.made.append(f"{key.view}{key.incident}")
        if self.away:
            raise StoreUnavailable("locked")
        return {"main": f"{key.view}{key.incident} {len(self.made)}"}


async def here() -> Person | None:
    return ROBIN


@pytest.fixture
def views() -> Views:
    return Views()


@pytest.fixture
def hub(room: Room, views: Views) -> Hub:
    names = ("frame", "list", "incident")
    return Hub(room.context, dict.fromkeys(names, views.sheet), lambda said: said.words)


def somebody(number: int) -> Person:
    return person(name=f"p{number}")


def watched(hub: Hub, number: int, *keys: Key, who: Any = here) -> tuple[Tab, Shown]:  # noqa: ANN401 - tells who it is
    tab, pane = Tab(number), Shown()
    hub.watch(cast("Any", tab), keys, {"main": cast("Any", pane)}, who)
    return tab, pane


async def soon(condition: Any) -> None:  # noqa: ANN401 - a callable
    for _ in range(1_200):
        if condition():
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not happen")


async def test_twenty_who_see_the_same_are_one_view(hub: Hub, views: Views) -> None:
    panes = [watched(hub, number, Key("list", person=ROBIN))[1] for number in range(20)]
    await hub.refresh(Key("list", person=ROBIN))
    assert views.made == ["list"]
    assert {pane.seen[-1] for pane in panes} == {"list 1"}


async def test_one_view_is_made_anew_for_everybody_who_sees_it(hub: Hub, views: Views) -> None:
    _, mine = watched(hub, 1, Key("list", person=ROBIN))
    _, other = watched(hub, 2, Key("list", (("csrf", "x"),), person=ROBIN))
    _, frame = watched(hub, 3, Key("frame", person=ROBIN))
    await hub.again("list")
    assert (views.made, mine.seen, other.seen, frame.seen) == (["list", "list"], ["list 1"], ["list 2"], [])


async def test_of_two_at_the_same_time_the_one_that_began_later_stays(hub: Hub) -> None:
    slow, key = threading.Event(), Key("list", person=ROBIN)
    numbers = iter((1, 2))

    def sheet(_here: Context, _key: Key) -> Mapping[str, str]:
        number = next(numbers)
        if number == 1:
            assert slow.wait(60)
        return {"main": str(number)}

    hub.views = {"list": sheet}
    _, pane = watched(hub, 1, key)
    first = asyncio.create_task(hub.refresh(key))
    await asyncio.sleep(0)
    await hub.refresh(key)
    slow.set()
    await first
    assert pane.seen == ["2"]


async def test_what_nobody_looks_at_is_not_made_and_not_remembered(hub: Hub, views: Views) -> None:
    tab, _ = watched(hub, 1, Key("list", person=ROBIN))
    tab.leave()
    await hub.refresh(Key("list", person=ROBIN))
    assert views.made == []
    assert not hub.shows(Key("list", person=ROBIN))


async def test_what_changed_while_a_page_was_opened_comes_at_once(hub: Hub) -> None:
    watched(hub, 1, Key("frame", person=ROBIN))
    await hub._round(())
    for changed in (False, True):
        since = time.monotonic()
        if changed:
            await hub.refresh(Key("frame", person=ROBIN))
        tab, pane = Tab(2), Shown()
        hub.watch(cast("Any", tab), (Key("list", person=ROBIN),), {"main": cast("Any", pane)}, here, since)
        await hub._round(())
        assert bool(pane.seen) is changed
        tab.leave()


async def test_news_of_one_incident_does_not_make_the_page_of_another(hub: Hub, room: Room, views: Views) -> None:
    feeding, keeping = asyncio.create_task(room.context.feed.run()), asyncio.create_task(hub.run())
    try:
        _, list_pane = watched(hub, 1, Key("list", person=ROBIN))
        watched(hub, 2, Key("incident", incident="INC-1", person=ROBIN))
        watched(hub, 3, Key("incident", incident="INC-2", person=ROBIN))
        await room.context.feed.begun()
        await asyncio.sleep(0.1)
        room.incidents.tell("INC-2", Moment.COMMENTED, "look")
        room.bell.announce()
        await soon(lambda: list_pane.seen)
        assert "incidentINC-2" in views.made
        assert "incidentINC-1" not in views.made
    finally:
        for task in (feeding, keeping):
            task.cancel()
        await asyncio.gather(feeding, keeping, return_exceptions=True)


async def test_a_pressed_switch_is_news_for_every_page(hub: Hub, room: Room, views: Views) -> None:
    watched(hub, 1, Key("incident", incident="INC-1", person=ROBIN))
    # Who comes first is shown all once more: nobody heard what changed before.
    await hub._round(())
    assert views.made == ["incidentINC-1"]
    views.made.clear()
    await hub._round(())
    assert views.made == []
    room.paused = "by robin"
    await hub._round(())
    assert views.made == ["incidentINC-1"]


async def test_a_view_that_breaks_leaves_its_pages_as_they_were(hub: Hub) -> None:
    def broken(*_: object) -> Mapping[str, str]:
        raise KeyError("a template that is wrong")

    _, pane = watched(hub, 1, Key("list", person=ROBIN))
    hub.views = {**hub.views, "list": broken}
    await hub.refresh(Key("list", person=ROBIN))
    assert pane.seen == []


async def test_a_listener_that_fell_behind_begins_anew_and_everything_is_made(
    hub: Hub, room: Room, views: Views
) -> None:
    feeding, keeping = asyncio.create_task(room.context.feed.run()), asyncio.create_task(hub.run())
    try:
        watched(hub, 1, Key("incident", incident="INC-1", person=ROBIN))
        await soon(lambda: len(room.context.feed) == 1)
        (listener,) = room.context.feed._listeners
        listener.lost = True
        await soon(lambda: views.made)
        assert views.made[0] == "incidentINC-1"
        await soon(lambda: room.context.feed._listeners and listener not in room.context.feed._listeners)
    finally:
        for task in (feeding, keeping):
            task.cancel()
        await asyncio.gather(feeding, keeping, return_exceptions=True)


async def test_a_store_that_is_away_leaves_pages_as_they_were(hub: Hub, views: Views) -> None:
    _, pane = watched(hub, 1, Key("list", person=ROBIN))
    views.away = True
    await hub.refresh(Key("list", person=ROBIN))
    assert pane.seen == []


async def test_who_is_signed_out_is_led_away_and_hears_nothing_more(hub: Hub) -> None:
    async def gone() -> Person | None:
        return None

    async def lowered() -> Person | None:
        return Person("robin", Role.VIEWER, Via.PASSWORD)

    stays, _ = watched(hub, 1, Key("list", person=ROBIN))
    leaves, pane = watched(hub, 2, Key("list", person=ROBIN), who=gone)
    other, _ = watched(hub, 3, Key("list", person=ROBIN), who=lowered)
    await hub._check()
    await hub.refresh(Key("list", person=ROBIN))
    assert (stays.opened, leaves.opened, other.opened) == ([], ["/incidents"], ["/incidents"])
    assert pane.seen == []
    assert len(hub) == 1


async def test_pages_are_bounded_and_one_that_is_closed_makes_room(hub: Hub) -> None:
    tabs = [watched(hub, number, Key("list", person=somebody(number)))[0] for number in range(CLIENTS_MAX)]
    for tab in tabs:
        tab.connect()
    with pytest.raises(Problem) as refused:
        await hub.sheet([Key("list")])
    assert refused.value.status == 503
    tabs[0].leave()
    assert (await hub.sheet([Key("list")]))["main"].startswith("list")
    for tab in tabs[1:]:
        tab.leave()
    assert len(hub) == 0
    assert not hub.shows(Key("list", person=somebody(0)))


async def test_one_person_takes_no_place_from_others_by_asking_and_never_connecting(hub: Hub) -> None:
    other = watched(hub, 1000, Key("list", person=somebody(1)))[0]
    tabs = []
    for number in range(3 * CLIENTS_MAX):
        await hub.sheet([Key("list", person=ROBIN)])
        tabs.append(watched(hub, number, Key("list", person=ROBIN))[0])
    assert len(hub) == PERSON_CLIENTS_MAX + 1
    assert [tab.is_deleted for tab in tabs[-PERSON_CLIENTS_MAX:]] == [False] * PERSON_CLIENTS_MAX
    assert all(tab.is_deleted for tab in tabs[:-PERSON_CLIENTS_MAX])
    assert not other.is_deleted
    assert await hub.sheet([Key("list", person=somebody(1))])


async def test_a_page_that_connected_stays_and_its_person_is_told_when_there_are_enough(hub: Hub) -> None:
    tabs = [watched(hub, number, Key("list", person=ROBIN))[0] for number in range(PERSON_CLIENTS_MAX)]
    for tab in tabs[1:]:
        tab.connect()
    await hub.sheet([Key("list", person=ROBIN)])
    assert [tab.is_deleted for tab in tabs] == [True] + [False] * (PERSON_CLIENTS_MAX - 1)
    watched(hub, 500, Key("list", person=ROBIN))[0].connect()
    with pytest.raises(Problem) as refused:
        await hub.sheet([Key("list", person=ROBIN)])
    assert refused.value.status == 503
    assert await hub.sheet([Key("list", person=somebody(1))])


async def test_where_many_ask_and_never_connect_the_oldest_gives_way(hub: Hub) -> None:
    tabs = [watched(hub, number, Key("list", person=somebody(number)))[0] for number in range(CLIENTS_MAX)]
    tabs[0].connect()
    assert await hub.sheet([Key("list", person=ROBIN)])
    assert [tab.is_deleted for tab in tabs[:3]] == [False, True, False]


def test_the_same_question_is_the_same_key() -> None:
    assert keyed({"q": "x", "status": "open"}) == keyed({"status": "open", "q": "x"})
    assert Key("list", keyed({"q": 1})).wanted == {"q": "1"}
    assert Said("done").fine
