"""The image as a real engine builds it, run as a careful user would run it; and the unit under a real systemd.

Only the base image is not the one that the Dockerfile names; see building.py.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from docker.errors import ContainerError
from docker.models.containers import Container
from docker.models.images import Image
from docker.models.volumes import Volume

from lamplighter import __version__
from lamplighter.lab.engine import Engine
from lamplighter.lab.premises import Premises
from tests.acceptance.conftest import REQUIRED
from tests.acceptance.packaging.building import BASE, ROOT, build_image, build_machine, builder, make_base, steps_of
from tests.acceptance.packaging.whole import PARTS, Whole, started

READY_SECONDS_MAX = 180.0
STOP_SECONDS = 60
PAUSE_SECONDS = 0.2
SECOND = 1_000_000_000
JOURNAL = "journalctl --unit=lamplighter --no-pager --lines=30"
# Ends twice, which is once more than its engine puts up with; then it stays.
WELL_AT_LAST = (
    "if test -e /b; then exec sleep infinity; fi; if test -e /a; then touch /b; fi; touch /a; sleep 1; exit 3"
)
NEEDED = ("debootstrap", "dockerd", "apt-get")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        assert not REQUIRED, f"the image cannot be built here: root and {', '.join(NEEDED)} are needed"
        pytest.skip(f"building the image needs root and {', '.join(NEEDED)}")
    with Premises() as premises:
        engine = builder(premises)
        try:
            make_base(engine, premises)
            yield engine
        finally:
            engine.close()


@pytest.fixture(scope="module")
def image(engine: Engine) -> Image:
    return build_image(engine)


@dataclass(frozen=True)
class Careful:
    """Runs the image with all that a careful user takes from it: rights, a root to write on, and other networks."""

    engine: Engine
    image: Image
    data: Volume

    def options(self, **variables: str) -> dict[str, Any]:
        return {
            # Nobody else's port can be in the way.
            "network_mode": "none",
            "read_only": True,
            "tmpfs": {"/tmp": "mode=1777,size=256m,exec"},  # noqa: S108 - in the image
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "pids_limit": 200,
            "volumes": {self.data.name: {"bind": "/data", "mode": "rw"}},
            "environment": variables,
        }

    def ran(self, *argv: str, entrypoint: str | None = None, **variables: str) -> str:
        """What a whole run of something in the image says. Raises `ContainerError`."""
        more = {"entrypoint": entrypoint} if entrypoint is not None else {}
        said = self.engine.open.containers.run(
            self.image, list(argv), remove=True, stderr=False, **more, **self.options(**variables)
        )
        return bytes(said).decode()

    @contextmanager
    def serving(self) -> Iterator[Container]:
        """The server in its container, as the image starts it, asked for its health every second."""
        often = {"interval": SECOND, "timeout": 60 * SECOND, "start_period": SECOND, "retries": 3}
        container = self.engine.open.containers.run(
            self.image, detach=True, healthcheck=often, **self.options(LAMPLIGHTER_SOURCES="{}")
        )
        try:
            yield container
        finally:
            container.remove(force=True)


@pytest.fixture
def careful(engine: Engine, image: Image) -> Iterator[Careful]:
    data = engine.open.volumes.create()
    yield Careful(engine, image, data)
    data.remove(force=True)


def await_health(container: Container, wanted: str) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        container.reload()
        state = container.attrs["State"]
        if state["Status"] == "running" and state["Health"]["Status"] == wanted:
            return
        if state["Status"] == "exited":
            break
        time.sleep(PAUSE_SECONDS)
    pytest.fail(f"not {wanted}: {container.attrs['State']}\n{container.logs(tail=20).decode()}")


def test_the_image_runs_as_nobody_in_particular_and_says_what_it_is(careful: Careful) -> None:
    told = careful.image.attrs["Config"]
    assert told["User"] == "1000:1000"
    assert (list(told["Volumes"]), list(told["ExposedPorts"])) == (["/data"], ["8460/tcp"])
    assert careful.ran("version") == f"lamplighter {__version__}\n"
    assert careful.ran("-u", entrypoint="id") == "1000\n"
    for place in ("/opt/x", "/config/x", "/x"):
        with pytest.raises(ContainerError):
            careful.ran(place, entrypoint="touch")


def test_nothing_that_only_builds_and_no_tests_travel_along(careful: Careful) -> None:
    names = ("uv", "pip", "hatchling", "pytest", "playwright", "mypy")
    found = f"import importlib.util as u; print([n for n in {names!r} if u.find_spec(n)])"
    assert careful.ran("-c", found, entrypoint="python") == "[]\n"
    assert careful.ran("-c", "ls -d /opt/tools /build 2>/dev/null || echo none", entrypoint="sh") == "none\n"


def test_it_serves_is_healthy_stops_in_time_and_keeps_its_data(careful: Careful) -> None:
    tokens = []
    for _ in range(2):
        with careful.serving() as container:
            await_health(container, "healthy")
            assert said(container, "lamplighter status -o json | grep -c incidents")
            assert "/setup?t=" in container.logs().decode()
            tokens.append(said(container, "stat -c %a /data/token; cat /data/token"))
            container.stop(timeout=STOP_SECONDS)
            # Neither killed nor broken: it ended by itself when it was told to.
            assert container.wait(timeout=STOP_SECONDS)["StatusCode"] == 0
    assert tokens[0] == tokens[1]
    assert tokens[0].startswith("600\n")


def test_the_demo_runs_in_it_and_leaves_nothing(careful: Careful) -> None:
    said = careful.ran("demo", "--scenario", "hang", LAMPLIGHTER_DATA="/tmp/data")  # noqa: S108 - in the image
    assert "demo: 1 incident, 1 resolved and verified" in said
    assert careful.ran("-c", "ls -A /data", entrypoint="sh") == ""


@pytest.fixture(scope="module")
def whole(engine: Engine, image: Image) -> Iterator[Whole]:
    with started(engine, str(image.id)) as whole:
        yield whole


def test_compose_starts_all_parts_in_their_order_and_all_are_healthy(whole: Whole) -> None:
    for name in PARTS:
        await_health(whole.part(name), "healthy")
    handed = whole.part("handover").attrs["State"]
    assert (handed["Status"], handed["ExitCode"]) == ("exited", 0)
    began = [
        whole.part(name).attrs["State"]["StartedAt"]
        for name in ("prometheus", "lamplighter", "handover", "alertmanager")
    ]
    assert began == sorted(began)


def test_an_alert_of_prometheus_arrives_with_the_token_that_was_handed_over(whole: Whole) -> None:
    asked = "lamplighter alerts list -o json"
    await_true(lambda: "Watchdog" in told(whole.part("lamplighter"), asked))
    mode = said(whole.part("alertmanager"), "stat -c '%a %u' /handover/token")
    assert mode == "400 1000"
    # Without the token nothing is taken.
    bare = "import urllib.request as u; u.urlopen('http://lamplighter:8460/api/v1/alerts', b'{}')"
    assert "401" in told(whole.part("lamplighter"), f'python -c "{bare}"')


def test_a_container_that_ends_is_started_again_through_the_proxy_and_nothing_else_can_be_done(whole: Whole) -> None:
    lamplighter = whole.part("lamplighter")
    shop = whole.engine.open.containers.run(
        BASE,
        ["sh", "-c", WELL_AT_LAST],
        name="shop",
        detach=True,
        network_mode="none",
        labels={"lamplighter.allow": "restart"},
        restart_policy={"Name": "on-failure", "MaximumRetryCount": 1},
    )
    try:
        await_true(lambda: resolved(lamplighter, "shop"))
        shop.reload()
        assert shop.status == "running"
        for path in ("/containers/create", "/containers/shop/exec", "/containers/prune", "/containers/shop/update"):
            post = f"import urllib.request as u; u.urlopen('http://socket-proxy:2375{path}', b'{{}}')"
            assert "403" in told(lamplighter, f'python -c "{post}"')
    finally:
        shop.remove(force=True)


def resolved(lamplighter: Container, component: str) -> bool:
    listed = json.loads(said(lamplighter, "lamplighter incidents list -o json"))["incidents"]
    return any((one["component"], one["state"]) == (component, "resolved") for one in listed)


@pytest.fixture(scope="module")
def machine(engine: Engine, image: Image) -> Iterator[Container]:
    """A machine of its own whose first process is systemd; it has no network but its own."""
    container = engine.open.containers.run(
        build_machine(engine, image),
        detach=True,
        network_mode="none",
        cgroupns="private",
        cap_add=["SYS_ADMIN"],
        security_opt=["seccomp=unconfined"],
        tmpfs={"/run": "", "/run/lock": "", "/tmp": ""},  # noqa: S108 - in the machine
        volumes={"/sys/fs/cgroup": {"bind": "/sys/fs/cgroup", "mode": "rw"}},
        environment={"container": "docker"},
    )
    try:
        await_true(lambda: told(container, "systemctl is-system-running") in {"running", "degraded"})
        said(container, "mkdir /etc/lamplighter")
        configure(container, "server: {host: 127.0.0.1}")
        yield container
    finally:
        container.remove(force=True)


def told(machine: Container, command: str) -> str:
    """What a command says, whatever comes of it."""
    return bytes(machine.exec_run(["sh", "-c", command]).output).decode().strip()


def said(machine: Container, command: str) -> str:
    """What a command says that must do well."""
    ended = machine.exec_run(["sh", "-c", command])
    assert ended.exit_code == 0, f"{command}: {ended.output.decode()}\n{machine.logs(tail=20).decode()}"
    return bytes(ended.output).decode().strip()


def configure(machine: Container, text: str) -> None:
    said(machine, f"echo '{text}' > /etc/lamplighter/lamplighter.yaml")


def shown(machine: Container, name: str) -> str:
    return said(machine, f"systemctl show lamplighter --property={name} --value")


def await_true(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(PAUSE_SECONDS)


def test_systemd_starts_it_with_no_right_that_it_does_not_need(machine: Container) -> None:
    said(machine, "systemctl start lamplighter")
    assert "ready on http://127.0.0.1:8460" in shown(machine, "StatusText")
    lines = said(machine, f"cat /proc/{shown(machine, 'MainPID')}/status").splitlines()
    status = dict(line.replace("\t", " ").partition(": ")[::2] for line in lines)
    assert int(status["CapEff"], 16) == 0
    assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2")
    assert status["Uid"].split()[0] != "0"
    assert said(machine, "stat -c %a /var/lib/private/lamplighter/token") == "600"
    status_told = said(machine, "/opt/lamplighter/bin/lamplighter status --data /var/lib/private/lamplighter")
    assert "ready" in status_told


def test_systemctl_reload_says_what_is_wrong_and_the_old_configuration_holds(machine: Container) -> None:
    said(machine, "systemctl start lamplighter && systemctl reload lamplighter")
    configure(machine, "servr: {}")
    try:
        assert machine.exec_run("systemctl reload lamplighter").exit_code != 0
        assert 'did you mean "server"' in told(machine, JOURNAL)
        assert said(machine, "systemctl is-active lamplighter") == "active"
    finally:
        configure(machine, "server: {host: 127.0.0.1}")
    said(machine, "systemctl reload lamplighter")


def test_systemd_starts_a_server_anew_that_stands_still_and_one_that_was_killed(machine: Container) -> None:
    impatient = "[Service]\\nWatchdogSec=5\\nRestartSec=1\\nTimeoutStopSec=5\\n"
    folder = "/run/systemd/system/lamplighter.service.d"
    said(machine, f"mkdir -p {folder} && printf '{impatient}' > {folder}/impatient.conf && systemctl daemon-reload")
    said(machine, "systemctl restart lamplighter")
    for signal in ("STOP", "KILL"):
        before = shown(machine, "MainPID")
        said(machine, f"systemctl kill --signal={signal} lamplighter")
        await_true(lambda: shown(machine, "MainPID") not in {"0", before} and shown(machine, "SubState") == "running")  # noqa: B023 - waited for here
    said(machine, f"rm {folder}/impatient.conf && systemctl daemon-reload")


def test_systemd_stops_it_and_that_is_no_failure(machine: Container) -> None:
    said(machine, "systemctl restart lamplighter && systemctl stop lamplighter")
    assert (shown(machine, "Result"), shown(machine, "ExecMainStatus")) == ("success", "0")
    assert "Traceback" not in told(machine, JOURNAL)


def words_of(steps: Sequence[str]) -> str:
    return "\n".join(steps)


def test_what_is_installed_is_what_is_locked_with_hashes() -> None:
    runs = words_of([step.rest for step in steps_of((ROOT / "Dockerfile").read_text(encoding="utf-8"))])
    assert "--require-hashes" in runs
    assert not re.search(r"\b(curl|wget|apt-get)\b", runs)
    versions = [
        dict(
            re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        )
        for name in ("requirements-run.lock", "requirements.lock")
    ]
    assert versions[0]
    assert versions[0].items() <= versions[1].items()
    assert "pytest" not in versions[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[<>=;\s]", name, maxsplit=1)[0] for name in project["dependencies"]}
    assert wanted <= versions[0].keys()
    assert not re.search(r"https?:|//|@\s", (ROOT / "requirements-run.lock").read_text(encoding="utf-8"))
