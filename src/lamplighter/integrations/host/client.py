"""Which machines are looked at, and which of them a question is about."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lamplighter.domain.evidence import Question
from lamplighter.domain.topology import COMPONENT_LABELS, Component, resolve_alert
from lamplighter.integrations.commands import LocalMachine, Machine, RemoteHost, SshMachine, settled

SYSTEM = "host"
KIND = "host"
HOSTS_MAX = 50
HOST_LABEL = "host"


class HostConfig(BaseModel):
    """`sources.host`: this machine, and others that are asked over SSH."""

    model_config = ConfigDict(extra="forbid")

    hosts: list[RemoteHost] = Field(default=[], max_length=HOSTS_MAX)
    timeout_seconds: float = Field(default=8.0, gt=0, le=60, allow_inf_nan=False)

    @field_validator("hosts")
    @classmethod
    def _named_once(cls, hosts: list[RemoteHost]) -> list[RemoteHost]:
        if len({host.name for host in hosts}) != len(hosts):
            raise ValueError("each host must have a name of its own")
        return hosts


class Hosts:
    """This machine and the others."""

    def __init__(self, config: HostConfig, local: LocalMachine | None = None) -> None:
        self.local = local or LocalMachine(socket.gethostname())
        self.remote = tuple(SshMachine(host) for host in config.hosts)
        self.seconds = config.timeout_seconds

    def __iter__(self) -> Iterator[Machine]:
        yield self.local
        yield from self.remote

    async def contact(self) -> str:
        """That each of the others lets us in. Raises `ToolError` with the first that does not."""
        for machine in self.remote:
            async with machine.session(self.seconds) as session:
                settled(("uptime",), await session.run(("uptime",), first=True))
        return f"this machine and {len(self.remote)} more" if self.remote else "this machine"

    def under(self, component: Component) -> Machine | None:
        """The machine that a component is, or says that it runs on; None where nothing tells."""
        name = component.name if component.system == SYSTEM else component.labels.get(HOST_LABEL, "")
        return next((machine for machine in self if machine.name == name), None)

    def asked(self, question: Question) -> Machine | None:
        """The machine a question is about.

        What does not say where it runs is taken to run here, and only for the component that the alert itself means,
        or for any where it names none: every other would bring the same look once more.
        """
        found = self.under(question.component)
        if found is not None:
            return found
        named = any(question.alert.labels.get(label) for label in COMPONENT_LABELS)
        meant = resolve_alert(question.alert, (question.component,)).component is not None
        return self.local if meant or not named else None
