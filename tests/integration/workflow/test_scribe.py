"""What has no transaction of its own reaches the log: once, marked where it is late, and never as a flood."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lamplighter.domain.audit import Act, Row, What, act
from lamplighter.domain.chain import Checked, judged, looked_through
from lamplighter.ports import Store, StoreUnavailable
from lamplighter.store import SqlStore, open_store
from lamplighter.testing import NOON, FakeClock
from lamplighter.workflow.notebook import Notebook
from lamplighter.workflow.scribe import NAMES_COUNTED_MAX, NAMES_SHOWN_MAX, Scribe, _together
from lamplighter.workflow.switch import FILE_NAME, FileSwitch


class Desk:
    """A scribe on a real store, and a way to take the store away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.store: SqlStore = open_store(f"sqlite:///{folder}/lamplighter.db", clock=self.clock)
        self.away = False
        self.switch = FileSwitch(folder, self.clock)
        shown = cast("Store", SimpleNamespace(audit=SimpleNamespace(write=self._write)))
        self.scribe = Scribe(shown, self.clock, Notebook(folder), self.switch)

    def _write(self, done: Act, *, key: str = "") -> bool:
        if self.away:
            raise StoreUnavailable("locked")
        return self.store.audit.write(done, key=key)

    def rows(self) -> Sequence[Row]:
        rows = self.store.audit.after(0, 1000)
        known = looked_through(rows, head=self.store.audit.head())
        assert isinstance(known, Checked)
        assert judged(known, self.store.audit.head()) is None
        return rows[1:]

    def told(self) -> list[tuple[str, str]]:
        return [(row.actor, row.what) for row in self.rows()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


async def test_a_pause_and_a_resume_are_written_once_each(desk: Desk) -> None:
    desk.switch.pause(by="ann", reason="disks", duration=timedelta(hours=1))
    desk.switch.note()
    await desk.scribe.begin(None)
    await desk.scribe.once()
    desk.switch.resume(by="bob")
    desk.switch.resume(by="bob")
    await desk.scribe.once()
    await desk.scribe.once()
    assert desk.told() == [("lamplighter", "configuration_loaded"), ("ann", "paused"), ("bob", "resumed")]
    assert desk.rows()[1].detail == {"reason": "disks", "until": "2026-01-05T13:00:00+00:00"}


async def test_a_switch_that_was_pressed_with_no_store_is_written_late_and_says_so(desk: Desk) -> None:
    desk.away = True
    desk.switch.pause(by="ann", reason="", duration=None)
    with pytest.raises(StoreUnavailable):
        await desk.scribe.once()
    desk.clock.advance(3600)
    desk.switch.resume(by="bob")
    desk.away = False
    await desk.scribe.once()
    assert desk.told() == [("ann", "paused"), ("bob", "resumed")]
    first, second = desk.rows()
    assert (first.at, first.detail["late"]) == (NOON, "written 2026-01-05T13:00:00Z")
    assert "late" not in second.detail


async def test_a_switch_that_could_not_be_noted_is_written_at_the_next_start(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    await desk.scribe.begin(None)
    await desk.scribe.once()
    assert ("unknown", "paused") in desk.told()


async def test_a_configuration_is_known_by_its_digest_alone(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "lamplighter.yaml"
    file.write_text("site: {name: hunter2hunter2}\n")
    await desk.scribe.begin(file)
    await desk.scribe.configured(What.CONFIGURATION_REFUSED, file, "ann", problems="2")
    await desk.scribe.configured(What.CONFIGURATION_RELOADED, tmp_path / "gone", "ann")
    await desk.scribe.once()
    loaded, refused, gone = desk.rows()
    assert loaded.detail["file"] == f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    assert (refused.actor, refused.what, refused.detail["problems"]) == ("ann", "configuration_refused", "2")
    assert gone.detail["file"] == "cannot be read: No such file or directory"
    assert "hunter2" not in repr(desk.rows())


async def test_a_configuration_that_is_read_while_the_store_is_away_waits(desk: Desk) -> None:
    desk.away = True
    await desk.scribe.configured(What.CONFIGURATION_RELOADED, None, "ann")
    assert desk.rows() == []
    desk.away = False
    await desk.scribe.once()
    assert desk.told() == [("ann", "configuration_reloaded")]


async def test_a_flood_of_refused_sign_ins_is_one_row_a_minute(desk: Desk) -> None:
    for number in range(5000):
        desk.scribe.refused("ann" if number % 10 == 0 else "", f"192.0.2.{number % 250}")
        if number % 100 == 0:
            desk.clock.advance(1)
            await desk.scribe.once()
    desk.clock.advance(60)
    await desk.scribe.once()
    await desk.scribe.once()
    rows = desk.rows()
    assert [row.what for row in rows] == ["sign_in_refused"] * 2
    assert sum(int(row.detail["count"]) for row in rows) == 5000
    assert rows[1].on == "ann"
    assert len(rows[1].detail["addresses"].split()) == NAMES_SHOWN_MAX


async def test_a_clock_that_is_set_back_holds_no_row_up(desk: Desk) -> None:
    desk.scribe.refused("ann", "192.0.2.1")
    await desk.scribe.once()
    desk.clock._now -= timedelta(hours=2)
    desk.scribe.refused("ann", "192.0.2.1")
    desk.clock.advance(60)
    await desk.scribe.once()
    assert len(desk.rows()) == 2


async def test_what_is_counted_at_a_stop_is_written(desk: Desk) -> None:
    desk.scribe.refused("ann", "192.0.2.1")
    await desk.scribe.once()
    desk.scribe.refused("bob", "192.0.2.1")
    desk.away = True
    await desk.scribe.finish()
    desk.away = False
    await desk.scribe.finish()
    assert [row.on for row in desk.rows()] == ["ann", "bob"]


async def test_addresses_are_bounded_however_long_the_store_is_away(desk: Desk) -> None:
    desk.away = True
    for away in range(5):
        for number in range(NAMES_COUNTED_MAX):
            desk.scribe.refused("", f"2001:db8:{away}::{number:x}")
        counted = desk.scribe.refusals
        desk.scribe.refusals = type(counted)()
        desk.scribe.refused("", f"192.0.2.{away}")
        desk.scribe.refusals = _together(counted, desk.scribe.refusals)
    assert len(desk.scribe.refusals.addresses) <= NAMES_COUNTED_MAX
    assert desk.scribe.refusals.count == 5 * NAMES_COUNTED_MAX + 5


async def test_a_note_that_says_itself_that_it_is_late_is_written(desk: Desk, tmp_path: Path) -> None:
    Notebook(tmp_path).note(act(NOON - timedelta(hours=1), "ann", What.PAUSED, "all", late="no"))
    await desk.scribe.once()
    assert desk.rows()[0].detail == {"late": "written 2026-01-05T12:00:00Z"}


async def test_refusals_are_kept_while_the_store_is_away(desk: Desk) -> None:
    desk.away = True
    desk.scribe.refused("ann", "192.0.2.1")
    with pytest.raises(StoreUnavailable):
        await desk.scribe.once()
    desk.scribe.refused("", "192.0.2.2")
    desk.away = False
    await desk.scribe.once()
    (row,) = desk.rows()
    assert (row.on, row.detail["count"], row.detail["unknown_names"]) == ("ann", "2", "1")
    assert row.detail["addresses"] == "192.0.2.1 192.0.2.2"
