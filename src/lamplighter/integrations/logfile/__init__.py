"""The integration `logfile`: the ends of log files on this machine, as evidence."""

from __future__ import annotations

from lamplighter.integrations.logfile.config import LogfileConfig
from lamplighter.integrations.logfile.tools import LogFiles
from lamplighter.ports import Integration, Roles, Surroundings


def _build(config: LogfileConfig, surroundings: Surroundings) -> Roles:
    files = LogFiles(config, surroundings.clock.now)
    return Roles(contact=files.contact, tools=(files,))


INTEGRATION = Integration(name="logfile", config=LogfileConfig, build=_build)
