"""The shop under supervisord, without Lamplighter: each fault truly breaks it, and only the right change heals it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from lamplighter.lab.local_rig import LocalRig
from lamplighter.lab.premises import Premises, await_true
from lamplighter.lab.rig import takes_orders
from lamplighter.lab.scenario import Scenario, SeenEffect
from lamplighter.settings import Configuration

SECONDS_MAX = 60.0
PORT = 8460


@pytest.fixture(scope="module")
def rig() -> Iterator[LocalRig]:
    with Premises() as premises, closing(LocalRig(premises)) as started:
        started.start(PORT)
        yield started


def restart(rig: LocalRig, role: str) -> None:
    rig.daemon.stop(role)
    rig.daemon.launch(role)
    await_true(f"the end of starting {role}", lambda: settled(rig, role), SECONDS_MAX)


def settled(rig: LocalRig, role: str) -> bool:
    info = rig.daemon.call("getProcessInfo", role)
    assert isinstance(info, dict)
    return info["statename"] not in {"STARTING", "STOPPING"}


def break_with(rig: LocalRig, scenario: Scenario) -> None:
    rig.inject(scenario)
    await_true("the shop breaks", lambda: not takes_orders(rig.shop), SECONDS_MAX)


def test_its_configuration_is_one_that_lamplighter_takes(rig: LocalRig) -> None:
    taken = Configuration.model_validate(rig.configuration(PORT))
    assert set(taken.sources) == {"supervisor"}


def test_a_hang_leaves_the_process_alive_and_a_restart_heals_it(rig: LocalRig) -> None:
    break_with(rig, Scenario.HANG)
    assert rig.daemon.runs("orders")
    assert rig.effects() == ()
    restart(rig, "front")
    assert not takes_orders(rig.shop)
    restart(rig, "orders")
    await_true("the shop is well", lambda: takes_orders(rig.shop), SECONDS_MAX)
    assert rig.effects() == (SeenEffect("restart", "front"), SeenEffect("restart", "orders"))
    rig.heal(Scenario.HANG)


def test_memory_grows_until_the_limit_kills_and_a_start_alone_does_not_heal(rig: LocalRig) -> None:
    break_with(rig, Scenario.OOM)
    await_true("the guard kills", lambda: not rig.daemon.runs("store"), SECONDS_MAX)
    rig.daemon.launch("store")
    await_true("the guard kills again", lambda: settled(rig, "store") and not rig.daemon.runs("store"), SECONDS_MAX)
    rig.daemon.call("sendRemoteCommEvent", "memory_limit", f"store={128 * 1024**2}")
    await_true("the limit holds", lambda: SeenEffect("set_memory_limit", "store") in rig.effects(), SECONDS_MAX)
    rig.daemon.launch("store")
    await_true("the shop is well", rig.quiet, SECONDS_MAX)
    started = SeenEffect("start", "store")
    assert sorted(rig.effects()) == [SeenEffect("set_memory_limit", "store"), started, started]
    rig.heal(Scenario.OOM)


def test_a_wrong_value_keeps_it_from_starting_and_is_named_with_its_file(rig: LocalRig) -> None:
    break_with(rig, Scenario.BADCONFIG)
    restart(rig, "store")
    assert not takes_orders(rig.shop)
    file = rig.shop.config_of("store")
    said = rig.daemon.log_of("store", "err").read_text(encoding="utf-8")
    assert f"config error: {file}: [store] workers = 'many': expected a whole number\n" in said
    rig.heal(Scenario.BADCONFIG)
    assert rig.quiet()


def test_the_labs_own_restart_is_not_counted(rig: LocalRig) -> None:
    break_with(rig, Scenario.BADCONFIG)
    assert rig.effects() == ()
    rig.heal(Scenario.BADCONFIG)
