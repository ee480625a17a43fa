"""compose.yaml, as compose reads it and by rules of ours for what must never be; and what it mounts, as others read it.

test_image.py starts it as a whole.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lamplighter.settings import load_settings
from tests.acceptance.packaging.building import steps_of
from tests.acceptance.packaging.whole import compose

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "packaging" / "compose"
IMAGE = re.compile(r"^\$\{[A-Z_]+:-(?P<name>[a-z0-9./-]+)(:(?P<tag>[\w.-]+))?\}$")
Tree = dict[str, Any]


@pytest.fixture(scope="module")
def whole() -> Tree:
    return dict(YAML(typ="safe").load((ROOT / "compose.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def services(whole: Tree) -> dict[str, Tree]:
    return dict(whole["services"])


def test_compose_reads_it_and_finds_every_part(tmp_path: Path, services: dict[str, Tree]) -> None:
    command, knows_names = compose()
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    file = tmp_path / "compose.yaml"
    file.write_text(text if knows_names else re.sub(r"^name: .*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    asked = [*command, "-f", str(file), "--profile", "demo", "config"]
    ended = subprocess.run(asked, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    read = dict(YAML(typ="safe").load(ended.stdout))["services"]
    assert set(read) == set(services)
    assert {name: one["image"] for name, one in read.items() if "prom/" in one["image"]} == {
        "prometheus": "prom/prometheus:v3.5.0",
        "alertmanager": "prom/alertmanager:v0.28.1",
    }
    assert read["lamplighter"]["user"] == "1000:1000"


def test_every_image_of_others_is_pinned_to_a_version_and_names_no_registry(services: dict[str, Tree]) -> None:
    for service in services.values():
        found = IMAGE.match(service["image"])
        assert found is not None
        if found["name"] != "lamplighter":
            assert found["tag"] not in {None, "latest"}, service["image"]
        assert "." not in found["name"].partition("/")[0]


def test_every_file_that_is_mounted_is_there(whole: Tree, services: dict[str, Tree]) -> None:
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            known = source in whole["volumes"] or source == "/var/run/docker.sock" or (ROOT / source).exists()
            assert known, volume


def test_whatever_stays_up_says_whether_it_is_well(services: dict[str, Tree]) -> None:
    for name, service in services.items():
        assert service.get("restart") == "no" or service["healthcheck"]["test"][0] == "CMD", name


def test_nobody_can_do_more_than_it_must(whole: Tree, services: dict[str, Tree]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(service), name
    assert whole["networks"]["engine"] == {"internal": True}


def test_the_docker_socket_is_the_proxys_alone_and_the_proxy_is_lamplighters_alone(services: dict[str, Tree]) -> None:
    holders = [name for name, service in services.items() if "docker.sock" in str(service.get("volumes", ""))]
    assert holders == ["socket-proxy"]
    assert services["socket-proxy"]["networks"] == ["engine"]
    assert [name for name, service in services.items() if "engine" in service.get("networks", [])] == [
        "lamplighter",
        "socket-proxy",
    ]
    allowed = {key for key, value in services["socket-proxy"]["environment"].items() if value == 1}
    assert allowed == {"CONTAINERS", "EVENTS", "PING", "VERSION", "SYSTEM", "ALLOW_RESTARTS", "ALLOW_START"}
    assert services["socket-proxy"]["environment"]["POST"] == 0
    # Others look at POST before they look at ALLOW_RESTARTS, and refuse every restart.
    assert ":-linuxserver/socket-proxy:" in services["socket-proxy"]["image"]


def test_whoever_calls_another_is_on_a_network_with_it(services: dict[str, Tree]) -> None:
    # Started as a whole they all share one network here, so that a missing one would not be noticed.
    called = re.compile(rf"\b({'|'.join(services)}):\d+")
    calls = {
        (name, other)
        for name, service in services.items()
        for volume in service.get("volumes", [])
        if (ROOT / volume.partition(":")[0]).is_file()
        for other in called.findall((ROOT / volume.partition(":")[0]).read_text(encoding="utf-8"))
    }
    assert {("lamplighter", "socket-proxy"), ("lamplighter", "prometheus"), ("alertmanager", "lamplighter")} <= calls
    for name, other in calls:
        mine, theirs = (set(services[one].get("networks", ["default"])) for one in (name, other))
        assert mine & theirs, f"{name} cannot reach {other}"
    # What only leads inside publishes no port.
    assert "default" in services["lamplighter"]["networks"]


def test_only_lamplighter_is_reached_from_outside_and_only_from_this_machine_unless_asked(
    services: dict[str, Tree],
) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["lamplighter"]
    assert services["lamplighter"]["ports"] == ["${LAMPLIGHTER_LISTEN:-127.0.0.1}:8460:8460"]


def test_the_token_goes_to_alertmanager_and_nothing_else_of_the_data_does(services: dict[str, Tree]) -> None:
    holders = [
        name for name, service in services.items() if any(v.startswith("data:") for v in service.get("volumes", []))
    ]
    assert holders == ["lamplighter", "handover"]
    assert services["handover"]["volumes"][0] == "data:/data:ro"
    assert services["alertmanager"]["user"] == services["lamplighter"]["user"] == services["handover"]["user"]


def test_the_demo_comes_only_when_it_is_asked_for(services: dict[str, Tree]) -> None:
    assert [name for name, service in services.items() if "profiles" in service] == ["demo"]
    assert services["demo"]["network_mode"] == "none"
    assert not services["demo"].get("volumes")


def test_it_agrees_with_the_image(services: dict[str, Tree]) -> None:
    steps = {step.word: step for step in steps_of((ROOT / "Dockerfile").read_text(encoding="utf-8"))}
    own = services["lamplighter"]
    assert own["healthcheck"]["test"][1:] == ["lamplighter", "healthcheck"]
    assert '["lamplighter", "healthcheck"]' in steps["HEALTHCHECK"].rest
    assert own["user"].replace("${PUID:-", "").replace("${PGID:-", "").replace("}", "") == steps["USER"].rest
    assert steps["EXPOSE"].rest in own["ports"][0]


def test_what_lamplighter_is_started_with_is_a_configuration() -> None:
    settings = load_settings(FOLDER / "lamplighter.yaml", {"HOME": "/nowhere"})
    assert settings.configuration.autonomy.mode == "ask"
    assert {"docker", "prometheus", "alertmanager"} <= settings.sources.keys()


@pytest.mark.prometheus
@pytest.mark.parametrize(
    "command",
    [
        ["promtool", "check", "config", "prometheus.yml"],
        ["promtool", "check", "rules", "alerts.yml"],
        ["amtool", "check-config", "alertmanager.yml"],
    ],
    ids=lambda command: command[-1],
)
def test_what_the_others_are_started_with_is_read_by_their_own_tools(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {command[0]}")
    ended = subprocess.run(command, cwd=FOLDER, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
