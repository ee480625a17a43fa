"""The forms of the pages do what the API does, by POST alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.domain.access import Role
from lamplighter.domain.incident import State
from lamplighter.testing import firing
from lamplighter.web import forms
from tests.unit.reports.conftest import diagnosis

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench


async def test_each_form_leads_back_to_the_incident(bench: Bench) -> None:
    bench.incidents.open(1, firing("DiskFull", container="nas"), firing("Slow", container="jellyfin"))
    bench.incidents.open(2)
    trouble = firing("Slow", container="jellyfin").trouble
    async with bench.client(forms.router) as client:
        steps = [
            ("comment", {"text": "two\r\nlines"}, "INC-1"),
            ("acknowledge", {"by": ""}, "INC-1"),
            ("split", {"trouble": trouble}, "INC-3"),
            ("resolve", {"resolution": "new disk"}, "INC-1"),
            ("reopen", {}, "INC-1"),
            ("merge", {"into": "INC-2"}, "INC-2"),
        ]
        for verb, form, where in steps:
            answer = await client.post(f"/incidents/INC-1/{verb}", data=form)
            if not form:
                answer = await client.post(
                    f"/incidents/INC-1/{verb}", headers={"content-type": "application/x-www-form-urlencoded"}
                )
            assert answer.status_code == 303, (verb, answer.text)
            assert answer.headers["location"] == f"/incidents/{where}"
    assert bench.incidents.held["INC-1"].state is State.MERGED
    assert bench.incidents.held["INC-1"].acknowledged_by == "admin"
    assert "two\nlines" in [event.text for event in bench.incidents.events]


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/incidents/INC-1/comment", {"text": ""}, 422),
        ("/incidents/INC-1/resolve", {}, 415),
        ("/incidents/INC-1/merge", {"into": "INC-1"}, 422),
        ("/incidents/INC-1/merge", {"into": "<script>"}, 422),
        ("/incidents/INC-9/comment", {"text": "x"}, 404),
        ("/incidents/INC-1/approve", {"x": "y"}, 404),
        ("/incidents/INC-1/feedback", {"cause": "perhaps"}, 422),
        ("/incidents/INC-1/feedback", {"cause": "right"}, 409),
        ("/incidents/INC-1/feedback", {"cause": "wrong", "component": "x" * 201}, 422),
        ("/incidents/INC-1/reopen", {"reason": "x"}, 409),
        ("/incidents/INC-1/comment", {f"f{n}": "x" for n in range(31)}, 422),
        ("/silences/SIL-9/end", {"x": "y"}, 404),
        ("/silences", {"matchers": "a b c", "duration": "1h", "reason": "x"}, 422),
        ("/maintenance", {"targets": "nas", "duration": "for ever"}, 422),
        ("/checks/run", {"name": "none"}, 404),
    ],
)
async def test_what_was_wrong_is_a_page_with_the_way_back(
    bench: Bench, path: str, form: dict[str, str], status: int
) -> None:
    bench.incidents.open(1)
    async with bench.client(forms.router) as client:
        answer = await client.post(path, data=form)
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"].startswith("text/html"):
        assert "« back" in answer.text
        assert "<script>" not in answer.text
    assert len(bench.incidents.events) == 1


async def test_silences_and_planned_work_come_from_the_page_too(bench: Bench) -> None:
    async with bench.client(forms.router) as client:
        made = await client.post(
            "/silences",
            data={"matchers": "jellyfin\r\nalertname=Slow", "duration": "2h", "reason": "disks", "author": ""},
        )
        planned = await client.post("/maintenance", data={"targets": "nas, pve1", "duration": "1h", "reason": ""})
        ended = await client.post("/silences/SIL-1/end", headers={"content-type": "application/x-www-form-urlencoded"})
    assert [one.status_code for one in (made, planned, ended)] == [303, 303, 303]
    first, second = bench.silences.held.values()
    assert [matcher.value for matcher in first.matchers] == ["jellyfin", "Slow"]
    assert second.matchers[0].value == "nas|pve1"
    assert first.ends_at <= bench.clock.now() < second.ends_at


async def test_a_check_is_run_from_its_page(bench: Bench) -> None:
    async with bench.client(forms.router) as client:
        answer = await client.post("/checks/run", data={"name": "Front / page"})
    assert answer.headers["location"] == "/checks"
    assert "Front / page" in bench.patrol.watches


async def test_a_form_is_no_json_and_looking_never_acts(bench: Bench) -> None:
    bench.incidents.open(1)
    async with bench.client(forms.router) as client:
        assert (await client.post("/incidents/INC-1/resolve", json={"resolution": "x"})).status_code == 415
        for path in ("/incidents/INC-1/resolve", "/silences/SIL-1/end", "/maintenance", "/checks/run"):
            assert (await client.get(path)).status_code == 405
    assert bench.incidents.held["INC-1"].is_open


async def test_the_switch_is_pressed_from_a_page_and_leads_back_to_it(bench: Bench) -> None:
    async with bench.client(forms.router) as client:
        pressed = await client.post("/pause", data={"why": "moving disks", "back": "/alerts"})
        held = bench.app.switch.held
        released = await client.post("/resume", data={"back": "/incidents/INC-7?plain=1"})
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/alerts")
    assert held == "by admin: moving disks"
    assert (released.status_code, released.headers["location"]) == (303, "/incidents/INC-7?plain=1")
    assert bench.app.switch.held == ""


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "/logout", "/alerts\n/x"]
)
async def test_the_switch_leads_nowhere_else(bench: Bench, back: str) -> None:
    async with bench.client(forms.router) as client:
        answer = await client.post("/pause", data={"back": back})
    assert answer.headers["location"] == "/"


async def test_a_switch_that_cannot_be_pressed_is_said(bench: Bench) -> None:
    bench.app.switch.stuck = True
    async with bench.client(forms.router) as client:
        answer = await client.post("/pause", data={"back": "/alerts"})
        long = await client.post("/pause", data={"why": "x" * 501})
    assert answer.status_code == 503
    assert "No space left on device" in answer.text
    assert long.status_code == 422


@pytest.mark.parametrize("place", ["/alerts", "/silences", "/checks", "/incidents/INC-1?plain=1"])
async def test_every_plain_page_has_the_search_and_the_switch(bench: Bench, place: str) -> None:
    bench.incidents.open(1)
    ann, vic = bench.signed_in(Role.OPERATOR, "ann"), bench.signed_in(Role.VIEWER, "vic")
    async with bench.browser(cookie=ann) as operator, bench.browser(cookie=vic) as viewer:
        page = (await operator.get(place)).text
        assert '<form class="search" role="search" method="get" action="/incidents">' in page
        assert '<form method="post" action="/pause"><input type="hidden" name="csrf"' in page
        assert f'name="back" value="{place}"' in page
        seen = (await viewer.get(place)).text
        assert 'action="/pause"' not in seen
        assert 'aria-disabled="true" title="vic is viewer' in seen
        assert (await operator.post("/pause", data={"back": place})).status_code == 403
        assert (await viewer.post("/pause", data=bench.form(vic, back=place))).status_code == 403
        assert bench.app.switch.held == ""
        done = await operator.post("/pause", data=bench.form(ann, back=place))
        assert (done.status_code, done.headers["location"]) == (303, place)
        assert "Actions are paused: by ann" in (await viewer.get(place)).text
        assert 'action="/resume"' in (await operator.get(place)).text


async def test_the_plain_page_tells_what_the_cause_really_was(bench: Bench) -> None:
    bench.incidents.open(1)
    bench.dossiers.found = diagnosis()
    async with bench.client(forms.router) as client:
        told = {"cause": "wrong", "component": "nas", "text": "its disk"}
        wrong = await client.post("/incidents/INC-1/feedback", data=told)
        right = await client.post("/incidents/INC-1/feedback", data={"cause": "right"})
    assert (wrong.status_code, right.status_code) == (303, 303)
    events = [event for event in bench.incidents.events if "cause" in event.data]
    assert [event.text for event in events] == [
        "admin: wrong cause, oom of shop; it was nas: its disk",
        "admin: right cause, oom of shop",
    ]


async def test_a_question_is_snoozed_and_its_incident_shown(bench: Bench) -> None:
    bench.incidents.open(1)
    held = SimpleNamespace(id="INC-1-x", incident_id="INC-1")
    put_off: list[tuple[str, str]] = []

    async def answer(asked: Any, incident: Any, by: str) -> Any:  # noqa: ANN401 - as the communicator has it
        put_off.append((asked.id, by))
        return asked

    bench.app.store.approvals = SimpleNamespace(load={"INC-1-x": held}.get)
    bench.app.communicator = SimpleNamespace(answering=SimpleNamespace(put_off=answer))
    async with bench.client(forms.router) as client:
        shown = await client.post("/approvals/INC-1-x/snooze", data={"x": "y"})
        none = await client.post("/approvals/INC-9-x/snooze", data={"x": "y"})
    assert (shown.status_code, shown.headers["location"]) == (303, "/incidents/INC-1")
    assert none.status_code == 404
    assert put_off == [("INC-1-x", "admin")]
