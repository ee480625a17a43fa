"""The integration `ansible`: which runs touched a component lately, as evidence. It starts no playbook."""

from __future__ import annotations

from lamplighter.integrations.ansible.ara import Ara
from lamplighter.integrations.ansible.callback_logs import CallbackLogs
from lamplighter.integrations.ansible.config import AnsibleConfig
from lamplighter.integrations.ansible.tools import AnsibleRuns
from lamplighter.ports import Integration, Roles, Surroundings


def _build(config: AnsibleConfig, surroundings: Surroundings) -> Roles:
    logs = (CallbackLogs(config.folder, config.timeout_seconds),) if config.folder is not None else ()
    ara = (Ara(config),) if config.ara_url else ()
    return Roles(tools=(AnsibleRuns((*logs, *ara), config.hosts, surroundings.clock.now),))


INTEGRATION = Integration(name="ansible", config=AnsibleConfig, build=_build)
