"""What every stage offers the demo: a running shop, faults, healing, and a count of changes from outside."""

from __future__ import annotations

import urllib.request
from typing import Any, Protocol

from lamplighter.lab.monitoring import answers
from lamplighter.lab.scenario import LabFailed, Scenario, SeenEffect, Stage
from lamplighter.lab.shop.layout import CATALOGUE_MIB, DELAY_SECONDS, TIMEOUT_SECONDS, Shop

# Generous: a busy machine has been seen to take longer than half a minute.
WELL_SECONDS_MAX = 90.0
STEADY_SECONDS = 1.0
ANSWER_SECONDS_MAX = 3.0
FAULT_CALLS = {
    Scenario.HANG: ("orders", "/fault/hang"),
    Scenario.OOM: ("store", f"/fault/grow?mebibytes={CATALOGUE_MIB}"),
    Scenario.MEMORY: ("orders", "/fault/leak"),
    Scenario.CPU: ("orders", "/fault/burn"),
    Scenario.POOL: ("orders", "/fault/drain"),
    Scenario.DISK: ("store", "/fault/fill"),
    Scenario.CRASHLOOP: ("store", "/fault/crash"),
}
# What ails orders is in its memory alone; what ails store is on its disk, and outlives a restart.
OF_ORDERS = frozenset(scenario for scenario, (role, _) in FAULT_CALLS.items() if role == "orders")


class Rig(Protocol):
    """One stage, set up."""

    stage: Stage
    shop: Shop

    def start(self, port: int) -> None:
        """Bring up the shop and what watches it; alerts go to Lamplighter's port."""
        ...

    def lacks(self, scenario: Scenario) -> str:
        """What a started stage lacks for a scenario, in words; empty where it lacks nothing."""
        ...

    def configuration(self, port: int) -> dict[str, Any]:
        """Lamplighter's configuration for this stage."""
        ...

    def inject(self, scenario: Scenario) -> None:
        """Break the shop, and count changes from now on. Raises `LabFailed`."""
        ...

    def effects(self) -> tuple[SeenEffect, ...]:
        """The changes since the fault, without what the lab itself did."""
        ...

    def heal(self, scenario: Scenario) -> None:
        """Put the shop as it was before the fault, whatever was done to it. Raises `LabFailed`."""
        ...

    def quiet(self) -> bool:
        """Whether the shop takes orders and nothing that watches it complains."""
        ...

    def close(self) -> None:
        """Let go of connections; the premises end the programs."""
        ...


def fault_call(shop: Shop, scenario: Scenario) -> None:
    """Ask the service itself for a fault. Raises `LabFailed`."""
    role, path = FAULT_CALLS[scenario]
    request = urllib.request.Request(shop.url(role, path), method="POST")  # noqa: S310 - loopback, set by the lab
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS_MAX):  # noqa: S310 - as above
            return
    except OSError as problem:
        raise LabFailed(f"{role} did not take the fault {scenario}: {problem}") from problem


def takes_orders(shop: Shop) -> bool:
    """Whether a customer's order goes through."""
    return answers(shop.url("front", "/order"))


def shop_configuration(port: int, shop: Shop, *, own_alert: bool) -> dict[str, Any]:
    """The part of Lamplighter's configuration that is the same on every stage: one symptom, at the front."""
    front = {"name": "shop", "http": shop.url("front", "/order"), "component": "front"}
    orders = {"name": "orders", "http": shop.url("orders", "/health"), "every": "1s", "timeout": "1s"}
    # Slower than orders waits is too slow; only who waits longer than that can tell slow from silent.
    slow = {"latency": f"{TIMEOUT_SECONDS:g}s", "timeout": f"{TIMEOUT_SECONDS + DELAY_SECONDS:g}s"}
    store = {"name": "store", "http": shop.url("store", "/health"), "every": "1s", **slow}
    disk = {"name": "store disk", "disk": str(shop.ledger), "component": "store", "below": "5%", "every": "1s"}
    # The front gives up on orders after one second, so its own check must wait longer than that.
    pace = {"every": "1s", "timeout": "2s"}
    return {
        "site": {"name": "shop"},
        "server": {"port": port},
        "autonomy": {"mode": "auto", "limits": {"per_target": "100/1h", "total": "1000/1h", "between": "0s"}},
        "checks": [
            {**front, **pace, "alert": own_alert},
            *({**check, "alert": False} for check in (orders, store, disk)),
        ],
        "depends": {"front": ["orders"], "orders": ["store"]},
        "verify": {"for": "2s", "deadline": "30s", "every": "0.5s"},
    }
