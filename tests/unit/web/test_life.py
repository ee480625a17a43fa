"""What people do to incidents over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.domain.incident import State
from lamplighter.testing import firing
from lamplighter.web import life
from tests.unit.reports.conftest import diagnosis

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

PATH = "/api/v1/incidents/INC-1"


async def test_a_comment_stands_in_the_timeline_without_secrets(bench: Bench) -> None:
    bench.incidents.open(1)
    body = {"text": "tried password=hunter2\x1b[2J", "by": "alice"}
    async with bench.client(life.router) as client:
        answer = await client.post(f"{PATH}/comments", json=body)
    assert answer.status_code == 201
    event = bench.incidents.events[-1]
    assert (event.moment, event.crew, event.data["by"]) == ("commented", "Person", "alice")
    assert "hunter2" not in event.text
    assert "\x1b" not in event.text
    assert answer.json()["text"] == event.text


async def test_a_comment_that_is_sent_twice_with_its_key_is_written_once(bench: Bench) -> None:
    bench.incidents.open(1)
    headers = {"Idempotency-Key": "0b9e"}
    async with bench.client(life.router) as client:
        first = await client.post(f"{PATH}/comments", json={"text": "a"}, headers=headers)
        second = await client.post(f"{PATH}/comments", json={"text": "a"}, headers=headers)
        other = await client.post(f"{PATH}/comments", json={"text": "b"}, headers=headers)
    assert first.json() == second.json()
    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert len(bench.incidents.timeline("INC-1")) == 2


async def test_feedback_names_the_cause_it_is_about(bench: Bench) -> None:
    bench.incidents.open(1)
    async with bench.client(life.router) as client:
        early = await client.post(f"{PATH}/feedback", json={"right": True})
        bench.dossiers.found = diagnosis()
        answer = await client.post(f"{PATH}/feedback", json={"right": False, "text": "password=hunter2", "by": "al"})
        vague = await client.post(f"{PATH}/feedback", json={"right": "maybe"})
    assert (early.status_code, answer.status_code, vague.status_code) == (409, 201, 422)
    assert bench.incidents.events[-1].text.startswith("al: wrong cause, oom of shop: ")
    assert "hunter2" not in bench.incidents.events[-1].text


async def test_feedback_names_what_it_was_instead(bench: Bench) -> None:
    bench.incidents.open(1)
    bench.dossiers.found = diagnosis()
    told = {"right": False, "component": " nas\x1b ", "text": "its disk"}
    async with bench.client(life.router) as client:
        wrong = await client.post(f"{PATH}/feedback", json=told)
        contradiction = await client.post(f"{PATH}/feedback", json={"right": True, "component": "nas"})
        long = await client.post(f"{PATH}/feedback", json={**told, "component": "x" * 201})
    assert (wrong.status_code, contradiction.status_code, long.status_code) == (201, 422, 422)
    assert wrong.json()["text"] == "admin: wrong cause, oom of shop; it was nas\ufffd: its disk"
    assert wrong.json()["data"]["component"] == "nas\ufffd"


async def test_the_key_survives_a_restart_because_the_event_bears_it(bench: Bench, make_bench: type[Bench]) -> None:
    bench.incidents.open(1)
    headers = {"Idempotency-Key": "0b9e"}
    async with bench.client(life.router) as client:
        await client.post(f"{PATH}/comments", json={"text": "a"}, headers=headers)
    after = make_bench()
    after.app.store.incidents = bench.incidents
    async with after.client(life.router) as client:
        assert (await client.post(f"{PATH}/comments", json={"text": "a"}, headers=headers)).status_code == 201
    assert len(bench.incidents.timeline("INC-1")) == 2


async def test_somebody_has_it(bench: Bench) -> None:
    bench.incidents.open(1)
    async with bench.client(life.router) as client:
        answer = await client.post(f"{PATH}/acknowledge", json={"by": "alice", "text": "on it"})
        nobody = await client.post(f"{PATH}/acknowledge")
    assert answer.json()["acknowledged_by"] == "alice"
    assert bench.incidents.events[-2].text == "alice has it: on it"
    assert nobody.json()["acknowledged_by"] == "admin"


async def test_resolving_by_hand_says_how_and_by_whom_and_wakes_what_waits(bench: Bench) -> None:
    bench.incidents.open(1, state=State.AWAITING_APPROVAL)
    async with bench.client(life.router) as client:
        answer = await client.post(f"{PATH}/resolve", json={"resolution": "new disk", "by": "alice"})
        again = await client.post(f"{PATH}/acknowledge")
    found = answer.json()
    assert (found["state"], found["resolution"], found["resolved_by"]) == ("resolved", "new disk", "alice")
    assert bench.told.woken == ["INC-1"]
    assert bench.told.changed_ids == ["INC-1"]
    assert again.status_code == 409


async def test_a_closed_incident_can_be_opened_again_and_an_open_one_not(bench: Bench) -> None:
    bench.incidents.open(1, state=State.RESOLVED)
    async with bench.client(life.router) as client:
        answer = await client.post(f"{PATH}/reopen", json={"reason": "it is back"})
        again = await client.post(f"{PATH}/reopen")
    assert (answer.json()["state"], answer.json()["run"]) == ("received", 2)
    assert "it is back" in bench.incidents.events[-1].text
    assert again.status_code == 409
    assert bench.told.changed_ids == ["INC-1"]


async def test_merging_moves_everything_and_says_so(bench: Bench) -> None:
    bench.incidents.open(1)
    bench.incidents.open(2)
    async with bench.client(life.router) as client:
        answer = await client.post(f"{PATH}/merge", json={"into": "INC-2"})
    assert answer.json()["id"] == "INC-2"
    assert bench.incidents.held["INC-1"].merged_into == "INC-2"
    assert set(bench.told.changed_ids) == {"INC-1", "INC-2"}
    assert bench.incidents.events[-1].data == {"by": "admin", "into": "INC-2"}


@pytest.mark.parametrize(("into", "status"), [("INC-1", 422), ("INC-9", 404), ("INC-3", 409), ("x", 422)])
async def test_what_cannot_be_merged_is_refused(bench: Bench, into: str, status: int) -> None:
    bench.incidents.open(1)
    bench.incidents.open(3, state=State.RESOLVED)
    async with bench.client(life.router) as client:
        answer = await client.post(f"{PATH}/merge", json={"into": into})
    assert answer.status_code == status
    assert answer.json()["fix"]
    assert bench.incidents.held["INC-1"].is_open


async def test_splitting_gives_an_incident_of_its_own_and_keeps_the_two_apart(bench: Bench) -> None:
    lead, other = firing("DiskFull", container="nas"), firing("Slow", container="jellyfin")
    bench.incidents.open(1, lead, other)
    async with bench.client(life.router) as client:
        answer = await client.post(f"{PATH}/split", json={"trouble": other.trouble})
    assert answer.status_code == 201
    assert answer.json()["trouble"] == other.trouble
    assert bench.incidents.apart_pairs == [("Slow@jellyfin", "DiskFull@nas")]
    assert set(bench.told.changed_ids) == {"INC-1", answer.json()["id"]}


async def test_splitting_off_the_lead_keeps_it_apart_from_the_rest(bench: Bench) -> None:
    lead, other = firing("DiskFull", container="nas"), firing("Slow", container="jellyfin")
    bench.incidents.open(1, lead, other)
    async with bench.client(life.router) as client:
        await client.post(f"{PATH}/split", json={"trouble": lead.trouble})
    assert bench.incidents.apart_pairs == [("DiskFull@nas", "Slow@jellyfin")]


async def test_the_only_alert_and_a_foreign_one_cannot_be_split_off(bench: Bench) -> None:
    only = bench.incidents.open(1)
    async with bench.client(life.router) as client:
        alone = await client.post(f"{PATH}/split", json={"trouble": only.trouble})
        foreign = await client.post(f"{PATH}/split", json={"trouble": "fake:none"})
    assert (alone.status_code, foreign.status_code) == (409, 404)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("comments", {"text": ""}),
        ("comments", {"text": 5}),
        ("comments", {"text": True}),
        ("comments", {"text": "x" * 4001}),
        ("comments", {"text": "a", "surprise": 1}),
        ("resolve", {}),
        ("resolve", {"resolution": ["x"]}),
        ("merge", {"into": -1}),
        ("merge", {"into": 1.5}),
        ("merge", {"into": True}),
        ("split", {"trouble": 10**30}),
        ("acknowledge", {"by": "x" * 101}),
        ("reopen", {"reason": None}),
    ],
)
async def test_a_wrong_body_is_422_and_changes_nothing(bench: Bench, verb: str, body: dict[str, Any]) -> None:
    before = bench.incidents.open(1)
    async with bench.client(life.router) as client:
        answer = await client.post(f"{PATH}/{verb}", json=body)
    assert answer.status_code == 422
    assert answer.json()["fix"]
    assert bench.incidents.held["INC-1"] == before


@pytest.mark.parametrize("verb", ["comments", "acknowledge", "resolve", "reopen", "merge", "split"])
async def test_looking_never_acts_and_an_unknown_incident_is_404(bench: Bench, verb: str) -> None:
    body = {
        "comments": {"text": "x"},
        "resolve": {"resolution": "x"},
        "merge": {"into": "INC-2"},
        "split": {"trouble": "x"},
    }.get(verb, {})
    async with bench.client(life.router) as client:
        assert (await client.get(f"{PATH}/{verb}")).status_code == 405
        assert (await client.post(f"{PATH}/{verb}", json=body)).status_code == 404
