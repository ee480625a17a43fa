"""The integration `pagerduty`: events as PagerDuty's Events API v2 takes them. Nothing is sent there."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from lamplighter.integrations.pagerduty.gate import PagerdutyGate
from lamplighter.integrations.pagerduty.signal import PagerdutySource
from lamplighter.ports import Integration, Roles, Surroundings


class PagerdutyConfig(BaseModel):
    """`routing_key` set means that the events must bear it, and then need no token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    routing_key: str = ""


def _build(config: PagerdutyConfig, surroundings: Surroundings) -> Roles:
    gates = (PagerdutyGate(config.routing_key.encode()),) if config.routing_key else ()
    return Roles(sources=(PagerdutySource(surroundings.clock.now),), gates=gates)


INTEGRATION = Integration(name="pagerduty", config=PagerdutyConfig, build=_build)
