"""Stage docker: the shop in containers of a private engine, watched by a private Prometheus and Alertmanager."""

from __future__ import annotations

import time
from typing import Any

from lamplighter.lab.engine import Engine
from lamplighter.lab.monitoring import Monitoring, Rule
from lamplighter.lab.premises import Premises, await_true
from lamplighter.lab.rig import STEADY_SECONDS, WELL_SECONDS_MAX, fault_call, shop_configuration, takes_orders
from lamplighter.lab.scenario import Scenario, SeenEffect, Stage
from lamplighter.lab.serving import TOKEN_FILE, data_folder
from lamplighter.lab.shop.layout import (
    MEMORY_LIMIT_MIB,
    ROLES,
    SERVICE_FILE,
    UPSTREAM,
    WRONG_WORKERS,
    free_ports,
    new_shop,
)
from lamplighter.lab.witness import beyond, docker_effects

MIB = 1024 * 1024
STOP_SECONDS = 2
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

    def start(self, port: int) -> None:
        """Start the engine, the shop and the monitoring."""
        self.engine.start()
        for role in reversed(ROLES):
            self._run(role)
        jobs = {role: f"127.0.0.1:{self.shop.ports[role]}" for role in ROLES}
        webhook = f"http://127.0.0.1:{port}/api/v1/alerts/alertmanager"
        self.monitoring.start(jobs, [SYMPTOM], webhook, self._token_file)
        await_true("the shop's first order", self.quiet, WELL_SECONDS_MAX)

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
        self._since = time.time()
        self._own = ()
        if scenario is not Scenario.BADCONFIG:
            fault_call(self.shop, scenario)
            return
        self._own = (SeenEffect("restart", "store"),)
        self.shop.configure("store", WRONG_WORKERS)
        self.engine.open.containers.get("store").restart(timeout=STOP_SECONDS)

    def effects(self) -> tuple[SeenEffect, ...]:
        """What the engine's events say since the fault, without the lab's own restart."""
        return beyond(self._own, docker_effects(self.engine.events(self._since)))

    def heal(self, scenario: Scenario) -> None:
        """Good files, the first limit, and a fresh process where Lamplighter left none."""
        if scenario is not Scenario.HANG:
            self.shop.empty_catalogue()
            self.shop.configure("store")
            store = self.engine.open.containers.get("store")
            store.stop(timeout=STOP_SECONDS)
            store.update(mem_limit=MEMORY_LIMIT_MIB * MIB, memswap_limit=MEMORY_LIMIT_MIB * MIB)
            store.start()
        elif not self.quiet():
            self.engine.open.containers.get("orders").restart(timeout=STOP_SECONDS)
        await_true("healing the shop", self.quiet, WELL_SECONDS_MAX, held_seconds=STEADY_SECONDS)

    def quiet(self) -> bool:
        """Whether an order goes through, Prometheus sees that, and no alert is held."""
        return takes_orders(self.shop) and self.monitoring.sees("shop_order_ok == 1") and not self.monitoring.firing()

    def close(self) -> None:
        """Let go of the engine's client."""
        self.engine.close()

    def _run(self, role: str) -> None:
        labels = {"lamplighter.allow": "restart,limits"}
        if role in UPSTREAM:
            labels["lamplighter.depends"] = UPSTREAM[role]
        arguments = ["--config", str(self.shop.config_of(role)), "--role", role]
        folder, limit = self.shop.folder_of(role), MEMORY_LIMIT_MIB * MIB
        self.engine.run_python(role, SERVICE_FILE, arguments, folder, labels, limit)
