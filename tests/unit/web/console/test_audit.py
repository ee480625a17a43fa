"""The page of the audit log, and the mark of it on an incident's page: filters stay, texts stay texts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from lamplighter.domain.access import Role
from lamplighter.domain.audit import What, act
from lamplighter.testing import NOON
from lamplighter.web.console.audit import ROWS, AuditView
from lamplighter.web.console.hub import Key, keyed
from lamplighter.web.console.incident import IncidentView
from lamplighter.web.console.making import Maker
from tests.unit.web.console.conftest import SCRIPT, Room, person


def sheet(room: Room, maker: Maker, **asked: str) -> str:
    made = AuditView(maker).sheet(room.context, Key("audit", keyed(asked), person(Role.ADMIN)))
    return "".join(made.values())


def granted(room: Room, number: int = 1, actor: str = "ann", **detail: str) -> None:
    room.audit.write(act(NOON, actor, What.APPROVAL_GRANTED, f"INC-{number}", **detail))


def test_nothing_done_yet_is_said(room: Room, maker: Maker) -> None:
    page = sheet(room, maker)
    assert "Nothing was done yet." in page
    assert "chain ok" in page


def test_acts_are_shown_with_who_and_on_what(room: Room, maker: Maker) -> None:
    granted(room, 7, plan="9c1f")
    page = sheet(room, maker)
    assert "approval granted" in page
    assert '<a class="id" href="/incidents/INC-7">INC-7</a>' in page
    assert "9c1f" in page


def test_filters_stay_and_lead_to_the_older_ones(room: Room, maker: Maker) -> None:
    for number in range(ROWS + 5):
        granted(room, 1, plan=str(number))
    page = sheet(room, maker, actor="ann", what="approval_granted")
    assert 'value="ann"' in page
    assert '<option value="approval_granted" selected>' in page
    assert "/audit?actor=ann&amp;what=approval_granted&amp;cursor=" in page
    assert "No act is like that." in sheet(room, maker, actor="nobody")
    with pytest.raises(ValidationError):
        sheet(room, maker, what="nonsense")


def test_what_others_wrote_stays_text(room: Room, maker: Maker) -> None:
    granted(room, 1, SCRIPT, reason=SCRIPT)
    page = sheet(room, maker, actor=SCRIPT[:100])
    assert "<script" not in page
    assert "<img" not in page
    assert "49" not in page


def test_a_broken_chain_says_where_and_what_to_do(room: Room, maker: Maker) -> None:
    for number in range(4):
        granted(room, number)
    room.audit.rows[2] = replace(room.audit.rows[2], actor="eve")
    page = sheet(room, maker)
    assert "broken at row 3" in page
    assert "lamplighter audit verify" in page
    assert "chain ok" not in page


def people_pane(room: Room, maker: Maker, role: Role) -> str:
    return IncidentView(maker).sheet(room.context, Key("incident", person=person(role), incident="INC-1"))["people"]


def test_the_page_of_an_incident_says_how_the_chain_stands(room: Room, maker: Maker) -> None:
    room.incidents.open(1)
    granted(room)
    page = people_pane(room, maker, Role.ADMIN)
    assert '<a href="/audit?incident=INC-1">Audit trail</a>' in page
    assert "chain ok" in page
    assert "1 act on INC-1" in page
    room.audit.rows[1] = replace(room.audit.rows[1], actor="eve")
    assert "broken at row 2" in people_pane(room, maker, Role.ADMIN)


def test_a_log_that_cannot_be_read_takes_nothing_else_from_the_page(room: Room, maker: Maker) -> None:
    room.incidents.open(1)
    granted(room)
    room.audit.away = True
    page = people_pane(room, maker, Role.ADMIN)
    assert "audit log cannot be read" in page
    assert "chain ok" not in page


def test_who_may_not_see_the_log_is_shown_no_way_to_it(room: Room, maker: Maker) -> None:
    room.incidents.open(1)
    page = people_pane(room, maker, Role.APPROVER)
    assert "/audit" not in page
    assert "Audit trail" in page
