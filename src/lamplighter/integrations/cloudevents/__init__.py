"""The integration `cloudevents`: alerts as CloudEvents 1.0, structured, in batches or binary. Nothing is sent back."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from lamplighter.integrations.cloudevents.signal import CloudeventsSource
from lamplighter.ports import Integration, Roles, Surroundings


class CloudeventsConfig(BaseModel):
    """There is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _build(_config: CloudeventsConfig, surroundings: Surroundings) -> Roles:
    return Roles(sources=(CloudeventsSource(surroundings.clock.now),))


INTEGRATION = Integration(name="cloudevents", config=CloudeventsConfig, build=_build)
