"""The doctor's look over HTTP."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from lamplighter.settings import load_settings
from lamplighter.web import checkup
from lamplighter.web.checkup import FRESH_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.web.conftest import Bench


def prepared(bench: Bench, folder: Path) -> None:
    file = folder / "lamplighter.yaml"
    file.write_text(f"sources: {{logfile: {{files: {{web: {folder}/log}}, folders: [{folder}]}}}}\n", encoding="utf-8")
    bench.app.settings = load_settings(file, {"HOME": str(folder)})
    bench.app.failure = ""
    bench.app.store.accounts = SimpleNamespace(listed=lambda **_: [])
    bench.app.store.outbox = SimpleNamespace(listed=lambda _state: [])
    bench.app.store.ready = lambda: "the disk is full"


async def test_the_server_says_of_itself_what_it_knows(bench: Bench, tmp_path: Path) -> None:
    prepared(bench, tmp_path)
    bench.app.switch = SimpleNamespace(paused=lambda: "by me: disks")
    async with bench.client(checkup.router) as client:
        answer = await client.get("/api/v1/doctor")
    found = {finding["name"]: finding for finding in answer.json()["findings"]}
    assert answer.json()["worst"] == "problem"
    assert "the disk is full" in found["running"]["detail"]
    assert found["switch"]["fix"] == "lamplighter resume"
    assert "sources.logfile" in found["logfile"]["fix"]


async def test_however_many_ask_the_outside_is_asked_once_in_a_while(bench: Bench, tmp_path: Path) -> None:
    prepared(bench, tmp_path)
    async with bench.client(checkup.router) as client:
        first = (await client.get("/api/v1/doctor")).json()
        (tmp_path / "log").write_text("a line\n", encoding="utf-8")
        assert (await client.get("/api/v1/doctor")).json() == first
        bench.clock.advance(FRESH_SECONDS)
        assert (await client.get("/api/v1/doctor")).json() != first
        assert (await client.post("/api/v1/doctor")).status_code == 405
