"""The integration `grafana`: webhooks of Grafana Alerting with its HMAC; annotations and alerts where it is asked."""

from __future__ import annotations

from lamplighter.integrations.grafana.config import GrafanaConfig
from lamplighter.integrations.grafana.gate import GrafanaGate
from lamplighter.integrations.grafana.signal import GrafanaSource
from lamplighter.integrations.grafana.tools import GrafanaAlerts, GrafanaAnnotations, api_of
from lamplighter.ports import Integration, Roles, Surroundings


def _build(config: GrafanaConfig, surroundings: Surroundings) -> Roles:
    clock = surroundings.clock
    api = api_of(config) if config.url else None
    annotations = GrafanaAnnotations(api, clock.now) if api is not None else None
    return Roles(
        sources=(GrafanaSource(clock.now),),
        gates=(_gate(config, surroundings),) if config.hmac_secret else (),
        contact=annotations.contact if annotations is not None else None,
        tools=(annotations, GrafanaAlerts(api, clock.now)) if api is not None and annotations is not None else (),
    )


def _gate(config: GrafanaConfig, surroundings: Surroundings) -> GrafanaGate:
    secret = config.hmac_secret.encode()
    return GrafanaGate(secret, config.signature_header, config.timestamp_header, surroundings.clock)


INTEGRATION = Integration(name="grafana", config=GrafanaConfig, build=_build)
