"""The integration `uptime_kuma`: its webhook notifications. It asks Uptime Kuma nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from lamplighter.integrations.uptime_kuma.signal import UptimeKumaSource
from lamplighter.ports import Integration, Roles, Surroundings


class UptimeKumaConfig(BaseModel):
    """There is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _build(_config: UptimeKumaConfig, surroundings: Surroundings) -> Roles:
    return Roles(sources=(UptimeKumaSource(surroundings.clock.now),))


INTEGRATION = Integration(name="uptime_kuma", config=UptimeKumaConfig, build=_build)
