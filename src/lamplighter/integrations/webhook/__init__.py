"""The integration `webhook`: any JSON, read by mappings in JMESPath, each with a receiver of its own name."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from lamplighter.integrations import BUILT_IN
from lamplighter.integrations.webhook.mapping import NAME, Mapping
from lamplighter.integrations.webhook.signal import MappedSource
from lamplighter.ports import Integration, Roles, Surroundings

MAPPINGS_MAX = 50


class WebhookConfig(BaseModel):
    """Every key is the name of a receiver, and holds its mapping."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Mapping]

    @model_validator(mode="before")
    @classmethod
    def _names_are_free(cls, value: Any) -> Any:  # noqa: ANN401 - what the configuration holds, before it is read
        names = list(value) if isinstance(value, dict) else []
        if len(names) > MAPPINGS_MAX:
            raise ValueError(f"holds {len(names)} mappings, more than {MAPPINGS_MAX}")
        for name in names:
            if not NAME.fullmatch(str(name)):
                raise ValueError(f'"{str(name)[:60]}" cannot name a receiver; use small letters, digits and hyphens')
            if name in BUILT_IN:
                raise ValueError(f'"{name}" has a receiver of its own; give this mapping another name')
        return value


def _build(config: WebhookConfig, surroundings: Surroundings) -> Roles:
    mappings = config.__pydantic_extra__ or {}
    return Roles(sources=tuple(MappedSource(name, one, surroundings.clock.now) for name, one in mappings.items()))


INTEGRATION = Integration(name="webhook", config=WebhookConfig, build=_build)
