"""Lamplighter's own checks, run from the machine it runs on."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from lamplighter.integrations.probe.reader import CheckReader
from lamplighter.integrations.probe.runner import Runner
from lamplighter.integrations.probe.tls import TlsTool
from lamplighter.integrations.probe.tools import TOOL_NAMES, ProbeTool
from lamplighter.ports import Integration, Roles, Surroundings


class ProbeConfig(BaseModel):
    """Nothing to set: the checks stand under `checks`."""

    model_config = ConfigDict(extra="forbid")


def build(_config: ProbeConfig, surroundings: Surroundings) -> Roles:
    """The roles of the prober, all over one runner."""
    runner = Runner(surroundings.clock, surroundings.samples)
    return Roles(
        tools=(*(ProbeTool(kind, runner, surroundings) for kind in TOOL_NAMES), TlsTool(surroundings)),
        readers=(CheckReader(surroundings.checks, runner),),
        runners=(runner,),
    )


INTEGRATION = Integration(name="probe", config=ProbeConfig, build=build)
