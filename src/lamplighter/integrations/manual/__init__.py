"""The integration `manual`: what a person or a script reports as a log line of a service."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from lamplighter.integrations.manual.signal import ManualSource
from lamplighter.ports import Integration, Roles, Surroundings


class ManualConfig(BaseModel):
    """There is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _build(_config: ManualConfig, surroundings: Surroundings) -> Roles:
    return Roles(sources=(ManualSource(surroundings.clock.now),))


INTEGRATION = Integration(name="manual", config=ManualConfig, build=_build)
