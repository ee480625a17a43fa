"""A case of a real server: exported, diagnosed elsewhere with the same causes, and kept as a case of one's own exam."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Servers


def test_an_export_is_diagnosed_as_it_was_live_and_becomes_a_case_of_the_exam(
    servers: Servers, command_line: CommandLine, make: Payloads, tmp_path: Path
) -> None:
    log = tmp_path / "logs" / "web.log"
    log.parent.mkdir()
    log.write_text(f"{make.recent(5)} FATAL /etc/web.ini: invalid value for workers: 'many'; password=hunter2hunter2\n")
    server = servers.new({"sources": {"logfile": {"files": {"web": str(log)}, "folders": [str(log.parent)]}}}).start()
    server.send(make.alert("WebDown", labels={"container": "web"}, startsAt=make.recent(5))).raise_for_status()
    incident = server.incident_titled("WebDown")["id"]
    live = server.in_state(incident, "needs_human")["diagnosis"]
    at = ["--data", str(server.data)]

    target = tmp_path / "case.tar.gz"
    ended = command_line.run("incidents", "export", incident, "--to", str(target), *at)
    assert ended.code == 0, ended.err
    told = json.loads(command_line.run("diagnose", str(target), "-o", "json").out)
    assert told["causes"] == live["causes"]
    assert (told["undetermined"], told["needs"]) == (live["undetermined"], live["needs"])

    exam = tmp_path / "exam"
    refused = command_line.run("incidents", "export", incident, "--exam", str(exam), *at)
    assert (refused.code, exam.exists()) == (5, False)
    words = ["--exam", str(exam), "--component", "web", "--fault", "config_error"]
    assert command_line.run("incidents", "export", incident, *words, *at).code == 0
    assert json.loads(command_line.run("exam", str(exam), "-o", "json").out)["cases"] == 1
    assert server.client.get(f"/api/v1/incidents/{incident}/case", headers={"Authorization": "no"}).status_code == 401
    case = (exam / incident / "case.json").read_text() + "".join(
        file.read_text() for file in (exam / incident / "evidence").glob("*")
    )
    assert "hunter2" not in case
