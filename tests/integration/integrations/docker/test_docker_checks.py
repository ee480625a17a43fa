"""A real engine's containers: what ended by itself fails, what a person stopped is off on purpose."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, Part, SampleState, Watch, observe
from lamplighter.domain.verification import SignalState
from lamplighter.integrations.docker import INTEGRATION
from lamplighter.integrations.docker.client import DockerConfig
from lamplighter.ports import Roles, Surroundings

if TYPE_CHECKING:
    from tests.integration.integrations.conftest import PrivateDocker

pytestmark = pytest.mark.docker
OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE
FOREVER = ("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done")
SPEC = CheckSpec("containers", CheckKind.DOCKER, "all")
Run = Callable[..., str]


@pytest.fixture
def roles(private_docker: PrivateDocker, surrounded: Callable[..., Surroundings]) -> Roles:
    return INTEGRATION.build(DockerConfig(host=private_docker.host), surrounded(SPEC))


@pytest.fixture
def run(private_docker: PrivateDocker) -> Iterator[Run]:
    made: list[str] = []

    def start(name: str, *command: str, policy: str = "no", more: tuple[str, ...] = ()) -> str:
        made.append(private_docker.run(name, *command, flags=("--restart", policy, *more)))
        return made[-1]

    yield start
    for key in made:
        private_docker.remove(key)


async def part(roles: Roles, name: str, target: str = "all") -> Part:
    sample = await roles.runners[0].sample(CheckSpec("containers", CheckKind.DOCKER, target))
    return next(part for part in sample.parts if part.subject == name)


def ended(engine: PrivateDocker, name: str) -> bool:
    return engine.docker("inspect", "-f", "{{.State.Status}}", name).stdout.strip() == "exited"


def until_ended(engine: PrivateDocker, name: str) -> None:
    deadline = time.monotonic() + 60
    while not ended(engine, name):
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def test_what_runs_is_fine(roles: Roles, run: Run) -> None:
    run("web", *FOREVER, policy="always")
    assert (await part(roles, "web")).state is OK


async def test_what_a_person_stopped_is_off_on_purpose(roles: Roles, run: Run, private_docker: PrivateDocker) -> None:
    run("web", *FOREVER, policy="on-failure:1")
    private_docker.docker("stop", "-t", "1", "web")
    told = await part(roles, "web", "web")
    assert told.state is OK
    assert "stopped by somebody" in told.detail


async def test_a_kill_by_a_person_is_one_too(roles: Roles, run: Run, private_docker: PrivateDocker) -> None:
    run("web", *FOREVER)
    private_docker.docker("kill", "web")
    until_ended(private_docker, "web")
    assert (await part(roles, "web", "w*")).state is OK


async def test_what_ends_by_itself_fails(roles: Roles, run: Run, private_docker: PrivateDocker) -> None:
    run("web", "sh", "-c", "sleep 0.3; exit 3")
    until_ended(private_docker, "web")
    told = await part(roles, "web", "web")
    assert told.state is FAILING
    assert "ended by itself (exit code 3)" in told.detail
    assert (await part(roles, "web")).state is OK, "it has no policy, so among all it need not run"


async def test_a_restart_before_does_not_make_a_crash_a_wish(
    roles: Roles, run: Run, private_docker: PrivateDocker
) -> None:
    run("web", "sh", "-c", "sleep 2; exit 4")
    private_docker.docker("restart", "-t", "1", "web")
    until_ended(private_docker, "web")
    assert (await part(roles, "web", "web")).state is FAILING


async def test_an_engine_that_gives_up_is_failing(roles: Roles, run: Run, private_docker: PrivateDocker) -> None:
    run("web", "sh", "-c", "exit 5", policy="on-failure:1")
    until_ended(private_docker, "web")
    told = await part(roles, "web")
    deadline = time.monotonic() + 60
    while "given up" not in told.detail and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        told = await part(roles, "web")
    assert told.state is FAILING
    assert "given up after 1 tries" in told.detail


async def test_what_crashes_again_and_again_is_failing(roles: Roles, run: Run) -> None:
    run("web", "sh", "-c", "exit 6", policy="always")
    found = set()
    deadline = time.monotonic() + 60
    while FAILING not in found and time.monotonic() < deadline:
        found.add((await part(roles, "web")).state)
    assert FAILING in found


async def test_a_failing_container_that_is_removed_ends_its_alert(
    roles: Roles, run: Run, private_docker: PrivateDocker
) -> None:
    spec = CheckSpec("containers", CheckKind.DOCKER, "web*")
    key = run("web", "false")
    until_ended(private_docker, "web")
    watch, (fired,) = observe(spec, Watch(), await roles.runners[0].sample(spec))
    private_docker.remove(key)
    _, (over,) = observe(spec, watch, await roles.runners[0].sample(spec))
    assert (fired.status, over.status, fired.trouble) == ("firing", "resolved", over.trouble)


async def test_a_name_that_is_not_there_fails_and_a_glob_does_not(roles: Roles) -> None:
    assert (await part(roles, "nobody", "nobody")).state is FAILING
    sample = await roles.runners[0].sample(CheckSpec("c", CheckKind.DOCKER, "nobody*"))
    assert (sample.state, sample.parts) == (OK, ())


async def test_an_alert_is_verified_on_its_own_container(
    roles: Roles, run: Run, private_docker: PrivateDocker, surrounded: Callable[..., Surroundings]
) -> None:
    spec = CheckSpec("two", CheckKind.DOCKER, "t-*")
    both = INTEGRATION.build(DockerConfig(host=private_docker.host), surrounded(spec))
    run("t-good", *FOREVER)
    run("t-bad", "sh", "-c", "sleep 1; exit 7")
    until_ended(private_docker, "t-bad")
    _, (alert,) = observe(spec, Watch(), await both.runners[0].sample(spec))
    (reader,) = both.readers
    still = await reader.read(alert)
    private_docker.docker("start", "t-bad")
    clear = await reader.read(alert)
    assert [one.state for one in (still, clear) if one] == [SignalState.FIRING, SignalState.CLEAR]


async def test_an_engine_that_is_away_is_no_sight(surrounded: Callable[..., Surroundings]) -> None:
    away = INTEGRATION.build(DockerConfig(host="unix:///tmp/no-such-engine.sock"), surrounded(SPEC))
    sample = await away.runners[0].sample(SPEC)
    assert (sample.state, sample.parts) == (CANNOT_SEE, ())


async def test_shared_networks_and_volumes_are_edges(roles: Roles, run: Run, private_docker: PrivateDocker) -> None:
    vpn = run("vpn", *FOREVER)
    run("data", *FOREVER, more=("-v", "/srv"))
    run("backup", *FOREVER, more=("--volumes-from", "data:ro"))
    private_docker.docker("create", "--name", "torrent", "--network", f"container:{vpn}", "lab:1", *FOREVER)
    parts = {part.name: part for part in await roles.inventories[0].components()}
    private_docker.remove("torrent")
    assert [(edge.target, edge.kind) for edge in parts["torrent"].edges] == [("vpn", "depends_on")]
    assert [(edge.target, edge.kind) for edge in parts["backup"].edges] == [("data", "stores_in")]
    assert parts["vpn"].edges == ()
