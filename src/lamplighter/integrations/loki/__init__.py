"""The integration `loki`: the lines that a component wrote, as evidence. It only reads."""

from __future__ import annotations

from datetime import timedelta

from lamplighter.integrations.loki.client import LokiClient, LokiConfig
from lamplighter.integrations.loki.tools import LokiStreams
from lamplighter.ports import Integration, Roles, Surroundings

LATELY = timedelta(hours=1)


def _build(config: LokiConfig, surroundings: Surroundings) -> Roles:
    client, now = LokiClient(config), surroundings.clock.now

    async def contact() -> str:
        return f"{len(await client.label_names(now() - LATELY, now()))} labels in the last hour"

    return Roles(contact=contact, tools=(LokiStreams(client, now),))


INTEGRATION = Integration(name="loki", config=LokiConfig, build=_build)
