from __future__ import annotations

import socket
from pathlib import Path

from lamplighter.doctor.rounds import Inside, as_tree, examine, roles_of, rules_of, sight
from lamplighter.settings import Settings, load_settings
from lamplighter.testing import FakeClock, serving_json


def settings(folder: Path, text: str) -> Settings:
    file = folder / "lamplighter.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, {"HOME": str(folder)})


PROXMOX = """\
autonomy: {auto: [restart lxc where name web*, restart lxc where tag batch], never: ['* lxc db']}
sources:
  proxmox: {url: '%s', token_id: a@pve!b, token: hunter2}
"""


async def test_the_sentences_are_read_against_what_the_engine_lists(tmp_path: Path) -> None:
    listed = {
        "data": [
            {"id": "node/pve1", "type": "node", "node": "pve1", "status": "online"},
            {"id": "lxc/101", "type": "lxc", "vmid": 101, "node": "pve1", "name": "web1", "status": "running"},
            {"id": "lxc/102", "type": "lxc", "vmid": 102, "node": "pve1", "name": "db", "status": "running"},
        ]
    }
    with serving_json() as server:
        server.answers = {"/api2/json/cluster/resources": listed}
        seen = await sight(settings(tmp_path, PROXMOX % server.url))
    assert seen.blind == {}
    assert seen.seen == 3
    by_text = {each.text: each for each in seen.reaches}
    # Proxmox is only looked at, so no sentence lets anything be done there.
    assert by_text["restart lxc where name web*"].names == ()
    assert "offers nothing of the kind" in by_text["restart lxc where name web*"].words
    assert by_text["* lxc db"].names == ("db",)


async def test_an_empty_answer_is_blindness_and_never_an_empty_cluster(tmp_path: Path) -> None:
    with serving_json() as server:
        server.answers = {"/api2/json/cluster/resources": {"data": []}}
        seen = await sight(settings(tmp_path, PROXMOX % server.url))
    assert "sees nothing" in seen.blind["proxmox"]
    assert "hunter2" not in repr(seen)


def test_rules_protect_what_watches_and_roles_are_built_for_all(tmp_path: Path) -> None:
    given = settings(tmp_path, "sources: {prometheus: {url: 'http://watcher:9090'}}\n")
    assert {"watcher", "lamplighter", "prometheus"} <= rules_of(given).protected
    assert {"prometheus", "log"} <= roles_of(given, FakeClock()).keys()


async def test_everything_is_looked_at_side_by_side_and_secrets_stay_inside(tmp_path: Path) -> None:
    with serving_json() as server:
        server.answers = {"/api2/json/cluster/resources": {"data": []}}
        text = (
            f"{PROXMOX % server.url}  docker: {{host: 'unix://{tmp_path}/none'}}\n"
            f"  logfile: {{files: {{web: {tmp_path}/log}}, folders: [{tmp_path}]}}\n"
            "checks: [{name: Root, disk: /}, {name: Away, tcp: '127.0.0.1:9'}, {name: Beats, heartbeat: 1h}]\n"
        )
        (tmp_path / "log").write_text("a line\n", encoding="utf-8")
        found = await examine(settings(tmp_path, text), Inside("127.0.0.1:1", "", "by me"))
    by_name = {finding.name: finding for finding in found.findings}
    assert "pveum acl modify" in by_name["proxmox"].fix
    assert "systemctl start docker" in by_name["docker"].fix
    assert by_name["logfile"].detail == "1 files can be read"
    assert by_name["Root"].health == "ok"
    # A check that fails can see.
    assert by_name["Away"].health == "ok"
    assert "Beats" not in by_name
    assert by_name["switch"].health == "warning"
    assert found.may[0].startswith("mode ask")
    assert "hunter2" not in repr(as_tree(found))


async def test_a_source_that_never_answers_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        where = f"http://127.0.0.1:{silent.getsockname()[1]}"
        text = f"sources: {{prometheus: {{url: '{where}', timeout_seconds: 60}}}}\nchecks: [{{name: Up, up: all}}]\n"
        found = await examine(settings(tmp_path, text))
    by_name = {finding.name: finding for finding in found.findings}
    assert "no answer in 5 s" in by_name["prometheus"].detail
    assert f"curl -m 5 {where}" in by_name["prometheus"].fix
    assert by_name["Up"].fix == "mend sources.prometheus, which it asks"


async def test_channels_are_asked_and_what_became_of_their_messages_is_told(tmp_path: Path) -> None:
    text = (
        "site: {url: 'http://ops'}\nsources: {}\nnotify:\n  log: {}\n  others: ['ntfy://127.0.0.1:9/ops']\n"
        "  telegram: {token: '1:hunter2', chat: 1, api_url: 'http://127.0.0.1:9'}\n"
    )
    given = settings(tmp_path, text)
    by_name = {finding.name: finding for finding in (await examine(given)).findings}
    assert by_name["telegram"].health == "problem"
    assert by_name["apprise-ntfy"].fix == "lamplighter notify test apprise-ntfy"
    assert "log" not in by_name
    inside = Inside("a", delivered={"apprise-ntfy": "", "telegram": ""}, accounts=0)
    found = await examine(given, inside)
    by_name = {finding.name: finding for finding in found.findings}
    assert by_name["apprise-ntfy"].health == "ok"
    assert by_name["accounts"].fix == "lamplighter setup-url"
    assert "hunter2" not in repr(found)
