from __future__ import annotations

from lamplighter.diagnosis.facts import collect
from tests.unit.diagnosis.home import Home

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
