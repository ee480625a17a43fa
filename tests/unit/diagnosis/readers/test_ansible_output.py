from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lamplighter.diagnosis.readers.ansible_output import Run, Task, runs_in
from lamplighter.diagnosis.readers.document import Unreadable

GOLDEN = Path(__file__).parents[3] / "golden" / "ansible"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRINTED = """
PLAY [shop] *********************************************************************

TASK [Gathering Facts] ***********************************************************
ok: [nas]

TASK [store : Write the settings] ************************************************
changed: [nas] => (item=a.ini)
changed: [nas] => (item=b.ini)
changed: [pi -> nas]

TASK [Look] **********************************************************************
fatal: [nas]: FAILED! => {"changed": false, "msg": "not there"}
...ignoring

RUNNING HANDLER [restart store] **************************************************
fatal: [nas]: FAILED! => {"changed": false, "msg": "Unit store.service \\"not\\" found"}

PLAY RECAP ***********************************************************************
nas                        : ok=3    changed=1    unreachable=0    failed=1    skipped=0    rescued=0    ignored=1
"""


def test_what_is_printed_is_read() -> None:
    (run,) = runs_in(PRINTED)
    assert run.playbook == "play shop"
    assert run.changed == [Task("store : Write the settings", host="nas")]
    assert [(task.name, task.host) for task in run.failed] == [("restart store", "nas")]
    assert run.failed[0].message.startswith("Unit store.service")


def test_a_log_of_ansible_tells_its_times() -> None:
    lines = ("PLAY [shop] ****", "TASK [Upgrade] ****", "changed: [nas]")
    log = "\n".join(f"2026-03-01 12:00:0{second},5 p=77 u=root n=ansible | {line}" for second, line in enumerate(lines))
    (run,) = runs_in(log)
    assert (run.started, run.changed) == (AT.replace(microsecond=500_000), [Task("Upgrade", host="nas")])


def test_what_the_callback_printed_is_read() -> None:
    (run,) = runs_in((GOLDEN / "callback.json").read_text(encoding="utf-8"))
    assert run.playbook == "/srv/ansible/site.yml"
    assert [(task.name, task.action, task.host) for task in run.changed] == [
        ("store : Write the settings", "ansible.builtin.copy", "nas"),
        ("Restart store", "ansible.builtin.command", "nas"),
    ]
    assert [task.message for task in run.failed] == ["non-zero return code"]
    assert run.started is not None


def test_the_lists_of_ara_are_read() -> None:
    (book,) = runs_in((GOLDEN / "ara_playbooks.json").read_text(encoding="utf-8"))
    assert (book.playbook, len(book.failed), book.changed) == ("/srv/ansible/site.yml", 1, [])
    (results,) = runs_in((GOLDEN / "ara_changed.json").read_text(encoding="utf-8"))
    assert (len(results.changed), len(results.failed)) == (2, 1)


def test_our_own_form_may_hold_names_or_only_counts() -> None:
    named = {"playbook": "a.yml", "host": "nas", "started": "2026-03-01T12:00:00Z", "changed": ["Write"], "failed": []}
    counted = {"playbook": "b.yml", "hosts": {"nas": {"changed": 2}, "pi": {"failed": 1, "changed": 0}, "x": 5}}
    first, second = runs_in(json.dumps({"runs": [named, counted]}))
    assert first == Run("a.yml", AT, None, [Task("Write", host="nas")])
    assert (second.changed, second.failed) == ([Task("", host="nas")], [Task("", host="pi")])
    assert runs_in(json.dumps([named])) == [first]


@pytest.mark.parametrize("content", ["", "hello", "{}", '{"runs": 5}', "{", "[{"])
def test_anything_else_is_unreadable(content: str) -> None:
    with pytest.raises(Unreadable):
        runs_in(content)


def test_rubbish_in_a_known_form_never_raises() -> None:
    odd = [
        None,
        5,
        {"play": 7, "tasks": [3, {"hosts": {"a": 5}}]},
        {"changed": True, "task": 9, "playbook": {"id": []}},
    ]
    for key in ("runs", "plays", "results"):
        assert isinstance(runs_in(json.dumps({key: odd})), list)
    assert runs_in("PLAY [" + "*" * 100_000 + "\nPLAY [x] **\n" + "changed: [" * 50_000)
