from __future__ import annotations

from pathlib import Path

from lamplighter.doctor import roles_of, rules_of, sight
from lamplighter.settings import Settings, load_settings
from lamplighter.testing import FakeClock, serving_json


def settings(folder: Path, text: str) -> Settings:
    file = folder / "lamplighter.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, {"HOME": str(folder)})


PROXMOX = """\
autonomy: {auto: [restart lxc where name web*, restart lxc where tag batch], never: ['* lxc db']}
sources: {proxmox: {url: '%s', token_id: a@pve!b, token: hunter2}}
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
