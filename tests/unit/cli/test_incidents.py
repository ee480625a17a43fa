"""What `lamplighter incidents` asks, and how it shows the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

PATH = "/api/v1/incidents"


def incident(number: int = 1, **more: object) -> dict[str, Any]:
    row = {
        "id": f"INC-{number}",
        "title": "jellyfin is down",
        "state": "received",
        "severity": "critical",
        "component": "jellyfin",
        "opened_at": "2026-01-01T02:31:04.123456Z",
        "alert_count": 3,
        "member_count": 2,
        "flapping": False,
        "held": "",
        "regression_of": "",
        "merged_into": "",
        "resolution": "",
        "resolved_by": "",
        "acknowledged_by": "",
    }
    return {**row, **more}


def page(*incidents: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    return {"incidents": list(incidents), "next": following}


def test_every_filter_is_asked_for(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, page(incident()))
    words = ["--state", "received", "--state", "analysing", "--status", "open", "--severity", "critical", "-q", "disk"]
    command("incidents", "list", *words, "--since", "24h", "--component", "nas", "--cursor", "c", "--limit", "7")
    assert sorted(fake.asked[0].query) == [
        ("component", "nas"),
        ("cursor", "c"),
        ("limit", "7"),
        ("q", "disk"),
        ("severity", "critical"),
        ("since", "24h"),
        ("state", "analysing"),
        ("state", "received"),
        ("status", "open"),
    ]


def test_what_is_not_given_is_not_asked_for(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, page())
    command("incidents", "list")
    assert fake.asked[0].query == [("limit", "50")]


def test_the_table_says_what_people_look_for(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, page(incident(flapping=True, held="maintenance: Backup night"), following="c2"))
    ended = command("incidents", "list")
    for word in ("INC-1", "received", "critical", "jellyfin", "2026-01-01 02:31:04", "jellyfin is down"):
        assert word in ended.out
    assert "--cursor c2" in ended.err
    wide = command("incidents", "list", "-o", "wide").out
    assert "flapping" in wide
    assert "held: maintenance: Backup night" in wide


def test_all_goes_through_every_page(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, page(incident(3), following="a"), page(incident(2), following="b"), page(incident(1)))
    ended = command("incidents", "list", "--all", "--status", "open", "-o", "name")
    assert ended.out == "INC-3\nINC-2\nINC-1\n"
    assert [dict(asked.query).get("cursor") for asked in fake.asked] == [None, "a", "b"]
    assert {dict(asked.query)["status"] for asked in fake.asked} == {"open"}


def test_show_says_why_each_alert_is_in_it(fake: Fake, command: Command) -> None:
    dossier = {
        "incident": incident(),
        "diagnosis": None,
        "plan": None,
        "plan_hash": "",
        "attempts": [],
        "approvals": [],
    }
    belongs = {
        "trouble": "alertmanager:1f",
        "name": "HostDown",
        "component": "nas",
        "reason": "jellyfin needs nas",
        "firing": True,
        "count": 4,
    }
    fake.says("GET", f"{PATH}/INC-1", dossier)
    fake.says("GET", f"{PATH}/INC-1/alerts", {"alerts": [belongs], "total": 25, "next": None})
    out = command("incidents", "show", "INC-1").out
    assert "HostDown on nas: firing, heard 4 times; jellyfin needs nas [alertmanager:1f]" in out
    assert "alerts: 25" in out
    assert json.loads(command("incidents", "show", "INC-1", "--json").out)["alerts"] == [belongs]


@pytest.mark.parametrize(
    ("words", "verb", "body"),
    [
        (["ack", "INC-1", "-m", "on it"], "acknowledge", {"text": "on it"}),
        (["resolve", "INC-1", "--resolution", "new disk"], "resolve", {"resolution": "new disk"}),
        (["resolve", "INC-1", "-m", "new disk"], "resolve", {"resolution": "new disk"}),
        (["reopen", "INC-1", "-m", "again"], "reopen", {"reason": "again"}),
        (["merge", "INC-1", "--into", "INC-2"], "merge", {"into": "INC-2"}),
        (["split", "INC-1", "alertmanager:1f"], "split", {"trouble": "alertmanager:1f"}),
        (["comment", "INC-1", "the fan is loud"], "comments", {"text": "the fan is loud"}),
    ],
)
def test_what_a_person_does_is_sent_with_who_it_is(
    fake: Fake, command: Command, words: list[str], verb: str, body: dict[str, str]
) -> None:
    fake.says("POST", f"{PATH}/INC-1/{verb}", incident(7, text=body.get("text", "")))
    ended = command("incidents", *words)
    assert ended.code == 0, ended.err
    (asked,) = fake.asked
    assert {key: value for key, value in asked.json.items() if key != "by"} == body
    assert asked.json["by"]


@pytest.mark.parametrize(
    "words",
    [
        ["show", "../x"],
        ["merge", "INC-1", "--into", "a/b"],
        ["split", "x y", "t"],
        ["ack", "INC-1#"],
        ["resolve", "INC-1"],
    ],
)
def test_what_could_lead_elsewhere_is_not_sent(fake: Fake, command: Command, words: list[str]) -> None:
    assert command("incidents", *words).code == 2
    assert fake.asked == []
