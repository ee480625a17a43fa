"""The integration `heartbeat_out`: a sign of life to a service that calls people when it stays away."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lamplighter.integrations.fetching import web_address
from lamplighter.integrations.heartbeat_out.beating import HttpHeartbeat
from lamplighter.integrations.publishing import Publisher
from lamplighter.ports import Integration, Roles, Surroundings


class HeartbeatConfig(BaseModel):
    """`url` is its own secret, as with Healthchecks, and never appears in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    method: Literal["GET", "POST"] = "GET"
    timeout_seconds: float = Field(default=10.0, gt=0, le=60, allow_inf_nan=False)

    @field_validator("url")
    @classmethod
    def _has_scheme_and_host(cls, url: str) -> str:
        web_address(url, "https://hc-ping.com/your-uuid")
        return url


def _build(config: HeartbeatConfig, surroundings: Surroundings) -> Roles:
    publisher = Publisher("heartbeat_out", config.timeout_seconds, secret=config.url)
    return Roles(heartbeats=(HttpHeartbeat(publisher, config.url, config.method, surroundings.clock),))


INTEGRATION = Integration(name="heartbeat_out", config=HeartbeatConfig, build=_build)
