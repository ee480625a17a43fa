"""The ways in which a service of the shop can fall ill while it runs. It never imports Lamplighter.

Each is bounded, so that no fault can harm the machine: memory by its limit, bytes and seconds by number.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024 * 1024
POOL_WAIT_SECONDS = 0.3
MEMORY_SHARE_MAX = 0.92
LEAK_STEP_MIB = 1
LEAK_STEPS_MAX = 1024
LEAK_PAUSE_SECONDS = 0.04
COMPUTE_SECONDS = 1.5
FILL_MIB_MAX = 32
RECEIPT_BYTES = 1024
SETTLE_SECONDS = 0.4
DELAY_SECONDS_MAX = 10.0
# Where a container sees what its control group may use and uses, and of that what the kernel can take back at once.
CGROUPS = (
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ("memory.max", "memory.current", "memory.stat"),
)
CGROUP_FOLDER = Path("/sys/fs/cgroup")
Log = Callable[[str, str], None]


class PoolExhausted(OSError):
    """Nobody gave a connection back in time."""


class Pool:
    """A fixed number of connections to the next service, each lent to one request at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = threading.BoundedSemaphore(size)

    @contextmanager
    def lease(self) -> Iterator[None]:
        """One connection. Raises `PoolExhausted` after a short wait."""
        if not self._free.acquire(timeout=POOL_WAIT_SECONDS):
            raise PoolExhausted(f"connection pool exhausted: {self.size} of {self.size} connections are held")
        try:
            yield
        finally:
            self._free.release()

    def lose(self) -> None:
        """Take every connection for good, as borrowers do that forget to give theirs back."""
        for _ in range(self.size):
            self._free.acquire(timeout=POOL_WAIT_SECONDS)


@dataclass(slots=True)
class Ailments:
    """What ails one service. `memory_bytes` is what it may use, `ledger` a folder where it keeps receipts, or None."""

    role: str
    data: Path
    log: Log
    pool: Pool
    memory_bytes: int
    ledger: Path | None = None
    leaked: list[bytearray] = field(default_factory=list)
    computes: bool = False

    def start(self, fault: str) -> bool:
        """Fall ill with one of these; False where there is no such fault."""
        faults: dict[str, Callable[[], None]] = {
            "leak": self.leak,
            "burn": self.burn,
            "drain": self.drain,
            "fill": self.fill,
            "crash": self.spoil_journal,
        }
        if fault not in faults:
            return False
        threading.Thread(target=faults[fault], daemon=True).start()
        return True

    def complaint(self) -> str:
        """Why it cannot take orders now, in words; empty where it can."""
        share = memory_share(self.memory_bytes) if self.leaked else 0.0
        if share >= MEMORY_SHARE_MAX:
            said = f"memory is used up: {share:.0%} of {self.memory_bytes // MIB} MiB; refusing orders"
            self.log("ERROR", said)
            return said
        try:
            with self.pool.lease():
                return ""
        except PoolExhausted as problem:
            self.log("ERROR", f"{problem}; waited {POOL_WAIT_SECONDS} s")
            return str(problem)

    def leak(self) -> None:
        """Remember what every order brought for good, until there is so little left that orders are refused."""
        for step in range(LEAK_STEPS_MAX):
            share = memory_share(self.memory_bytes)
            if share >= MEMORY_SHARE_MAX + 0.01:
                return
            self.leaked.append(bytearray(b"x") * (LEAK_STEP_MIB * MIB))
            if step % 8 == 0:
                self.log("INFO", f"{len(self.leaked)} baskets are kept, memory {share:.0%}")
            time.sleep(LEAK_PAUSE_SECONDS)

    def burn(self) -> None:
        """Compute all prices anew for every request from now on."""
        self.log("INFO", "all prices are computed anew for every request")
        self.computes = True

    def compute(self) -> None:
        """What a request costs: nothing, or seconds of processor time."""
        if not self.computes:
            return
        price, end = 1, time.thread_time() + COMPUTE_SECONDS
        while time.thread_time() < end:
            for _ in range(10_000):
                price = (price * 1_103_515_245 + 12_345) % 2_147_483_648

    def drain(self) -> None:
        """Lose every connection of the pool."""
        self.pool.lose()

    def fill(self) -> None:
        """Write an export into the ledger's folder until the disk is full."""
        if self.ledger is None:
            return
        self.log("INFO", f"exporting all receipts to {self.ledger / 'export'}")
        try:
            with (self.ledger / "export").open("wb", buffering=0) as export:
                for _ in range(FILL_MIB_MAX * 16):
                    export.write(b"x" * (MIB // 16))
                while export.write(b"x" * 512):
                    pass
        except OSError as problem:
            self.log("ERROR", f"the export failed: {problem}")

    def spoil_journal(self) -> None:
        """Write an entry that cannot be settled, and settle."""
        self.journal.write_text("17\n12,50 EUR\n", encoding="utf-8")
        self.settle()

    @property
    def journal(self) -> Path:
        """What is settled at each start."""
        return self.data / "journal"

    def settle(self) -> None:
        """Add up the journal; an entry that is no number ends the whole process."""
        if not self.journal.exists():
            return
        time.sleep(SETTLE_SECONDS)
        try:
            self.log("INFO", f"settled {sum(map(int, self.journal.read_text(encoding='utf-8').split()))}")
        except ValueError:
            sys.stderr.write(f"cannot settle {self.journal}\n{traceback.format_exc()}")
            sys.stderr.flush()
            os._exit(1)

    def keep_receipt(self) -> None:
        """Write down one order. Raises `OSError`."""
        if self.ledger is None:
            return
        with (self.ledger / "receipts").open("ab", buffering=0) as receipts:
            if receipts.write(b"one item".ljust(RECEIPT_BYTES)) != RECEIPT_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), receipts.name)

    def delay_seconds(self) -> float:
        """How long each connection waits on its way here."""
        with suppress(OSError, ValueError):
            return min(float((self.data / "delay").read_text(encoding="ascii")), DELAY_SECONDS_MAX)
        return 0.0


def memory_share(limit_bytes: int, folder: Path = CGROUP_FOLDER) -> float:
    """How much of what it may use this process holds; a control group's own count where it has such a limit."""
    for limit, usage, stat in CGROUPS:
        with suppress(OSError, ValueError):
            bound = int((folder / limit).read_text(encoding="ascii"))
            if bound > 2 * limit_bytes:
                continue
            counts = dict(line.split() for line in (folder / stat).read_text(encoding="ascii").splitlines())
            used = int((folder / usage).read_text(encoding="ascii"))
            return (used - int(counts.get("total_inactive_file", counts.get("inactive_file", "0")))) / bound
    return resident_bytes() / limit_bytes


def resident_bytes() -> int:
    """The memory that this process holds now."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
