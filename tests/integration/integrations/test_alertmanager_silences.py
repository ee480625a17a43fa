"""Silences both ways with a real Alertmanager: made, changed and ended on either side, away, and without its data."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from lamplighter.domain.quiet import Dated, parse_matchers
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.integrations.alertmanager.client import AlertmanagerClient, AlertmanagerConfig
from lamplighter.integrations.alertmanager.silences import AlertmanagerSilences
from lamplighter.lab.shop.layout import free_ports
from lamplighter.ports import ToolError
from lamplighter.store import open_store
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.quiet import Quiet

pytestmark = pytest.mark.prometheus
WAIT_SECONDS_MAX = 90.0
# The context is made once, because making one for each request costs more than the request.
ASKING: dict[str, Any] = {"trust_env": False, "timeout": 60, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}
HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Alertmanager:
    """A real one that can be stopped and started again, with or without its data."""

    folder: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        (self.folder / "am.yml").write_text("route: {receiver: none}\nreceivers:\n  - name: none\n")
        command = [program(), f"--config.file={self.folder}/am.yml", f"--storage.path={self.folder}/data"]
        with (self.folder / "am.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="],
                stdout=log,
                stderr=log,
            )
        until(self._ready)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
            self.process = None

    def forget(self) -> None:
        self.stop()
        shutil.rmtree(self.folder / "data")

    def made(self, **changes: Any) -> str:  # noqa: ANN401 - a tree of JSON
        body = {
            "matchers": [{"name": "alertname", "value": "Down", "isRegex": False, "isEqual": True}],
            "startsAt": now().isoformat(),
            "endsAt": (now() + HOUR).isoformat(),
            "createdBy": "bob",
            "comment": "made there",
            **changes,
        }
        answer = httpx.post(f"{self.url}/api/v2/silences", json=body, **ASKING).raise_for_status()
        return str(answer.json()["silenceID"])

    def end(self, silence_id: str) -> None:
        httpx.delete(f"{self.url}/api/v2/silence/{silence_id}", **ASKING).raise_for_status()

    def listed(self) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/api/v2/silences", **ASKING).raise_for_status()
        return [one for one in answer.json() if one["status"]["state"] != "expired"]

    def exchange(self) -> AlertmanagerSilences:
        return AlertmanagerSilences(AlertmanagerClient(AlertmanagerConfig(url=self.url)), now)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", **ASKING).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


def program() -> str:
    found = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if found is None:
        words = "install Debian's package prometheus-alertmanager to run this"
        if os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return found


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        if done():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to pass in time")


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Alertmanager]:
    running = Alertmanager(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def quiet(there: Alertmanager, tmp_path: Path) -> Iterator[Quiet]:
    clock = SystemClock()
    store = open_store(f"sqlite:///{tmp_path / 'lamplighter.db'}", clock=clock)
    yield Quiet(store, clock, exchanges=(there.exchange(),))
    store.close()


def silence(*matchers: str, length: timedelta = HOUR) -> Silence:
    return Silence("", parse_matchers(matchers), now(), now() + length, "alice", "moving disks")


async def test_every_matcher_comes_back_as_it_was_sent(there: Alertmanager) -> None:
    exchange = there.exchange()
    wanted = (
        Matcher("alertname", Op.EQUAL, 'a "quoted" \\ name'),
        Matcher("severity", Op.MATCHES, "a|b"),
        Matcher("job", Op.UNEQUAL, "x"),
        Matcher("pod", Op.DIFFERS, "y.*"),
    )
    ours = Silence("SIL-1", wanted, now(), now() + HOUR, "alice", "Ümläut: moving disks")
    outside_id = await exchange.push(ours)
    (found,) = await exchange.pull()
    assert isinstance(found, Dated)
    assert set(found.matchers) == set(wanted)
    assert (found.id, found.origin, found.outside_id) == ("SIL-1", "lamplighter", outside_id)
    assert (found.author, found.reason) == ("alice", "Ümläut: moving disks")
    assert abs(found.ends_at - ours.ends_at) < timedelta(seconds=1)
    assert found.changed_at is not None
    assert abs(found.changed_at - now()) < timedelta(minutes=1)


async def test_a_change_keeps_its_id_and_an_end_may_be_asked_for_twice(there: Alertmanager) -> None:
    exchange = there.exchange()
    ours = Silence("SIL-1", parse_matchers(["a=b"]), now() - HOUR, now() + HOUR, "alice", "disks")
    outside_id = await exchange.push(ours)
    longer = replace(ours, ends_at=now() + 2 * HOUR, outside_id=outside_id)
    assert await exchange.push(longer) == outside_id
    assert len(there.listed()) == 1
    await exchange.expire(outside_id)
    await exchange.expire(outside_id)
    await exchange.expire("00000000-0000-0000-0000-000000000000")
    assert there.listed() == []
    # One that has ended is made anew, and so is one that nobody knows there.
    assert await exchange.push(longer) != outside_id
    assert await exchange.push(replace(longer, outside_id="00000000-0000-0000-0000-000000000000"))


async def test_what_ended_there_is_seen_as_ended(there: Alertmanager) -> None:
    ended, pending = there.made(), there.made(startsAt=(now() + HOUR / 2).isoformat())
    there.end(ended)
    found = await there.exchange().pull()
    assert [(one.outside_id, one.ends_at <= now()) for one in found] == [(pending, False), (ended, True)]


async def test_what_it_refuses_and_what_is_no_id_is_said(there: Alertmanager) -> None:
    exchange = there.exchange()
    with pytest.raises(ToolError, match="HTTP 400"):
        await exchange.push(Silence("SIL-1", (Matcher("a", Op.MATCHES, ".*"),), now(), now() + HOUR, "alice", "all"))
    with pytest.raises(ToolError, match="no id"):
        await exchange.expire("../alerts")


async def test_one_made_there_mutes_here_until_it_ends_there(there: Alertmanager, quiet: Quiet) -> None:
    outside_id = there.made()
    await quiet.exchange()
    words = quiet.muted({"alertname": "Down"}, "db")
    assert words.startswith("silenced in alertmanager until")
    assert words.endswith("by bob: made there")
    assert quiet.muted({"alertname": "Up"}, "db") == ""
    there.end(outside_id)
    await quiet.exchange()
    assert quiet.muted({"alertname": "Down"}, "db") == ""
    assert len(quiet.ended_since(now() - HOUR)) == 1


async def test_one_made_here_stands_there_until_it_ends_here(there: Alertmanager, quiet: Quiet) -> None:
    ours = await quiet.add(silence("alertname=Down", "jellyfin"))
    for _ in range(3):
        await quiet.exchange()
    (found,) = there.listed()
    assert found["comment"] == f"moving disks [lamplighter {ours.id}]"
    assert found["createdBy"] == "alice"
    assert [one.outside_id for one in quiet.silences] == [found["id"]]
    await quiet.end(ours.id)
    await quiet.exchange()
    assert there.listed() == []
    await quiet.exchange()
    assert quiet.silences == ()


async def test_one_made_here_and_ended_there_ends_here(there: Alertmanager, quiet: Quiet) -> None:
    await quiet.add(silence("alertname=Down"))
    await quiet.exchange()
    there.end(there.listed()[0]["id"])
    await quiet.exchange()
    assert quiet.silences == ()
    assert there.listed() == []


async def test_one_made_there_and_ended_here_ends_there(there: Alertmanager, quiet: Quiet) -> None:
    there.made()
    await quiet.exchange()
    await quiet.end(quiet.silences[0].id)
    await quiet.exchange()
    assert there.listed() == []
    await quiet.exchange()
    assert quiet.silences == ()


async def test_a_change_on_either_side_reaches_the_other_and_nothing_goes_round(
    there: Alertmanager, quiet: Quiet
) -> None:
    ours = await quiet.add(silence("alertname=Down"))
    await quiet.exchange()
    (found,) = there.listed()
    edited = {key: found[key] for key in ("id", "matchers", "startsAt", "createdBy")}
    there.made(**edited, comment="longer " + found["comment"], endsAt=(now() + 5 * HOUR).isoformat())
    await quiet.exchange()
    (kept,) = quiet.silences
    assert (kept.id, kept.reason) == (ours.id, "longer moving disks")
    assert kept.ends_at > now() + 4 * HOUR
    await quiet.add(replace(kept, ends_at=now() + 2 * HOUR, matchers=parse_matchers(["alertname=Down", "a=b"])))
    await quiet.exchange()
    (found,) = there.listed()
    assert len(found["matchers"]) == 2
    for _ in range(3):
        await quiet.exchange()
    assert [(one["id"], one["updatedAt"]) for one in there.listed()] == [(found["id"], found["updatedAt"])]
    assert [one.id for one in quiet.silences] == [ours.id]


async def test_away_it_is_not_seen_and_what_was_known_holds(there: Alertmanager, quiet: Quiet) -> None:
    there.made()
    await quiet.add(silence("alertname=Other"))
    await quiet.exchange()
    there.stop()
    await quiet.exchange()
    assert "ConnectError" in quiet.cannot_see["alertmanager"]
    assert quiet.muted({"alertname": "Down"}, "db")
    for one in quiet.silences:
        await quiet.end(one.id)
    assert quiet.muted({"alertname": "Down"}, "db") == ""
    there.start()
    await quiet.exchange()
    assert quiet.cannot_see == {}
    assert there.listed() == []
    assert quiet.silences == ()


async def test_without_its_data_it_gets_ours_again(there: Alertmanager, quiet: Quiet) -> None:
    there.made()
    ours = await quiet.add(silence("alertname=Other"))
    await quiet.exchange()
    there.forget()
    there.start()
    await quiet.exchange()
    assert [one["comment"] for one in there.listed()] == [f"moving disks [lamplighter {ours.id}]"]
    assert [one.id for one in quiet.silences] == [ours.id]
