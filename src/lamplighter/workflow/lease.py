"""Who places alerts and starts responses: one process at a time, by a lease whose token every batch shows."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

from lamplighter.ports import Clock, Leases

NAME = "placing"
RENEW_SHARE = 3.0


@dataclass(slots=True)
class PlacingLease:
    """The lease of this process, by its stable `name`. Each life is a holder of its own."""

    leases: Leases
    clock: Clock
    seconds: float = 15.0
    name: str = field(default_factory=lambda: f"placing-{secrets.token_hex(8)}")
    life: str = field(default_factory=lambda: secrets.token_hex(4))
    _token: int = 0
    _taken_at: float = 0.0

    @property
    def holder(self) -> str:
        """As the store knows this life."""
        return f"{self.name}#{self.life}"

    @property
    def held(self) -> bool:
        """Whether it is ours for now, by our own clock."""
        return bool(self._token) and self.clock.monotonic() - self._taken_at < self.seconds

    @property
    def was_ours(self) -> bool:
        """Whether it was ours when the store could last say; nobody else takes it while the store is away."""
        return bool(self._token)

    async def hold(self) -> int:
        """Take or renew it; the token, or 0 while another process has it. Raises `StoreUnavailable`."""
        now = self.clock.monotonic()
        if self._token and now - self._taken_at < self.seconds / RENEW_SHARE:
            return self._token
        self._token = await asyncio.to_thread(self.leases.take, NAME, self.holder, self.seconds)
        self._taken_at = now
        return self._token

    def lose(self) -> None:
        """Another process has it."""
        self._token = 0

    async def release(self) -> None:
        """Let go, so that another need not wait. Raises `StoreUnavailable`."""
        if self._token:
            self._token = 0
            await asyncio.to_thread(self.leases.release, NAME, self.holder)
