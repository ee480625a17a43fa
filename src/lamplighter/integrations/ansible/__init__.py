"""The integration `ansible`: which runs touched a component lately, as evidence. It starts no playbook."""

from __future__ import annotations

from datetime import timedelta

from lamplighter.integrations.ansible.ara import Ara
from lamplighter.integrations.ansible.callback_logs import CallbackLogs
from lamplighter.integrations.ansible.config import AnsibleConfig
from lamplighter.integrations.ansible.tools import AnsibleRuns
from lamplighter.ports import Integration, Roles, Surroundings

LATELY = timedelta(days=1)


def _build(config: AnsibleConfig, surroundings: Surroundings) -> Roles:
    logs = (CallbackLogs(config.folder, config.timeout_seconds),) if config.folder is not None else ()
    ara = (Ara(config),) if config.ara_url else ()
    now = surroundings.clock.now

    async def contact() -> str:
        found = [await each.runs(now() - LATELY, now()) for each in (*logs, *ara)]
        return f"{sum(len(each.runs) for each in found)} runs in the last day"

    return Roles(contact=contact, tools=(AnsibleRuns((*logs, *ara), config.hosts, now),))


INTEGRATION = Integration(name="ansible", config=AnsibleConfig, build=_build)
