"""Which label values mean a component, and the stream selector that asks for exactly those. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# The most specific first; the first label that has a value of the component is the one that is asked for.
NAMING_LABELS = (
    "container",
    "container_name",
    "compose_service",
    "service_name",
    "service",
    "app",
    "app_kubernetes_io_name",
    "component",
    "pod",
    "unit",
    "systemd_unit",
    "syslog_identifier",
    "job",
    "host",
    "hostname",
    "node",
    "instance",
)
VALUES_MAX = 20
_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")
# The letters that Kubernetes draws for a pod's name; no word can be made of them.
_DRAWN = "[bcdfghjklmnpqrstvwxz2456789]"
# What is appended to a name: a replica's number, a pod's letters, or a replica set's and a pod's.
_REPLICA = re.compile(rf"[-_]\d{{1,4}}|-(?:{_DRAWN}{{6,10}}-)?{_DRAWN}{{5}}")
_PORT = re.compile(r":\d{1,5}$")


def quoted(value: str) -> str:
    """A LogQL string literal of exactly this value."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{"".join(char if char.isprintable() or char == " " else _code(char) for char in escaped)}"'


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"  # noqa: PLR2004 - four hex digits end there


def selector(label: str, values: Iterable[str]) -> str:
    """The streams whose label is one of these values, and no others."""
    chosen = tuple(values)
    if len(chosen) == 1:
        return f"{{{label}={quoted(chosen[0])}}}"
    pattern = "|".join(_SPECIAL.sub(r"\\\1", value) for value in chosen)
    return f"{{{label}=~{quoted(pattern)}}}"


def meant(values: Iterable[str], names: frozenset[str]) -> tuple[str, ...]:
    """The values that mean a component of these names: exact ones, or else those of its replicas."""
    listed = sorted(set(values))
    exact = [value for value in listed if _plain(value) in names]
    return tuple((exact or [value for value in listed if _is_replica(value, names)])[:VALUES_MAX])


def _plain(value: str) -> str:
    """A value as a component's name: no namespace, no unit suffix, no port."""
    last = value.rsplit("/", maxsplit=1)[-1].removesuffix(".service")
    return _PORT.sub("", last)


def _is_replica(value: str, names: frozenset[str]) -> bool:
    plain = _plain(value)
    return any(plain.startswith(name) and _REPLICA.fullmatch(plain[len(name) :]) for name in names)
