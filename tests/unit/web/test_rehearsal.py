"""The rehearsal over the API: read off the server's own parts, for whoever may see, and without an effect."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from lamplighter.domain.access import Role
from lamplighter.domain.rehearsal import BREAK, CANARY, CLEAN, START
from lamplighter.domain.topology import Component
from lamplighter.settings import load_settings
from lamplighter.testing import firing
from tests.unit.web.conftest import Bench

PATH = "/api/v1/rehearsal"


@pytest.fixture
def bench(bench: Bench, tmp_path: Path) -> Bench:
    file = tmp_path / "lamplighter.yaml"
    file.write_text("sources: {docker: {host: 'tcp://p:2375'}}\n", encoding="utf-8")
    bench.app.settings = load_settings(file, {"HOME": str(tmp_path)})
    bench.app.surveying = SimpleNamespace(components=(), away={})
    bench.app.communicator = SimpleNamespace(posting=SimpleNamespace(channels=(SimpleNamespace(name="log"),)))
    return bench


async def test_whoever_may_see_gets_the_steps_and_the_lines(bench: Bench) -> None:
    cookie = bench.signed_in(Role.VIEWER, "vi")
    async with bench.browser(cookie=cookie) as browser:
        found = (await browser.get(PATH)).json()
        assert [found["start"], found["end"], found["clean"]] == [START, BREAK, CLEAN]
        assert (found["incident"], len(found["stages"])) == (None, 7)
        assert found["stages"][1]["pace"] == "missing"
        assert found["over"] is True


async def test_it_names_the_incident_of_the_canary(bench: Bench) -> None:
    bench.app.surveying.components = (Component("docker", "container", CANARY, "id"),)
    bench.incidents.open(4, firing("web is down", container="web"))
    bench.incidents.open(5, firing(f"{CANARY} is failing", container=CANARY))
    cookie = bench.signed_in(Role.VIEWER, "vi")
    async with bench.browser(cookie=cookie) as browser:
        found = (await browser.get(PATH)).json()
    assert found["incident"] == "INC-5"
    assert [one["pace"] for one in found["stages"][:2]] == ["done", "done"]
