from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
TABLE = """\
CONTAINER ID   IMAGE         COMMAND        CREATED       STATUS                       PORTS                    NAMES
0123456789ab   shop:1        "run front"    2 hours ago   Up 2 hours (unhealthy)       0.0.0.0:8080->80/tcp     front
1123456789ab   shop:1        "run store"    2 hours ago   Exited (137) 2 minutes ago                            store
2123456789ab   postgres:16   "docker-e…"    3 weeks ago   Up 3 weeks                   5432/tcp                 db
3123456789ab   job:1         "migrate"      3 weeks ago   Exited (1) 3 weeks ago                                migrate
"""


def entry(name: str, status: str, state: str = "running") -> dict[str, object]:
    return {"Id": name * 4, "Names": [f"/{name}"], "Image": "shop:1", "State": state, "Status": status}


def facts(content: object, component: str = "") -> list[Fact]:
    text = content if isinstance(content, str) else json.dumps(content)
    return read(Evidence("e1", "docker.ps", component, {}, "application/json", text, AT))


def test_a_list_of_nobody_in_particular_tells_how_each_stands() -> None:
    found = facts([entry("front", "Up 2 hours (healthy)"), entry("store", "Exited (137) 2 minutes ago", "exited")])
    assert [(fact.component, fact.kind) for fact in found] == [
        ("front", "state"),
        ("front", "health"),
        ("store", "state"),
    ]
    assert (found[0].number("running"), found[2].number("running"), found[2].number("exit_code")) == (1.0, 0.0, 137.0)
    assert found[2].at == AT - timedelta(minutes=2)


def test_the_printed_table_is_read_as_the_api_is() -> None:
    found = facts(TABLE)
    states = {fact.component: fact.values["status"] for fact in found if fact.kind == "state"}
    assert states == {"front": "running", "store": "exited", "db": "running"}
    assert [fact.component for fact in found if fact.kind == "health"] == ["front"]
    assert [fact.component for fact in found if fact.kind == "beside"] == ["migrate"]


def test_printed_json_is_read_too() -> None:
    lines = '{"Names":"a","State":"restarting","Status":"Restarting (1) 5 seconds ago","Image":"x"}\n\n{"Names":"b"}\n'
    first, second = facts(lines)
    assert (first.number("restarting"), first.number("exit_code")) == (1.0, 1.0)
    assert second.values["status"] == "unknown"


def test_beside_a_component_only_those_in_trouble_lately_are_told() -> None:
    found = facts(
        [
            entry("front", "Up 2 hours"),
            entry("store", "Exited (137) 2 minutes ago", "exited"),
            entry("migrate", "Exited (0) 3 weeks ago", "exited"),
            entry("orders", "Up 2 hours (unhealthy)"),
            entry("mail", "Up 2 hours (Paused)", "paused"),
        ],
        "front",
    )
    assert [(fact.kind, fact.component) for fact in found] == [
        ("beside", "store"),
        ("beside", "orders"),
        ("beside", "mail"),
    ]
    assert facts([entry("store", "Exited (137) 2 minutes ago", "exited")], "store") == []


@pytest.mark.parametrize("status", ["Exited (1) About a minute ago", "Exited (1) Less than a second ago"])
def test_ages_in_words(status: str) -> None:
    (found,) = facts([entry("a", status, "exited")])
    assert found.at is not None
    assert found.at >= AT - timedelta(minutes=1)


def test_a_link_is_not_a_name_and_rubbish_is_unreadable() -> None:
    (found,) = facts([{**entry("a", "Up 1 second"), "Names": ["/front/store", "/store"]}])
    assert found.component == "store"
    assert [fact.kind for fact in facts("no containers here")] == ["unreadable"]
    assert facts(["odd", {}, {"Names": [1]}]) == []
    assert [fact.kind for fact in facts("")] == ["unreadable"]
