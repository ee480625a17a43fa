from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

BYTES = """\
Filesystem     1024-blocks      Used Available Capacity Mounted on
udev               4017480         0   4017480       0% /dev
tmpfs               809820      1532    808288       1% /run
/dev/sda1         30298176  30298176         0     100% /
/dev/sda1         30298176  30298176         0     100% /var/lib/docker
/dev/loop3           65536     65536         0     100% /snap/core20/2015
//nas/media     1000000000 500000000 500000000      50% /mnt/with a space
"""
INODES = """\
Filesystem      Inodes   IUsed   IFree IUse% Mounted on
/dev/sda1      1966080 1966080       0  100% /
/dev/sdb1       655360    1000  654360    1% /data
nas:/export          0       0       0     - /mnt/nas
"""


def _read(content: str, component: str = "nas") -> list[Fact]:
    return read(Evidence("e1", "df", component, {}, "text/plain", content, datetime(2026, 3, 1, 12, tzinfo=UTC)))


def test_a_full_disk_is_told_once_and_what_is_full_by_nature_never() -> None:
    facts = _read(BYTES)
    (probe,) = [fact for fact in facts if fact.kind == "probe"]
    assert (probe.values["target"], probe.number("value"), probe.values["state"]) == ("/", 0.0, "failing")
    (usage,) = [fact for fact in facts if fact.kind == "usage"]
    assert (usage.number("disk_share"), usage.values["disk_target"]) == (1.0, "/")
    assert usage.number("inode_share") is None


def test_inodes_that_ran_out_are_not_a_full_disk() -> None:
    facts = _read(INODES)
    (probe,) = [fact for fact in facts if fact.kind == "probe"]
    assert (probe.values["probe"], probe.values["target"]) == ("inodes", "/")
    assert "inodes" in probe.text
    assert facts[-1].number("inode_share") == 1.0


def test_both_tables_in_one_text_are_read() -> None:
    usage = _read(BYTES.replace("100%", "40%") + "\n" + INODES)[-1]
    assert (usage.number("disk_share"), usage.number("inode_share")) == (0.5, 1.0)


def test_a_line_that_df_broke_is_read_whole() -> None:
    text = "Filesystem           1K-blocks      Used Available Use% Mounted on\n/dev/mapper/a-long-name\n"
    text += "                      10000000   9900000    100000  99% /srv\n"
    (probe, _) = _read(text)
    assert (probe.values["device"], probe.values["target"]) == ("/dev/mapper/a-long-name", "/srv")


def test_our_own_disk_check_is_read_as_a_probe() -> None:
    (fact,) = _read(json.dumps({"kind": "disk", "state": "ok", "target": "/", "value": 50.0, "detail": "50 % free"}))
    assert (fact.kind, fact.values["probe"], fact.values["state"]) == ("probe", "disk", "ok")


def test_what_is_no_table_is_unreadable() -> None:
    assert [fact.kind for fact in _read("df: /srv: No such file or directory")] == ["unreadable"]


def test_the_machine_that_the_parameters_name_is_the_one_that_is_full() -> None:
    look = Evidence("e1", "df", "", {"host": "nas"}, "text/plain", BYTES, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert {fact.component for fact in read(look)} == {"nas"}
