"""Stage docker: the shop in containers of a private engine, watched by a private Prometheus and Alertmanager."""

from __future__ import annotations

import time
from typing import Any

from docker.models.containers import Container

from lamplighter.lab.engine import CPU_PERIOD, Engine
from lamplighter.lab.monitoring import Monitoring, Rule
from lamplighter.lab.premises import Premises, await_true
from lamplighter.lab.rig import (
    OF_ORDERS,
    STEADY_SECONDS,
    WELL_SECONDS_MAX,
    fault_call,
    shop_configuration,
    takes_orders,
)
from lamplighter.lab.scenario import Scenario, SeenEffect, Stage
from lamplighter.lab.serving import TOKEN_FILE, data_folder
from lamplighter.lab.shop.layout import (
    LEDGER_MIB,
    MEMORY_LIMIT_MIB,
    PROCESSORS,
    ROLES,
    SERVICE_FILE,
    UPSTREAM,
    WRONG_WORKERS,
    free_ports,
    new_shop,
)
from lamplighter.lab.small_disk import small_disk
from lamplighter.lab.witness import beyond, docker_effects

MIB = 1024 * 1024
READS_MAX = 10
STOP_SECONDS = 2
# So little that even a busy machine gives it that much, and the engine must hold it back.
SMALL_QUOTA = CPU_PERIOD * 15 // 100
SYMPTOM = Rule(
    "ShopFrontDown",
    'shop_order_ok{job="front"} == 0',
    {"container": "front", "severity": "critical"},
    "the shop's front door fails: orders do not go through",
)


class DockerRig:
    """The shop as containers."""

    stage = Stage.DOCKER

    def __init__(self, premises: Premises) -> None:
        self.engine = Engine(premises)
        self.monitoring = Monitoring(premises, *free_ports(2))
        self.shop = new_shop(premises.folder / "shop")
        self._token_file = data_folder(premises) / TOKEN_FILE
        self._since = 0.0
        self._own: tuple[SeenEffect, ...] = ()
        self._no_disk = ""

    def start(self, port: int) -> None:
        """Start the engine, the shop and the monitoring."""
        self._no_disk = small_disk(self.shop.ledger, LEDGER_MIB)
        self.engine.start()
        for role in reversed(ROLES):
            self._run(role)
        jobs = {role: f"127.0.0.1:{self.shop.ports[role]}" for role in ROLES}
        webhook = f"http://127.0.0.1:{port}/api/v1/alerts/alertmanager"
        self.monitoring.start(jobs, [SYMPTOM], webhook, self._token_file)
        await_true("the shop's first order", self.quiet, WELL_SECONDS_MAX)

    def lacks(self, scenario: Scenario) -> str:
        """A disk that may be filled, where mounting is forbidden."""
        return self._no_disk if scenario is Scenario.DISK else ""

    def configuration(self, port: int) -> dict[str, Any]:
        """The alert comes by webhook; what is allowed, the containers' labels say."""
        whole = shop_configuration(port, self.shop, own_alert=False)
        whole["sources"] = {
            "docker": {"host": self.engine.host},
            "prometheus": {"url": self.monitoring.prometheus_url},
            "alertmanager": {"url": self.monitoring.alertmanager_url},
        }
        return whole

    def inject(self, scenario: Scenario) -> None:
        """Remember the time, and break the shop."""
        if scenario is Scenario.CRASHLOOP:
            self._store.update(restart_policy={"Name": "always"})
        if scenario is Scenario.CPU:
            self._orders.update(cpu_quota=SMALL_QUOTA)
        self._since = time.time()
        self._own = ()
        if scenario is Scenario.LATENCY:
            self.shop.slow_down()
        elif scenario is Scenario.BADCONFIG:
            self._own = (SeenEffect("restart", "store"),)
            self.shop.configure("store", WRONG_WORKERS)
            self._store.restart(timeout=STOP_SECONDS)
        else:
            fault_call(self.shop, scenario)

    def effects(self) -> tuple[SeenEffect, ...]:
        """What the engine's events say since the fault, without the lab's own restart and the engine's."""
        # The engine tells its own starts as it tells those of others; how many they are, only its count says.
        count = int(self._store.attrs["RestartCount"])
        events = self.engine.events(self._since)
        for _ in range(READS_MAX):
            before, count = count, int(self._store.attrs["RestartCount"])
            if before == count:
                break
            events = self.engine.events(self._since)
        return beyond((*self._own, *[SeenEffect("start", "store")] * count), docker_effects(events))

    def heal(self, scenario: Scenario) -> None:
        """Good files, and a fresh container where Lamplighter left none that works."""
        if scenario not in OF_ORDERS:
            self.shop.tidy()
            self.shop.configure("store")
            # A new container has no limits, restarts or logs of the trouble before.
            self._store.remove(force=True)
            self._run("store")
        elif scenario is Scenario.CPU:
            self._orders.update(cpu_quota=CPU_PERIOD * PROCESSORS)
        if scenario in OF_ORDERS and not self.quiet():
            self._orders.remove(force=True)
            self._run("orders")
        await_true("healing the shop", self.quiet, WELL_SECONDS_MAX, held_seconds=STEADY_SECONDS)

    def quiet(self) -> bool:
        """Whether an order goes through, Prometheus sees that, and no alert is held."""
        return takes_orders(self.shop) and self.monitoring.sees("shop_order_ok == 1") and not self.monitoring.firing()

    def close(self) -> None:
        """Let go of the engine's client."""
        self.engine.close()

    @property
    def _orders(self) -> Container:
        return self.engine.open.containers.get("orders")

    @property
    def _store(self) -> Container:
        return self.engine.open.containers.get("store")

    def _run(self, role: str) -> None:
        labels = {"lamplighter.allow": "restart,limits"}
        if role in UPSTREAM:
            labels["lamplighter.depends"] = UPSTREAM[role]
        arguments = ["--config", str(self.shop.config_of(role)), "--role", role]
        folder, limit = self.shop.folder_of(role), MEMORY_LIMIT_MIB * MIB
        self.engine.run_python(role, SERVICE_FILE, arguments, folder, labels, limit, PROCESSORS)
