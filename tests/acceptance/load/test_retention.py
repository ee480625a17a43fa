"""Retention in the whole app with small bounds: what is old goes, what is open stays, and the files stop growing."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from tests.acceptance.exam.conftest import wait_until
from tests.acceptance.load.conftest import Load, Whole, Workshop, alert

WAVES = 3
EACH = 500
JOURNAL_MAX = 1_000
INCIDENTS_MAX = 100
PRUNE_SECONDS = 1.0
SLACK = 200
MIB = 1024**2


def stored_bytes(whole: Whole) -> int:
    folder: Path = whole.folder / "data"
    return sum(file.stat().st_size for file in folder.glob("*.db*") if not file.name.endswith("-shm"))


def wave(whole: Whole, first: int) -> None:
    """So many troubles begin and end, each an incident of its own."""
    ups = [alert(n, f"Rule{n % 9}", service=f"part-{n}") for n in range(first, first + EACH)]
    downs = [alert(n, f"Rule{n % 9}", over=True, service=f"part-{n}") for n in range(first, first + EACH)]
    for one in ups:
        one["annotations"]["description"] = f"{one['fingerprint']} " * 20
    for alerts in (ups, downs):
        load = Load([whole.client], [alerts[n : n + 50] for n in range(0, EACH, 50)]).run()
        assert load.refused == []


def pruned(whole: Whole) -> bool:
    facts = whole.facts
    closed = facts.one("SELECT count(*) FROM incidents WHERE state IN ('resolved', 'self_cleared', 'merged')")
    return (
        facts.unplaced() == 0
        and facts.one("SELECT count(*) FROM journal") <= JOURNAL_MAX + SLACK
        and closed <= INCIDENTS_MAX + SLACK
        and facts.one("SELECT count(*) FROM members WHERE open_trouble IS NOT NULL") == 1
    )


def test_waves_of_alerts_leave_files_memory_and_handles_flat(workshop: Workshop) -> None:
    whole = workshop.whole(
        workshop.engine("nothing"),
        {
            "retention": {"alerts_max": JOURNAL_MAX, "incidents_max": INCIDENTS_MAX},
            "responses": {"storm_from": 2, "at_once_in_storm": 1},
            "notify": {},
        },
        prune_seconds=PRUNE_SECONDS,
        sweep_seconds=2.0,
    ).start()
    stays = alert(1 << 40, "StaysOpen", service="stays")
    assert Load([whole.client], [[stays]], connections=1).run().refused == []
    assert whole.process is not None
    process = psutil.Process(whole.process.pid)
    bytes_after, handles_after, memory_after = [], [], []
    for number in range(WAVES):
        wave(whole, number * EACH)
        wait_until("what is old is gone", lambda: pruned(whole), 120)
        time.sleep(PRUNE_SECONDS)
        bytes_after.append(stored_bytes(whole))
        handles_after.append(process.num_fds())
        memory_after.append(process.memory_info().rss)
    # The first wave alone fills the bounds; how far the next overflows them before it is pruned is up to the machine.
    assert bytes_after[-1] < bytes_after[1] * 1.3 + 2 * MIB, bytes_after
    assert bytes_after[1] < bytes_after[0] * 2 + 2 * MIB, bytes_after
    assert handles_after[-1] <= handles_after[0] + 20, handles_after
    assert memory_after[-1] < memory_after[0] * 1.5, memory_after
    # What is open is never removed, with all that belongs to it.
    found = [one for one in whole.door.get("/api/v1/incidents?q=StaysOpen")["incidents"] if one["state"] != "merged"]
    assert len(found) == 1
    assert whole.door.moments(found[0]["id"])
    assert whole.door.get(f"/api/v1/incidents/{found[0]['id']}/alerts")["total"] >= 1
    assert len(whole.facts.rows("SELECT DISTINCT digest FROM bodies")) < JOURNAL_MAX + 1_000
    assert "Traceback" not in whole.log
