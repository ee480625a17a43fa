"""The integration `log`: messages to people as lines of the program's own log. Where the log goes is set elsewhere."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from lamplighter.integrations.log.channel import LogChannel
from lamplighter.ports import Integration, Roles, Surroundings


class LogConfig(BaseModel):
    """There is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _build(_config: LogConfig, _surroundings: Surroundings) -> Roles:
    return Roles(channels=(LogChannel(),))


INTEGRATION = Integration(name="log", config=LogConfig, build=_build)
