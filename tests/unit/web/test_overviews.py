"""The other pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lamplighter.domain.check import Sample, SampleState, Watch
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.testing import NOON
from lamplighter.web import overviews

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

SCRIPT = "<script>alert(1)</script>"
ROW = {"received_at": "2026-01-05T12:00:00+00:00", "source": "fake", "alert": f"Disk {SCRIPT}", "status": "firing"}
ROW |= {"component": "nas", "placement": "joins", "incident": "INC-1", "reason": f"same trouble {SCRIPT}"}


async def test_alerts_and_dead_letters_say_why(bench: Bench) -> None:
    bench.journal.rows = [{**ROW, "seq": str(seq)} for seq in range(60, 0, -1)]
    bench.journal.letters = [
        {"received_at": "2026-01-05T12:00:00+00:00", "source": "fake", "reason": "labels: is empty", "payload": SCRIPT}
    ]
    async with bench.client(overviews.router) as client:
        text = (await client.get("/alerts")).text
        assert "cursor=" in text
    assert "labels: is empty" in text
    assert "same trouble" in text
    assert SCRIPT not in text


async def test_a_filtered_journal_says_so_and_pages_within_it(bench: Bench) -> None:
    bench.journal.rows = [{**ROW, "seq": str(seq)} for seq in range(60, 0, -1)]
    async with bench.client(overviews.router) as client:
        text = (await client.get("/alerts", params={"source": "fake", "placement": "set_aside"})).text
    assert "set aside" in text
    assert 'href="/alerts?source=fake&amp;placement=set_aside&amp;cursor=' in text


async def test_an_empty_journal_says_where_to_begin(bench: Bench) -> None:
    async with bench.client(overviews.router) as client:
        text = (await client.get("/alerts")).text
    assert "lamplighter alerts send" in text


async def test_silences_and_windows_can_be_ended_where_they_may_be(make_bench: type[Bench]) -> None:
    bench = make_bench(maintenance=[{"name": "Backup", "when": "daily 12:30-13:30", "targets": ["nas"]}])
    now = bench.clock.now()
    one = Silence("SIL-1", (Matcher("component", Op.EQUAL, SCRIPT),), now, now.replace(hour=20), "al", SCRIPT)
    bench.silences.held = {"SIL-1": one, "SIL-2": replace(one, id="SIL-2", reason="maintenance: disks")}
    async with bench.client(overviews.router) as client:
        text = (await client.get("/silences")).text
    assert text.count('action="/silences/SIL-2/end"') == 2
    assert text.count('action="/silences/SIL-1/end"') == 1
    assert "open until" in text
    assert SCRIPT not in text


async def test_what_cannot_be_seen_is_never_shown_as_good(bench: Bench) -> None:
    sample = Sample("Front / page", NOON, SampleState.CANNOT_SEE, f"no route {SCRIPT}")
    bench.patrol.watches["Front / page"] = Watch(last=sample)
    async with bench.client(overviews.router) as client:
        text = (await client.get("/checks")).text
    assert text.count("cannot see") == 2
    assert "✓ ok" not in text
    assert "/ping/backups-" in text
    assert SCRIPT not in text
