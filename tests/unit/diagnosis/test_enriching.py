from __future__ import annotations

import json
from datetime import timedelta

from lamplighter.diagnosis.facts import collect
from lamplighter.domain.evidence import Evidence
from tests.unit.diagnosis.home import NOW, Home

FAILED = """\
● tidy.service - Tidy up
     Loaded: loaded (/etc/systemd/system/tidy.service; static)
     Active: failed (Result: exit-code) since Wed 2026-04-01 11:00:00 UTC; 1h ago
TriggeredBy: ● tidy.timer
   Main PID: 88 (code=exited, status=3)
"""


def test_a_failed_unit_that_a_timer_starts_is_a_failed_job() -> None:
    facts = collect(Home().piece("systemctl.status", FAILED, unit="tidy.service", host="box").case())
    assert [fact.component for fact in facts if fact.kind == "unit_result"] == ["tidy"]


def test_the_component_that_the_symptom_names_is_known() -> None:
    facts = collect(Home("wiki does not open", components=("wiki", "wiki-db")).case())
    assert [fact.component for fact in facts if fact.kind == "symptom"] == ["wiki"]


def test_what_a_list_says_gives_way_to_a_look_at_the_thing_itself() -> None:
    listed = '[{"Names": ["/web"], "Image": "x:1", "State": "running", "Status": "Up 2 hours"}]'
    looked = '[{"Name": "/web", "State": {"Status": "exited", "Running": false, "ExitCode": 3}}]'
    home = Home().piece("docker.ps", listed, host="box").piece("docker.inspect", looked, container="web")
    states = [fact.values["status"] for fact in collect(home.case()) if fact.kind == "state"]
    assert states == ["exited"]


def _looked_at(home: Home, ident: str, started: str, seconds: int) -> Home:
    state = {"Status": "running", "Running": True, "StartedAt": f"2026-04-01T11:59:{started}Z"}
    text = json.dumps([{"Name": "/web", "State": state}])
    at = NOW - timedelta(seconds=seconds)
    home.pieces.append(Evidence(ident, "docker.inspect", "web", {}, "application/json", text, at))
    return home


def _restarting(home: Home) -> list[float | None]:
    return [fact.number("restarting") for fact in collect(home.case()) if fact.kind == "state"]


def test_what_has_another_start_at_each_look_restarts_though_it_runs() -> None:
    home = _looked_at(_looked_at(Home(components=("web",)), "e1", "58", 0), "b1", "54", 4)
    assert sorted(_restarting(home), key=str) == [0.0, 1.0]
    (newest,) = [fact for fact in collect(home.case()) if fact.number("restarting")]
    assert newest.evidence == "e1"
    assert "2 starts seen" in newest.text


def test_what_has_the_same_start_at_each_look_does_not_restart() -> None:
    assert _restarting(_looked_at(_looked_at(Home(components=("web",)), "e1", "54", 0), "b1", "54", 4)) == [0.0, 0.0]
