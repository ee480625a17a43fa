"""The integration `grafana`: webhooks of Grafana Alerting, with its HMAC. It asks Grafana nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from lamplighter.integrations.grafana.gate import GrafanaGate
from lamplighter.integrations.grafana.signal import GrafanaSource
from lamplighter.ports import Integration, Roles, Surroundings

HEADER_NAME = r"^[A-Za-z0-9-]{1,100}$"


class GrafanaConfig(BaseModel):
    """Without `hmac_secret` the token alone proves the sender. Grafana has no default for `timestamp_header`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hmac_secret: str = ""
    signature_header: str = Field(default="X-Grafana-Alerting-Signature", pattern=HEADER_NAME)
    timestamp_header: str = Field(default="", pattern=rf"{HEADER_NAME}|^$")


def _build(config: GrafanaConfig, surroundings: Surroundings) -> Roles:
    source = GrafanaSource(surroundings.clock.now)
    if not config.hmac_secret:
        return Roles(sources=(source,))
    gate = GrafanaGate(
        config.hmac_secret.encode(), config.signature_header, config.timestamp_header, surroundings.clock
    )
    return Roles(sources=(source,), gates=(gate,))


INTEGRATION = Integration(name="grafana", config=GrafanaConfig, build=_build)
