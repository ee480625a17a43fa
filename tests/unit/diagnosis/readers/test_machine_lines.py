from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers.machine_lines import command_facts, kernel_facts
from lamplighter.domain.evidence import Evidence

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
LOOK = Evidence("e1", "journalctl", "", {}, "text/plain", "", NOW)
DROP = "[nft drop] IN=eth0 OUT= MAC=aa SRC=10.5.2.40 DST=10.5.8.3 LEN=60 PROTO=TCP SPT=44012 DPT=5432 WINDOW=1 SYN"
UFW = "[UFW BLOCK] IN=eth0 OUT= MAC=aa SRC=10.5.2.41 DST=10.5.8.3 LEN=60 PROTO=TCP SPT=44012 DPT=5432 WINDOW=1 SYN"


def test_packets_that_a_firewall_dropped_are_counted_by_port() -> None:
    (fact,) = kernel_facts(LOOK, [(NOW, DROP), (NOW, UFW)], "db1")
    assert (fact.component, fact.values["sign"], fact.values["port"]) == ("db1", "firewall_drop", "5432")
    assert (fact.number("count"), fact.values["remote"]) == (2.0, "10.5.2.41")


def test_packets_that_were_only_logged_are_not_dropped() -> None:
    assert kernel_facts(LOOK, [(NOW, DROP.replace("nft drop", "nft accept"))], "db1") == []


def test_tasks_that_hang_and_disks_that_fail() -> None:
    lines = [
        (NOW, "INFO: task jbd2/dm-6-8:912 blocked for more than 120 seconds."),
        (NOW, "blk_update_request: I/O error, dev sdb, sector 1234 op 0x0:(READ)"),
        (NOW, "eth0: link is up"),
    ]
    found = {fact.values["sign"]: fact.values["what"] for fact in kernel_facts(LOOK, lines, "nas")}
    assert found == {"hung_task": "jbd2/dm-6-8", "disk_error": "sdb"}


def test_what_people_ran_is_a_change_that_proves_nothing() -> None:
    line = "      kim : TTY=pts/0 ; PWD=/home/kim ; USER=root ; COMMAND=/usr/bin/systemctl stop tvheadend"
    (fact,) = command_facts(LOOK, [(NOW, line), (NOW, "pam_unix(sudo:session): session opened")], "tvbox")
    assert (fact.kind, fact.component, fact.values["family"]) == ("change", "tvbox", "command")
    assert fact.text == "kim ran as root on tvbox: /usr/bin/systemctl stop tvheadend"


def test_lines_of_any_length_and_kind_are_read_in_time() -> None:
    lines = [(None, "drop " * 150), (None, "IN=" + " " * 900), (None, "a : " * 200), (None, "[" * 900)]
    assert kernel_facts(LOOK, lines * 50, "x") == []
    assert command_facts(LOOK, lines * 50, "x") == []
