"""The integration `prometheus`: the signal that fired, asked again, series as evidence, checks. It only reads."""

from __future__ import annotations

from lamplighter.integrations.prometheus.checks import PrometheusCheckReader, PrometheusChecks
from lamplighter.integrations.prometheus.client import PrometheusClient, PrometheusConfig
from lamplighter.integrations.prometheus.reader import PrometheusReader
from lamplighter.integrations.prometheus.rules import Rulebook
from lamplighter.integrations.prometheus.server_tools import (
    PrometheusInstant,
    PrometheusMetadata,
    PrometheusRules,
    PrometheusTargets,
)
from lamplighter.integrations.prometheus.tools import PrometheusRanges
from lamplighter.ports import Integration, Roles, Surroundings

LOOKS = (PrometheusRanges, PrometheusInstant, PrometheusRules, PrometheusTargets, PrometheusMetadata)


def _build(config: PrometheusConfig, surroundings: Surroundings) -> Roles:
    client = PrometheusClient(config, surroundings.clock)
    rulebook = Rulebook(client, surroundings.clock)
    reader = PrometheusReader(client, rulebook, surroundings.clock, config.freshness_seconds)
    checks = PrometheusChecks(client, surroundings.clock, config.freshness_seconds)
    return Roles(
        contact=client.contact,
        readers=(reader, PrometheusCheckReader(surroundings.checks, checks)),
        tools=tuple(look(client, rulebook, surroundings.clock.now) for look in LOOKS),
        runners=(checks,),
    )


INTEGRATION = Integration(name="prometheus", config=PrometheusConfig, build=_build)
