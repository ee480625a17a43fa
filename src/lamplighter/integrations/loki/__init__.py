"""The integration `loki`: the lines that a component wrote, as evidence. It only reads."""

from __future__ import annotations

from lamplighter.integrations.loki.client import LokiClient, LokiConfig
from lamplighter.integrations.loki.tools import LokiStreams
from lamplighter.ports import Integration, Roles, Surroundings


def _build(config: LokiConfig, surroundings: Surroundings) -> Roles:
    return Roles(tools=(LokiStreams(LokiClient(config), surroundings.clock.now),))


INTEGRATION = Integration(name="loki", config=LokiConfig, build=_build)
