"""Stage local: the shop under a private supervisord with a memory guard. All it needs is installed with us."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

from lamplighter.integrations.supervisor import memory_guard
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
from lamplighter.lab.shop.layout import LEDGER_MIB, MEMORY_LIMIT_MIB, ROLES, SERVICE_FILE, WRONG_WORKERS, new_shop
from lamplighter.lab.small_disk import small_disk
from lamplighter.lab.supervised import Supervised
from lamplighter.lab.witness import beyond, guard_effects, supervisord_effects

GUARD = "guard"
MIB = 1024 * 1024
RETRIES = 30


class LocalRig:
    """The shop as processes of this machine."""

    stage = Stage.LOCAL

    def __init__(self, premises: Premises) -> None:
        self.shop = new_shop(premises.folder / "shop")
        self.daemon = Supervised(premises)
        self._guard_state = premises.folder / "limits.json"
        self._marks: dict[Path, int] = {}
        self._own: tuple[SeenEffect, ...] = ()
        self._no_disk = ""
        self._loops = False

    def start(self, port: int) -> None:  # noqa: ARG002 - here Lamplighter's own checks raise the alert
        """Start supervisord, which starts the shop and the guard."""
        self._no_disk = small_disk(self.shop.ledger, LEDGER_MIB)
        programs = {
            role: shlex.join([sys.executable, "-S", "-E", str(SERVICE_FILE), "--config", config, "--role", role])
            for role in ROLES
            if (config := str(self.shop.config_of(role)))
        }
        limits = [f"{role}={MEMORY_LIMIT_MIB}MiB" for role in ROLES]
        guard = [sys.executable, "-P", memory_guard.__file__, "--state", str(self._guard_state), *limits]
        self.daemon.start(programs, {GUARD: shlex.join(guard)})
        await_true("the shop's first order", self.quiet, WELL_SECONDS_MAX)
        await_true("the memory guard's first words", self._guarded, WELL_SECONDS_MAX)

    def lacks(self, scenario: Scenario) -> str:
        """A disk that may be filled, where this is not root."""
        return self._no_disk if scenario is Scenario.DISK else ""

    def configuration(self, port: int) -> dict[str, Any]:
        """Restarts and limits are allowed by sentences, because processes bear no labels."""
        whole = shop_configuration(port, self.shop, own_alert=True)
        whole["autonomy"]["auto"] = ["restart process where name *", "limits process where name *"]
        whole["sources"] = {"supervisor": {"url": self.daemon.url, "memory_guard": GUARD}}
        return whole

    def inject(self, scenario: Scenario) -> None:
        """Remember how long the logs are, and break the shop."""
        self._loops = scenario is Scenario.CRASHLOOP
        if self._loops:
            self.daemon.set_retries("store", RETRIES)
            await_true("the shop's order after that", self.quiet, WELL_SECONDS_MAX)
        self._marks = {file: file.stat().st_size for file in (self.daemon.log, self._guard_log)}
        self._own = ()
        if scenario is Scenario.LATENCY:
            self.shop.slow_down()
        elif scenario is Scenario.BADCONFIG:
            self._own = (SeenEffect("restart", "store"),)
            self.shop.configure("store", WRONG_WORKERS)
            self._relaunch("store")
        else:
            fault_call(self.shop, scenario)

    def effects(self) -> tuple[SeenEffect, ...]:
        """What the logs say since the fault, without the lab's own restart."""
        seen = (
            *supervisord_effects(self._since(self.daemon.log), restarts_itself=self._loops),
            *guard_effects(self._since(self._guard_log)),
        )
        return beyond(self._own, seen)

    def heal(self, scenario: Scenario) -> None:
        """Good files, the first limit, and a fresh process where Lamplighter left none."""
        if scenario not in OF_ORDERS:
            self.shop.tidy()
            self.shop.configure("store")
            if scenario is Scenario.CRASHLOOP:
                self.daemon.set_retries("store", 0)
            else:
                self._relaunch("store")
            self.daemon.call("sendRemoteCommEvent", "memory_limit", f"store={MEMORY_LIMIT_MIB * MIB}")
        elif not self.quiet():
            self._relaunch("orders")
        await_true("healing the shop", self.quiet, WELL_SECONDS_MAX, held_seconds=STEADY_SECONDS)
        # What was written in this trouble would count in the next one, seconds later.
        for role in ROLES:
            self.daemon.call("clearProcessLogs", role)

    def quiet(self) -> bool:
        """Whether an order goes through, and supervisord calls every service up."""
        return takes_orders(self.shop) and all(self.daemon.runs(role) for role in ROLES)

    def close(self) -> None:
        """Nothing is held open."""

    def _relaunch(self, role: str) -> None:
        self.daemon.stop(role)
        self.daemon.launch(role)

    def _guarded(self) -> bool:
        return len(guard_effects(self._guard_log.read_text(encoding="utf-8"))) == len(ROLES)

    @property
    def _guard_log(self) -> Path:
        return self.daemon.log_of(GUARD, "err")

    def _since(self, file: Path) -> str:
        return file.read_bytes()[self._marks.get(file, 0) :].decode("utf-8", errors="replace")
