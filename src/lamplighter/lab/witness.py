"""Counts changes from outside: out of supervisord's log, the memory guard's log, and Docker's events. Pure.

Nothing here asks Lamplighter what it did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lamplighter.lab.scenario import SeenEffect

_SUPERVISORD = re.compile(r" (?:INFO|WARN) (?P<what>spawned|stopped): '?(?P<name>[\w.-]+)'?")
_GUARD = re.compile(r"^(?:\S+Z )?memory guard: limit of (?P<name>\S+) is now \d+ bytes$", re.MULTILINE)
# What happens to a container by itself, or on the way of another action.
_PASSIVE = frozenset({"die", "kill", "oom", "attach", "detach", "top", "exec_die"})
_DOCKER_VERBS = {"update": "set_memory_limit"}


def supervisord_effects(log: str, *, restarts_itself: bool = False) -> tuple[SeenEffect, ...]:
    """Changes in a stretch of supervisord's log; a process that ended by itself and is spawned was started.

    Where supervisord `restarts_itself` what ended, that is nobody's effect.
    """
    seen: list[SeenEffect] = []
    for match in _SUPERVISORD.finditer(log):
        name, stop = match["name"], SeenEffect("stop", match["name"])
        if match["what"] == "stopped":
            seen.append(stop)
        elif stop in seen:
            seen[seen.index(stop)] = SeenEffect("restart", name)
        elif not restarts_itself:
            seen.append(SeenEffect("start", name))
    return tuple(seen)


def guard_effects(log: str) -> tuple[SeenEffect, ...]:
    """Limits set in a stretch of the memory guard's log."""
    return tuple(SeenEffect("set_memory_limit", match["name"]) for match in _GUARD.finditer(log))


def docker_effects(events: Sequence[Mapping[str, object]]) -> tuple[SeenEffect, ...]:
    """Changes in Docker's container events. A restart comes as stop, start and restart, and counts once."""
    seen: list[SeenEffect] = []
    for event in events:
        action, name = str(event.get("Action", "")).partition(":")[0], _container_name(event)
        if action in _PASSIVE:
            continue
        if action == "restart":
            for part in (SeenEffect("start", name), SeenEffect("stop", name)):
                if part in seen:
                    seen.remove(part)
        seen.append(SeenEffect(_DOCKER_VERBS.get(action, action), name))
    return tuple(seen)


def beyond(expected: Sequence[SeenEffect], seen: Sequence[SeenEffect]) -> tuple[SeenEffect, ...]:
    """What was seen beyond what was expected: on another component, another verb, or once too often."""
    left = list(expected)
    wrong: list[SeenEffect] = []
    for effect in seen:
        if effect in left:
            left.remove(effect)
        else:
            wrong.append(effect)
    return tuple(wrong)


def _container_name(event: Mapping[str, object]) -> str:
    actor = event.get("Actor")
    attributes = actor.get("Attributes") if isinstance(actor, Mapping) else None
    return str(attributes.get("name", "")) if isinstance(attributes, Mapping) else ""
