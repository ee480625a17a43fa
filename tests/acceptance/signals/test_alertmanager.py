"""Real Alertmanagers: truncated bodies, two replicas that know nothing of each other, silences both ways, a forgery."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from lamplighter.lab.local_rig import LocalRig
from lamplighter.lab.premises import Premises
from lamplighter.lab.programs import installed
from lamplighter.lab.scenario import LabUnavailable
from lamplighter.lab.shop.layout import free_ports
from tests.acceptance.exam.conftest import WEBHOOK
from tests.acceptance.faults.conftest import ENDS, Served, await_that, stopped_at_exit
from tests.acceptance.signals.conftest import Part, Stage, Stages, stamp, wait_until

pytestmark = pytest.mark.prometheus
ALERTS = 1000
AT_ONCE = 5
# The context is made once, because making one for each request costs more than the request.
ASKING: dict[str, Any] = {"trust_env": False, "timeout": 60, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}


@dataclass
class Alertmanager:
    """One real Alertmanager, alone; `hook` is where it posts, and more of its configuration."""

    folder: Path
    program: str
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, receiver: str, token_file: Path, group_by: str = "alertname", **hook: Any) -> None:  # noqa: ANN401 - JSON
        self.folder.mkdir(parents=True, exist_ok=True)
        pace = {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
        login = {"authorization": {"type": "Bearer", "credentials_file": str(token_file)}}
        webhook = {"url": receiver, "send_resolved": True, "http_config": login, **hook}
        whole = {
            "route": {"receiver": "here", "group_by": [group_by], **pace},
            "receivers": [{"name": "here", "webhook_configs": [webhook]}],
        }
        file = self.folder / "am.json"
        file.write_text(json.dumps(whole), encoding="utf-8")
        command = [self.program, f"--config.file={file}", f"--storage.path={self.folder}/data"]
        with (self.folder / "am.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="],
                stdout=log,
                stderr=log,
            )
        wait_until("Alertmanager answers", self._ready)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", **ASKING).status_code == 200
        except httpx.HTTPError:
            return False

    def post(self, *alerts: dict[str, Any]) -> None:
        """Send alerts as Prometheus does."""
        httpx.post(f"{self.url}/api/v2/alerts", json=list(alerts), **ASKING).raise_for_status()

    def silences(self) -> list[dict[str, Any]]:
        found = httpx.get(f"{self.url}/api/v2/silences", **ASKING).raise_for_status().json()
        return [one for one in found if one["status"]["state"] != "expired"]

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


Starts = Callable[..., Alertmanager]


@pytest.fixture
def alertmanagers(tmp_path: Path) -> Iterator[Starts]:
    """Call it with the name of a replica; it is not started yet."""
    try:
        (program,) = installed("prometheus-alertmanager")
    except LabUnavailable as problem:
        if os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1":
            pytest.fail(str(problem))
        pytest.skip(str(problem)[:300])
    made: list[Alertmanager] = []

    def make(name: str) -> Alertmanager:
        made.append(Alertmanager(tmp_path / name, program))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def firing(name: str, seconds: float = 600, **labels: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "labels": {"alertname": name, "severity": "warning", **labels},
        "startsAt": stamp(now),
        "endsAt": stamp(now + timedelta(seconds=seconds)),
    }


def over(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "endsAt": stamp(datetime.now(UTC))}


def names_taken(stage: Stage) -> list[tuple[str, str]]:
    """Name and incident of every alert in the store, page by page."""
    found: list[tuple[str, str]] = []
    cursor = ""
    for _ in range(100):
        page = stage.get(f"/api/v1/alerts?limit=200{cursor and f'&cursor={cursor}'}")
        found += [(one["alert"], one["incident"]) for one in page["alerts"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    return found


def test_of_a_thousand_alerts_of_which_five_are_sent_a_thousand_are_in_the_store(
    stages: Stages, alertmanagers: Starts
) -> None:
    manager = alertmanagers("one")
    stage = stages.new(sources={"alertmanager": {"url": manager.url}}, responses={"at_once": 1, "at_once_in_storm": 1})
    manager.start(f"http://127.0.0.1:{stage.port}{WEBHOOK}", stage.data / "token", "job", max_alerts=AT_ONCE)
    names = {f"Many{number:04d}" for number in range(ALERTS)}
    manager.post(*(firing(name, job="many") for name in sorted(names)))

    def all_placed() -> bool:
        taken = names_taken(stage)
        return names <= {name for name, _ in taken} and all(incident for _, incident in taken)

    wait_until("a thousand alerts, each in an incident", all_placed, 60)
    by_name: dict[str, set[str]] = {}
    for name, incident in names_taken(stage):
        by_name.setdefault(name, set()).add(incident)
    assert set(by_name) == names
    assert {name: held for name, held in by_name.items() if len(held) != 1} == {}


def test_two_replicas_that_know_nothing_of_each_other_make_one_incident_of_each_trouble(
    stages: Stages, alertmanagers: Starts
) -> None:
    replicas = [alertmanagers(name) for name in ("am-0", "am-1")]
    stage = stages.new(Part("twice"), autonomy={"mode": "auto"})
    for replica in replicas:
        replica.start(f"http://127.0.0.1:{stage.port}{WEBHOOK}", stage.data / "token")
    alerts = [firing(f"Trouble{number}") for number in range(4)] + [firing("Twice", container="twice")]
    for replica in replicas:
        replica.post(*alerts)
    wait_until("both have sent all", lambda: len(names_taken(stage)) >= 2 * len(alerts))
    stage.settled()
    assert len(stage.incidents()) == len(alerts)
    assert all(stage.members(one["id"])[0]["count"] == 2 for one in stage.incidents())
    twice = stage.holders("Twice")[0]["id"]
    stage.in_state(twice, "resolved")
    for replica in reversed(replicas):
        replica.post(*(over(one) for one in alerts))
    wait_until("the end of all", lambda: all(one["state"] in ENDS - {"needs_human"} for one in stage.incidents()))
    wait_until("both have sent every end", lambda: len(names_taken(stage)) >= 4 * len(alerts))
    stage.settled()
    assert len(stage.incidents()) == len(alerts)
    assert not any(one["flapping"] or one["run"] > 1 for one in stage.incidents())
    assert stage.outside.effects == ["twice"]


def test_silences_go_both_ways_and_mute_messages_and_fixes_until_they_end(
    stages: Stages, alertmanagers: Starts
) -> None:
    manager = alertmanagers("quiet")
    source = {"url": manager.url, "sync_silences": True}
    manager.start("http://127.0.0.1:9/", Path(os.devnull))
    stage = stages.new(Part("theirs"), Part("ours"), autonomy={"mode": "auto"}, sources={"alertmanager": source})
    theirs = {
        "matchers": [{"name": "container", "value": "theirs", "isRegex": False, "isEqual": True}],
        "startsAt": stamp(datetime.now(UTC)),
        "endsAt": stamp(datetime.now(UTC) + timedelta(hours=1)),
        "createdBy": "bob",
        "comment": "made there",
    }
    made = httpx.post(f"{manager.url}/api/v2/silences", json=theirs, **ASKING).raise_for_status().json()
    body = {"matchers": ["container=ours"], "duration": "1h", "reason": "made here", "author": "alice"}
    ours = stage.post("/api/v1/silences", body, 201)
    wait_until("ours is there", lambda: any(one["comment"].startswith("made here") for one in manager.silences()), 40)
    wait_until("theirs is here", lambda: "made there" in json.dumps(stage.get("/api/v1/silences")), 40)
    incidents = {}
    for part in ("theirs", "ours"):
        stage.raised(f"Down-{part}", part)
        incidents[part] = stage.holder(f"Down-{part}")["id"]
    for incident in incidents.values():
        wait_until("it is held", lambda i=incident: "silenced" in stage.show(i)["incident"]["held"])
    assert stage.outside.effects == []
    assert stage.outside.messages == []
    httpx.delete(f"{manager.url}/api/v2/silence/{made['silenceID']}", **ASKING).raise_for_status()
    stage.client.delete(f"/api/v1/silences/{ours['id']}").raise_for_status()
    wait_until("ours ends there", lambda: manager.silences() == [], 40)
    for part, incident in incidents.items():
        stage.in_state(incident, "resolved", seconds=40)
        assert stage.outside.effects.count(part) == 1
        assert stage.outside.told(incident)[0] == "opened"


@contextmanager
def real_shop(premises: Premises) -> Iterator[tuple[LocalRig, Served]]:
    (port,) = free_ports(1)
    rig = LocalRig(premises)
    rig.start(port)
    configuration = rig.configuration(port)
    configuration["verify"] = {"for": "1s", "deadline": "6s", "every": "0.2s"}
    configuration["autonomy"] |= {"mode": "auto", "auto": ["restart *", "limits *"]}
    with stopped_at_exit(Served(premises, configuration)) as served:
        yield rig, served


def test_alerts_that_somebody_made_up_about_healthy_parts_lead_to_a_look_and_to_no_action(
    alertmanagers: Starts,
) -> None:
    manager = alertmanagers("forged")
    with Premises() as premises, real_shop(premises) as (rig, served):
        before = rig.effects()
        manager.start(f"{served.door.url}{WEBHOOK}", served.data / "token")
        for name, more in (("front", "ContainerOOMKilled"), ("orders", "ServiceHung"), ("store", "ServiceDown")):
            manager.post(firing(f"{more}-{name}", container=name, severity="critical"))
        await_that("what was made up is looked at", lambda: len(served.door.incidents()) >= 1)
        await_that("three alerts", lambda: len((served.door.get("/api/v1/alerts") or {"alerts": []})["alerts"]) >= 3)
        time.sleep(1.0)
        ended = served.door.ended(1)
        looked = [moment for one in ended for moment in served.door.moments(one["id"])]
        assert "gathered" in looked
        assert "acting" not in looked
        assert {one["state"] for one in ended} <= {"needs_human", "self_cleared", "merged"}
        assert rig.effects() == before
        assert served.door.get("/api/v1/approvals?pending=false")["approvals"] == []
