"""The shop in containers, without Lamplighter: each fault raises the one alert, and only the right change heals it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from lamplighter.lab.docker_rig import MIB, DockerRig
from lamplighter.lab.monitoring import fetch
from lamplighter.lab.premises import Premises, await_true
from lamplighter.lab.scenario import Scenario, SeenEffect
from lamplighter.lab.shop.layout import free_ports
from lamplighter.settings import Configuration

pytestmark = [pytest.mark.docker, pytest.mark.prometheus]
SECONDS_MAX = 90.0


@pytest.fixture(scope="module")
def rig(docker_stage: None) -> Iterator[DockerRig]:
    with Premises() as premises, closing(DockerRig(premises)) as started:
        started.start(free_ports(1)[0])
        yield started


def break_with(rig: DockerRig, scenario: Scenario) -> None:
    rig.inject(scenario)
    await_true("the alert", lambda: bool(fetch(f"{rig.monitoring.alertmanager_url}/api/v2/alerts")), SECONDS_MAX)


def test_its_configuration_is_one_that_lamplighter_takes(rig: DockerRig) -> None:
    taken = Configuration.model_validate(rig.configuration(8460))
    assert set(taken.sources) == {"docker", "prometheus", "alertmanager"}
    assert not any(check.alerts for check in taken.check_specs)


def test_a_hang_raises_the_fronts_alert_and_a_restart_of_orders_heals_it(rig: DockerRig) -> None:
    break_with(rig, Scenario.HANG)
    (alert,) = fetch(f"{rig.monitoring.alertmanager_url}/api/v2/alerts")
    assert (alert["labels"]["alertname"], alert["labels"]["container"]) == ("ShopFrontDown", "front")
    rig.engine.open.containers.get("orders").restart(timeout=2)
    await_true("the shop is well", rig.quiet, SECONDS_MAX)
    assert rig.effects() == (SeenEffect("restart", "orders"),)


def test_the_kernel_kills_for_memory_and_only_a_higher_limit_heals(rig: DockerRig) -> None:
    break_with(rig, Scenario.OOM)
    store = rig.engine.open.containers.get("store")
    assert store.attrs["State"]["OOMKilled"]
    store.start()
    await_true("it is killed again", lambda: not running(rig, "store"), SECONDS_MAX)
    store.update(mem_limit=128 * MIB, memswap_limit=128 * MIB)
    store.start()
    await_true("the shop is well", rig.quiet, SECONDS_MAX)
    started = SeenEffect("start", "store")
    assert rig.effects() == (started, SeenEffect("set_memory_limit", "store"), started)
    rig.heal(Scenario.OOM)


def test_a_wrong_value_is_named_with_a_path_that_is_true_outside_the_container(rig: DockerRig) -> None:
    break_with(rig, Scenario.BADCONFIG)
    store = rig.engine.open.containers.get("store")
    assert store.attrs["State"]["ExitCode"] == 78
    assert f"{rig.shop.config_of('store')}: [store] workers = 'many'" in store.logs(tail=2).decode()
    assert rig.effects() == ()
    rig.heal(Scenario.BADCONFIG)


def running(rig: DockerRig, name: str) -> bool:
    return bool(rig.engine.open.containers.get(name).attrs["State"]["Running"])
