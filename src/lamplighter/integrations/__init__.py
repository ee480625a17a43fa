"""One folder for each outside system, one file name for each role. Built-ins come by the same door as a stranger's."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from lamplighter.ports import Forged, Integration

GROUP = "lamplighter.integrations"
BUILT_IN = (
    "alertmanager",
    "ansible",
    "apprise",
    "cloudevents",
    "cloudwatch",
    "docker",
    "grafana",
    "heartbeat_out",
    "host",
    "kubernetes",
    "log",
    "logfile",
    "loki",
    "manual",
    "ntfy",
    "pagerduty",
    "postgresql",
    "probe",
    "prometheus",
    "proxmox",
    "supervisor",
    "systemd",
    "telegram",
    "uptime_kuma",
    "webhook",
)


class Unproven(Forged):
    """A delivery that brings no proof of its own at all, so that only the token can vouch for it."""


def doors() -> dict[str, EntryPoint]:
    """Every integration that could be loaded, by name; a stranger cannot take a built-in's name."""
    strangers = {point.name: point for point in entry_points(group=GROUP)}
    return {**strangers, **{name: _door(name) for name in BUILT_IN}}


def _door(name: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}.{name}:INTEGRATION", GROUP)


def load(name: str) -> Integration:
    """One integration by name. Raises `KeyError` for a name nobody offers, `TypeError` for something else."""
    # What strangers offer is read from every installed package, which takes longer than all else here.
    found = (_door(name) if name in BUILT_IN else doors()[name]).load()
    if not isinstance(found, Integration):
        raise TypeError(f"{name}: its entry point must give a ports.Integration, not {type(found).__name__}")
    return found
