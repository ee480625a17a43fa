"""The stage that the pictures are taken on: the lab's shop, one server, the same troubles in the same order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from lamplighter.lab.local_rig import LocalRig
from lamplighter.lab.premises import Premises
from lamplighter.lab.scenario import Scenario
from lamplighter.lab.serving import TOKEN_FILE, Server, data_folder
from lamplighter.lab.shop.layout import free_ports

T = TypeVar("T")
RECEIVER = "/api/v1/alerts/alertmanager"
WAIT_SECONDS_MAX = 90.0
PAUSE_SECONDS = 0.2
ENDS = frozenset({"resolved", "needs_human", "self_cleared", "rejected", "rolled_back"})
# What a homelab's Alertmanager might say in one night: name, component, severity, words, and whether it was over soon.
NIGHT: tuple[tuple[str, str, str, str, bool], ...] = (
    ("NASUnreachable", "nas", "critical", "nas does not answer to ping", False),
    ("JellyfinDown", "jellyfin", "critical", "HTTP 502 for two minutes", False),
    ("SonarrDown", "sonarr", "warning", "HTTP 502 for two minutes", False),
    ("CertificateExpires", "ops.home.lan", "warning", "its certificate ends in 6 days", False),
    ("BackupLate", "backups", "warning", "no word from the nightly backup for 26 hours", False),
    ("HighLatency", "paperless", "info", "the slowest of a hundred requests took 4 s", True),
    ("DiskFilling", "pve1", "warning", "/var/lib/vz is full in 9 hours at this pace", True),
)
DEPENDS = {"jellyfin": ["nas"], "sonarr": ["nas"], "front": ["orders"], "orders": ["store"]}


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with a night behind it. `mended` healed alone, `waiting` waits for a yes."""

    url: str
    client: httpx.Client
    mended: str
    waiting: str


@contextmanager
def scene() -> Iterator[Scene]:
    """Break the store, which may be mended alone, then orders, which may not; and tell of a night elsewhere."""
    with Premises() as premises, closing(LocalRig(premises)) as rig:
        (port,) = free_ports(1)
        rig.start(port)
        with Server(premises, configuration(rig, port)) as server:
            token = (data_folder(premises) / TOKEN_FILE).read_text(encoding="utf-8").strip()
            with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
                rig.inject(Scenario.OOM)
                mended = awaited(server, "store", {"resolved"})
                tell(client, NIGHT)
                rig.inject(Scenario.HANG)
                waiting = awaited(server, "orders", {"awaiting_approval"})
                until(lambda: len(server.incidents()) >= len(NIGHT))
                yield Scene(server.url, client, mended, waiting)


def configuration(rig: LocalRig, port: int) -> dict[str, Any]:
    """The lab's, with a check's own alert for each part, so that each trouble is an incident of its own."""
    whole = rig.configuration(port)
    for check in whole["checks"]:
        check["alert"] = check["name"] in {"orders", "store"}
    whole["autonomy"] |= {
        "mode": "ask",
        "approval_expires": "2h",
        "auto": ["limits process store", "start process store"],
    }
    whole["autonomy"]["never"] = ["* on nas"]
    return {**whole, "site": {"name": "homelab"}, "depends": DEPENDS}


def tell(client: httpx.Client, night: tuple[tuple[str, str, str, str, bool], ...]) -> None:
    """Deliver the night's alerts, and the end of those that were over soon."""
    for ended in (False, True):
        alerts = [alert(*each[:4], ended=ended) for each in night if each[4] or not ended]
        body = {"version": "4", "groupKey": "{}:{}", "status": "firing", "receiver": "lamplighter", "alerts": alerts}
        client.post(RECEIVER, json=body).raise_for_status()


def alert(name: str, component: str, severity: str, words: str, *, ended: bool) -> Mapping[str, Any]:
    """One alert as Alertmanager sends it."""
    now = time.time()
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 120))
    over = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 1)) if ended else "0001-01-01T00:00:00Z"
    return {
        "status": "resolved" if ended else "firing",
        "labels": {"alertname": name, "service": component, "severity": severity},
        "annotations": {"summary": f"{component}: {words}"},
        "startsAt": began,
        "endsAt": over,
        "generatorURL": "http://prometheus.home.lan/graph",
    }


def awaited(server: Server, component: str, states: set[str]) -> str:
    """The id of the newest incident of a component, once it is in one of the states."""

    def found() -> str:
        mine = [one for one in server.incidents() if one.get("component") == component]
        return str(mine[0]["id"]) if mine and mine[0]["state"] in states else ""

    return until(found)


def until(holds: Callable[[], T]) -> T:
    """What is found, as soon as there is something."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (found := holds()):
        if time.monotonic() > deadline:
            raise TimeoutError("the stage is not as it should be")
        time.sleep(PAUSE_SECONDS)
    return found
