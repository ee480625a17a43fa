"""The frame of every page: where one is, what waits, whether actions are paused, and who may press the switch."""

from __future__ import annotations

from lamplighter.domain.access import Right, Role
from lamplighter.web.console.frame import FrameView
from lamplighter.web.console.hub import Key, keyed
from lamplighter.web.console.making import Maker
from lamplighter.web.session import why_not
from tests.unit.web.console.conftest import SCRIPT, Room, person


def frame(room: Room, maker: Maker, role: Role = Role.OPERATOR, name: str = "robin") -> str:
    key = Key("frame", keyed({"place": "/incidents", "csrf": "abc"}), person(role, name))
    return FrameView(maker).sheet(room.context, key)["frame"]


def test_it_says_where_one_is_and_how_many_stand_open(room: Room, maker: Maker) -> None:
    room.incidents.open(1)
    made = frame(room, maker)
    assert '<a href="/incidents" aria-current="page">Incidents <span class="count">1</span>' in made
    assert 'name="csrf" value="abc"' in made
    assert "aria-disabled" not in made


def test_a_viewer_reads_why_the_switch_is_not_theirs(room: Room, maker: Maker) -> None:
    assert 'aria-disabled="true" title="robin is viewer' in frame(room, maker, Role.VIEWER)
    assert why_not(person(Role.VIEWER), Right.SWITCH)
    assert why_not(person(Role.OPERATOR), Right.SWITCH) == ""
    assert why_not(None, Right.SEE) == "nobody is signed in"


def test_a_pause_is_said_on_every_page_and_names_stay_text(room: Room, maker: Maker) -> None:
    room.paused = f"by {SCRIPT}"
    made = frame(room, maker, name=SCRIPT)
    assert "Actions are paused" in made
    assert 'data-act="resume"' in made
    assert "<script" not in made
    assert "<img" not in made
