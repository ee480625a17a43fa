"""The integration `alertmanager`: webhooks in, the API for what they left out, and silences both ways where wanted."""

from __future__ import annotations

from lamplighter.integrations.alertmanager.backlog import AlertmanagerBacklog
from lamplighter.integrations.alertmanager.client import AlertmanagerClient, AlertmanagerConfig
from lamplighter.integrations.alertmanager.signal import AlertmanagerSource
from lamplighter.integrations.alertmanager.silences import AlertmanagerSilences
from lamplighter.integrations.alertmanager.tools import AlertmanagerAlerts
from lamplighter.ports import Integration, Roles, Surroundings


def _build(config: AlertmanagerConfig, surroundings: Surroundings) -> Roles:
    source = AlertmanagerSource(surroundings.clock.now)
    if not config.url:
        return Roles(sources=(source,))
    client = AlertmanagerClient(config)
    backlog = AlertmanagerBacklog(client, surroundings.clock.now)
    return Roles(
        contact=backlog.contact,
        sources=(source,),
        silences=AlertmanagerSilences(client, surroundings.clock.now) if config.sync_silences else None,
        backlog=backlog,
        tools=(AlertmanagerAlerts(client, surroundings.clock.now),),
    )


INTEGRATION = Integration(name="alertmanager", config=AlertmanagerConfig, build=_build)
