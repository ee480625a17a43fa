"""Writes night.jsonl, one night of a homelab as its monitoring would have posted it. Run it to make the file anew.

Two replicas of Alertmanager notify of the same alerts, late, twice and out of order. The same seed gives the same file.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SEED = 20_260_110
EVENING = datetime(2026, 1, 10, 22, 0, tzinfo=UTC)
MORNING = EVENING + timedelta(hours=9)
REPEAT = timedelta(hours=2)
REPLICAS = ("am-0", "am-1")
NOT_ENDED = "0001-01-01T00:00:00Z"
Line = tuple[datetime, dict[str, Any]]


@dataclass(frozen=True)
class Episode:
    """One stretch in which one alert fires; minutes since the evening began."""

    name: str
    begins: float
    ends: float | None
    labels: dict[str, str]
    summary: str
    severity: str = "warning"


@dataclass
class Night:
    """Everything that is posted, with the time at which it comes in."""

    chance: random.Random
    lines: list[Line] = field(default_factory=list)

    def post(self, at: datetime, body: dict[str, Any], **more: str) -> None:
        self.lines.append((at, {"at": iso(at), **more, "body": body}))


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def minute(number: float) -> datetime:
    return EVENING + timedelta(minutes=number)


def container(name: str, *needs: str) -> dict[str, str]:
    """Labels of one container as cAdvisor gives them."""
    labels = {"name": name, "instance": "docker1:8080", "job": "cadvisor"}
    return {**labels, "container_label_lamplighter_depends": ",".join(needs)} if needs else labels


def outage() -> list[Episode]:
    """The NAS loses its power supply; what keeps files there follows, some of it sooner than the NAS is missed."""

    def down(name: str, begins: float, *needs: str) -> Episode:
        summary = f"{name} does not answer its health check"
        return Episode("ContainerUnhealthy", begins, 287 + begins - 238, container(name, *needs), summary, "critical")

    return [
        down("jellyfin", 238.6, "nas"),
        down("sonarr", 239.1, "nas"),
        Episode("HostDown", 240.2, 285, {"instance": "nas:9100", "job": "node"}, "nas is down", "critical"),
        down("radarr", 240.4, "nas"),
        down("immich", 240.9, "nas"),
        down("paperless", 241.3, "nas"),
        Episode(
            "ProbeFailed",
            242,
            286,
            {"service": "nextcloud", "job": "blackbox", **needing("nas")},
            "https://cloud.home.lan answers 503",
        ),
        Episode("QueueGrows", 246, 290, container("immich-ml", "immich"), "412 pictures wait to be read"),
        Episode(
            "BackupFailed", 250, 300, container("restic", "nas"), "the nightly backup ended with code 1", "critical"
        ),
    ]


def needing(*names: str) -> dict[str, str]:
    return {"container_label_lamplighter_depends": ",".join(names)}


def episodes(chance: random.Random) -> list[Episode]:
    """Everything of Prometheus' alerts."""
    postgres = container("postgres")
    quiet = [
        Episode("HostTemperatureHigh", 22, 64, {"instance": "pi-dns:9100", "job": "node"}, "pi-dns is at 78 °C"),
        Episode("CertificateExpiresSoon", 91, None, {"service": "vaultwarden"}, "expires in 6 days"),
        Episode("PostgresConnectionsExhausted", 110, 140, postgres, "98 of 100 connections are taken", "critical"),
        Episode("PostgresConnectionsExhausted", 430, 452, postgres, "197 of 200 connections are taken", "critical"),
        Episode("GuestBackupSlow", 160, 195, {"node": "pve1", "job": "proxmox"}, "the backup of guest 104 is slow"),
        Episode("DnsSlow", 243, 262, container("pihole"), "95 % of answers take longer than 400 ms"),
        Episode(
            "ProbeFailed",
            390,
            393,
            {"service": "traefik", "job": "blackbox"},
            "https://home.lan answers 502",
            "critical",
        ),
        Episode(
            "ProbeFailed",
            398,
            401,
            {"service": "traefik", "job": "blackbox"},
            "https://home.lan answers 502",
            "critical",
        ),
        Episode("ContainerRestarting", 470, None, container("frigate"), "frigate was started 4 times in 10 minutes"),
        Episode("CameraFramesDropped", 473, None, container("frigate"), "front door drops 31 % of its frames"),
        Episode(
            "HostDiskAlmostFull",
            500,
            None,
            {"instance": "pve1:9100", "job": "node", "mountpoint": "/var"},
            "4 % of /var on pve1 are free",
        ),
    ]
    lost = []
    at = 320.0
    for _ in range(9):
        lasts = chance.uniform(1.2, 2.2)
        lost.append(Episode("ZigbeeStickLost", at, at + lasts, container("homeassistant"), "the Zigbee stick is gone"))
        at += lasts + chance.uniform(0.8, 1.8)
    return [*quiet, *outage(), *lost]


def wire(episode: Episode, now: datetime) -> dict[str, Any]:
    """One alert as Alertmanager writes it."""
    over = episode.ends is not None and minute(episode.ends) <= now
    return {
        "status": "resolved" if over else "firing",
        "labels": {"alertname": episode.name, "severity": episode.severity, **episode.labels},
        "annotations": {"summary": episode.summary},
        "startsAt": iso(minute(episode.begins)),
        "endsAt": iso(minute(episode.ends)) if over and episode.ends is not None else NOT_ENDED,
        "generatorURL": f"http://prometheus:9090/graph?g0.expr={episode.name}",
    }


def body(name: str, alerts: list[dict[str, Any]], truncated: int = 0) -> dict[str, Any]:
    firing = any(alert["status"] == "firing" for alert in alerts)
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "truncatedAlerts": truncated,
        "status": "firing" if firing else "resolved",
        "receiver": "lamplighter",
        "groupLabels": {"alertname": name},
        "commonLabels": {"alertname": name},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": alerts,
    }


def notify(night: Night, found: list[Episode]) -> None:
    """Both replicas tell of every beginning, every end, and of what still fires after a while."""
    for episode in found:
        moments = [minute(episode.begins)]
        ends = MORNING if episode.ends is None else minute(episode.ends)
        while moments[-1] + REPEAT < ends:
            moments.append(moments[-1] + REPEAT)
        moments += [] if episode.ends is None else [ends]
        for moment in moments:
            for number, _replica in enumerate(REPLICAS):
                if number and night.chance.random() < 0.3:
                    continue
                # The second replica waits for the first, and sometimes hears late that it need not have told.
                late = night.chance.uniform(150, 420) if number and night.chance.random() < 0.12 else number * 15.0
                said = moment + timedelta(seconds=night.chance.uniform(1, 12))
                heard = said + timedelta(seconds=late)
                if heard < MORNING:
                    night.post(heard, body(episode.name, [wire(episode, said)]))


def beat(night: Night) -> None:
    """The Watchdog fires as long as alerting works."""
    alert = Episode("Watchdog", -4000, None, {}, "alerting works", "none")
    for number in range(0, 540, 15):
        for replica, _ in enumerate(REPLICAS):
            at = minute(number) + timedelta(seconds=3 + 2 * replica)
            night.post(at, body("Watchdog", [wire(alert, at)]))


def others(night: Night) -> None:
    """Other systems, a delivery that left alerts out, an alert that is none, and what a person did."""
    disks = [
        Episode(
            "DiskSmartWarning",
            360,
            None,
            {"instance": "nas:9633", "job": "smart", "disk": disk},
            f"{disk} reallocated sectors",
        )
        for disk in ("sda", "sdb")
    ]
    at = minute(360.3)
    night.post(at, body("DiskSmartWarning", [wire(disk, at) for disk in disks], truncated=3))
    bad = wire(Episode("HostClockWrong", 200, None, {"instance": "pi-dns:9100"}, "pi-dns is 80 years ahead"), at)
    bad["startsAt"] = "2106-02-07T06:28:15Z"
    good = wire(Episode("HostClockSkew", 200, 215, {"instance": "router:9100"}, "router is 3 s behind"), minute(201))
    night.post(minute(200.4), body("HostClockSkew", [good, bad]))
    over = Episode("HostClockSkew", 200, 215, {"instance": "router:9100"}, "router is 3 s behind")
    night.post(minute(215.3), body("HostClockSkew", [wire(over, minute(215.3))]))
    for status, number in (("firing", 130.0), ("resolved", 150.0)):
        alert = wire(
            Episode("SolarYieldLow", 129.5, 149.5, {"service": "solar"}, "nothing comes off the roof at night"),
            minute(number),
        )
        alert |= {
            "status": status,
            "fingerprint": "9b1a4c5d6e7f8a90",
            "silenceURL": "http://grafana:3000/alerting/silence/new",
            "values": {"A": 0},
        }
        night.post(
            minute(number),
            {
                **body("SolarYieldLow", [alert]),
                "version": "1",
                "orgId": 1,
                "title": "solar",
                "state": "alerting",
                "message": "",
            },
        )
    for status, number in ((0, 300.5), (1, 304.5)):
        said = minute(number).strftime("%Y-%m-%d %H:%M:%S.000")
        heartbeat = {
            "monitorID": 7,
            "status": status,
            "time": said,
            "msg": "connect ECONNREFUSED 192.168.1.31:8123" if not status else "200 - OK",
        }
        monitor = {"id": 7, "name": "gitea", "type": "http", "url": "http://192.168.1.31:3000"}
        night.post(
            minute(number),
            {"heartbeat": heartbeat, "monitor": monitor, "msg": "[gitea] [Down]" if not status else "[gitea] [Up]"},
        )
    fixed = {"alertname": "PostgresConnectionsExhausted"}
    night.lines.append(
        (minute(138.5), {"at": iso(minute(138.5)), "resolved": fixed, "resolution": "raised max_connections to 200"})
    )


def written() -> str:
    """The whole stream, in the order of arrival."""
    night = Night(random.Random(SEED))  # noqa: S311 - the same night every time is what is wanted
    notify(night, episodes(night.chance))
    beat(night)
    others(night)
    texts = [
        json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        for _, line in sorted(night.lines, key=lambda pair: pair[0])
    ]
    # The disk was full for a moment while the stream was recorded.
    texts.insert(len(texts) // 2, texts[len(texts) // 2][:210])
    return "\n".join(texts) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("night.jsonl").write_text(written(), encoding="utf-8")
