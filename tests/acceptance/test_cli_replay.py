"""`lamplighter alerts replay` as a user starts it: on the recorded night, and on the history of a real Prometheus."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from lamplighter.lab.shop.layout import free_ports

STREAMS = Path(__file__).parents[1] / "golden" / "streams"
NIGHT = STREAMS / "night.jsonl"
START_SECONDS_MAX = 90.0
COUNTED = (
    "alerts",
    "incidents",
    "suppressed",
    "flapping",
    "regressions",
    "reopened",
    "absorbed",
    "truncated",
    "storms",
)
STEP = timedelta(seconds=30)


def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - passed on to subprocess
    command = [sys.executable, "-m", "lamplighter", "alerts", "replay", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)


def test_the_same_seed_gives_the_same_night() -> None:
    assert runpy.run_path(str(STREAMS / "night.py"))["written"]() == NIGHT.read_text(encoding="utf-8")


def test_the_night_is_grouped_as_a_person_would() -> None:
    ended = run(str(NIGHT), "--dry-run", "-o", "json")
    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    expected = json.loads((STREAMS / "night.expected.json").read_text(encoding="utf-8"))
    assert {key: told[key] for key in COUNTED} == {key: expected[key] for key in COUNTED}
    assert [[m["alert"], m["component"], m["incident"]] for m in told["merges"]] == expected["merges"]
    assert [[i["id"], i["component"], i["state"], i["members"]] for i in told["list"]] == expected["list"]
    assert all(merge["reason"] for merge in told["merges"])
    assert [one["line"] for one in told["set_aside"]] == expected["set_aside"]


def test_what_the_night_must_come_to() -> None:
    told = json.loads(run("-", "--dry-run", "--json", input=NIGHT.read_text(encoding="utf-8")).stdout)
    outage = {m["component"] for m in told["merges"] if m["incident"] == "INC-7"}
    assert outage == {"nas", "sonarr", "radarr", "immich", "paperless", "nextcloud", "immich-ml", "restic"}
    named = {one["id"]: one for one in told["list"]}
    assert named["INC-7"]["component"] == "nas"
    assert [one["component"] for one in told["list"] if one["flapping"]] == ["homeassistant"]
    assert [one["regression_of"] for one in told["list"] if one["regression_of"]] == ["INC-3"]
    assert [one["component"] for one in told["list"]].count("pihole") == 1


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m lamplighter alerts replay {NIGHT} --dry-run -o wide | head -1"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=True)  # noqa: S602 - a real pipe, of our own words
    assert (ended.stdout.count("\n"), ended.stderr) == (1, "")


def test_being_interrupted_ends_with_130() -> None:
    command = [sys.executable, "-m", "lamplighter", "alerts", "replay", "-", "--dry-run", "-o", "wide"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(NIGHT.read_bytes().splitlines(keepends=True)[0])
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    """A real Prometheus with a rule that fires now, and two weeks of alerts behind it."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        words = "prometheus is missing: apt-get install prometheus"
        pytest.fail(words) if os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1" else pytest.skip(words)
    (tmp_path / "old.om").write_text(history(datetime.now(UTC)), encoding="utf-8")
    build = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "old.om", "data"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)
    rule = {"alert": "RunsNow", "expr": "vector(1)", "labels": {"name": "web", "severity": "critical"}}
    rules = {"groups": [{"name": "home", "interval": "1s", "rules": [rule]}]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    (tmp_path / "p.json").write_text(json.dumps({"global": {}, "rule_files": ["rules.json"]}))
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    command = ["prometheus", "--config.file=p.json", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=60d"]
    command += [f"--web.listen-address={url.removeprefix('http://')}", "--log.level=error"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        try:
            await_firing(url)
            yield url
        finally:
            process.terminate()
            process.wait(START_SECONDS_MAX)


def history(now: datetime) -> str:
    """ALERTS as Prometheus kept it: jellyfin and then, because of it, its proxy; a week later jellyfin alone."""
    episodes = [
        ('alertname="Down",name="jellyfin",severity="critical"', now - timedelta(days=12), timedelta(minutes=40)),
        (
            'alertname="Slow",name="jellyfin",severity="warning"',
            now - timedelta(days=12, minutes=-3),
            timedelta(minutes=20),
        ),
        ('alertname="Down",name="jellyfin",severity="critical"', now - timedelta(days=5), timedelta(minutes=15)),
        ('alertname="Full",instance="nas:9100",severity="warning"', now - timedelta(days=3), timedelta(hours=30)),
    ]
    samples = [
        (begins + number * STEP, f'ALERTS{{alertstate="firing",{labels}}} 1')
        for labels, begins, lasts in episodes
        for number in range(int(lasts / STEP))
    ]
    lines = [f"{text} {at.timestamp():.3f}" for at, text in sorted(samples, key=lambda pair: (pair[1], pair[0]))]
    return "\n".join(["# TYPE ALERTS gauge", *lines, "# EOF", ""])


def await_firing(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    query = {"query": 'ALERTS{alertstate="firing",alertname="RunsNow"}'}
    while True:
        try:
            if httpx.get(f"{url}/api/v1/query", params=query, trust_env=False).json()["data"]["result"]:
                return
        except (httpx.HTTPError, KeyError, ValueError):
            pass
        assert time.monotonic() < deadline, "the rule did not fire"
        time.sleep(0.2)


@pytest.mark.prometheus
def test_the_history_of_a_real_prometheus_is_replayed(prometheus: str) -> None:
    ended = run("--from-prometheus", prometheus, "--since", "14d", "--dry-run", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    assert [(one["component"], one["members"], one["state"]) for one in told["list"]] == [
        ("jellyfin", 2, "self_cleared"),
        ("jellyfin", 1, "self_cleared"),
        ("nas", 1, "self_cleared"),
        ("web", 1, "received"),
    ]
    assert (told["alerts"], told["incidents"], told["cleared"]) == (9, 4, 4)
    assert [merge["alert"] for merge in told["merges"]] == ["Slow"]
    began = datetime.fromisoformat(told["list"][1]["opened_at"])
    assert abs(datetime.now(UTC) - timedelta(days=5) - began) < timedelta(minutes=5)


@pytest.mark.prometheus
def test_a_question_that_prometheus_refuses_is_quoted(prometheus: str) -> None:
    ended = run("--from-prometheus", f"{prometheus}/nowhere", "--dry-run")
    assert ended.returncode == 7
    assert "Prometheus cannot be read" in ended.stderr
