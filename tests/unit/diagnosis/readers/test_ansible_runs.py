from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = {"playbook": "site.yml", "started": "2026-03-01T11:00:00+00:00", "ended": "2026-03-01T11:05:00+00:00"}


def _read(*runs: object, component: str = "store") -> list[Fact]:
    content = json.dumps({"runs": runs})
    return read(Evidence("e1", "ansible.runs", component, {}, "application/json", content, AT))


def task(name: str, action: str = "command", host: str = "nas", message: str = "") -> dict[str, str]:
    return {"task": name, "action": action, "host": host, "message": message}


def test_what_names_the_component_changed_it_and_the_rest_changed_the_host() -> None:
    tasks = [
        task("store : Write settings", "template"),
        task("Upgrade packages", "apt"),
        task("Restart store", "service"),
    ]
    facts = _read(HEAD | {"changed": tasks, "failed": []})
    assert [(fact.kind, fact.component, fact.values["family"], fact.number("named")) for fact in facts] == [
        ("change", "nas", "deploy", 0.0),
        ("change", "store", "configuration", 1.0),
        ("change", "store", "restart", 1.0),
    ]
    assert facts[1].text == "ansible changed store, site.yml: store : Write settings"
    assert facts[1].at == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_a_component_that_is_the_host_itself_was_changed() -> None:
    (fact,) = _read(HEAD | {"changed": [task("Upgrade packages", "apt", "web01.lan")]}, component="web01")
    assert (fact.component, fact.values["family"]) == ("web01", "deploy")


def test_many_tasks_are_one_change() -> None:
    (fact,) = _read(HEAD | {"changed": [task(f"Write file {number}", "copy") for number in range(9)]})
    assert fact.number("tasks") == 9.0
    assert fact.text.endswith("Write file 0, Write file 1, Write file 2 and 6 more")


def test_a_run_that_changed_nothing_is_no_change_and_one_that_failed_says_why() -> None:
    facts = _read(HEAD | {"changed": [], "failed": [task("Pull image", message="no such image")]}, HEAD)
    assert [(fact.kind, fact.number("failed")) for fact in facts] == [("run", 1.0)]
    assert facts[0].text == "ansible's run of site.yml failed at Pull image on nas: no such image"


def test_rubbish() -> None:
    assert [fact.kind for fact in _read({"changed": [None, 7, {"task": 5}], "failed": {"a": 1}}, 5, None)] == ["change"]
    assert [fact.kind for fact in read(Evidence("e", "ansible.runs", "x", {}, "", "{}", AT))] == ["unreadable"]


def test_what_ansible_printed_is_read_too() -> None:
    printed = "PLAY [shop] ***\n\nTASK [Write store.ini for store] ***\nchanged: [nas]\n"
    (fact,) = read(Evidence("e", "ansible.runs", "store", {}, "text/plain", printed, AT))
    assert (fact.kind, fact.component, fact.values["family"]) == ("change", "store", "configuration")
    assert fact.text == "ansible changed store, play shop: Write store.ini for store"
