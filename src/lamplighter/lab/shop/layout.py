"""Where the shop's files and ports are, and what its configuration files say."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

ROLES = ("front", "orders", "store")
KEEPER = "store"
UPSTREAM = {"front": "orders", "orders": "store"}
SERVICE_FILE = Path(__file__).with_name("service.py")
WORKERS = "4"
WRONG_WORKERS = "many"
TIMEOUT_SECONDS = 1.0
MEMORY_LIMIT_MIB = 64
CATALOGUE_MIB = 72
CONNECTIONS = 8
PROCESSORS = 1
DELAY_SECONDS = 1.4
LEDGER_MIB = 8

FIRST_PORT, PORTS, PORT_TRIES_MAX = 20_000, 12_000, 100


def free_ports(count: int) -> list[int]:
    """So many different TCP ports of 127.0.0.1 that nobody listens on now. Raises `OSError` where none are found.

    From below the range out of which the kernel takes the ports of outgoing connections: one from that range may be
    taken by any connection before it is listened on.
    """
    with ExitStack() as stack:
        return [_taken(stack) for _ in range(count)]


def _taken(stack: ExitStack) -> int:
    for _ in range(PORT_TRIES_MAX):
        held = stack.enter_context(socket.socket())
        try:
            held.bind(("127.0.0.1", FIRST_PORT + secrets.randbelow(PORTS)))
        except OSError:
            continue
        return int(held.getsockname()[1])
    raise OSError(f"no free port among {PORT_TRIES_MAX} tries from {FIRST_PORT} to {FIRST_PORT + PORTS}")


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop's folder and ports."""

    folder: Path
    ports: dict[str, int]

    def folder_of(self, role: str) -> Path:
        """Configuration and data of one service."""
        return self.folder / role

    def config_of(self, role: str) -> Path:
        """The configuration file of one service."""
        return self.folder_of(role) / f"{role}.ini"

    def url(self, role: str, path: str = "") -> str:
        """An address of one service."""
        return f"http://127.0.0.1:{self.ports[role]}{path}"

    @property
    def ledger(self) -> Path:
        """The folder of receipts; where the lab may mount, a small disk of its own."""
        return self.folder_of(KEEPER) / "ledger"

    def configure(self, role: str, workers: str = WORKERS) -> None:
        """Write the configuration of one service."""
        self.folder_of(role).mkdir(parents=True, exist_ok=True)
        self.config_of(role).write_text(self.text_of(role, workers), encoding="utf-8")

    def text_of(self, role: str, workers: str) -> str:
        """What the configuration file of one service says."""
        lines = [f"[{role}]", f"port = {self.ports[role]}", f"workers = {workers}", f"data = {self.folder_of(role)}"]
        lines += [
            f"connections = {CONNECTIONS}",
            f"memory_mebibytes = {MEMORY_LIMIT_MIB}",
            f"processors = {PROCESSORS}",
        ]
        if role == KEEPER:
            lines.append(f"ledger = {self.ledger}")
        behind = UPSTREAM.get(role)
        if behind:
            lines += [
                f"upstream = {self.url(behind)}",
                f"upstream_name = {behind}",
                f"timeout_seconds = {TIMEOUT_SECONDS}",
            ]
        return "\n".join(lines) + "\n"

    def slow_down(self) -> None:
        """Hold back every connection to the store from now on."""
        (self.folder_of("store") / "delay").write_text(str(DELAY_SECONDS), encoding="ascii")

    def tidy(self) -> None:
        """Take away what made the store grow, wait, run out of disk or crash."""
        folder = self.folder_of("store")
        for file in (folder / "catalogue", folder / "delay", folder / "journal", self.ledger / "export"):
            file.unlink(missing_ok=True)


def new_shop(folder: Path) -> Shop:
    """A shop on free ports, configured well, not running yet."""
    shop = Shop(folder, dict(zip(ROLES, free_ports(len(ROLES)), strict=True)))
    for role in ROLES:
        shop.configure(role)
    shop.ledger.mkdir(parents=True, exist_ok=True)
    return shop
