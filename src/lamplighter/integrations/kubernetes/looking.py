"""Asks the API for things and says what came of it: what was found, or why not. It never raises and prints nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from lamplighter.domain.topology import Component
from lamplighter.integrations.kubernetes.client import Ask
from lamplighter.integrations.kubernetes.places import SELECTING, Place, many, one, selector_of
from lamplighter.integrations.kubernetes.printed import as_printed, troubled
from lamplighter.ports import ToolError

ASKED_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What one question to the API brought."""

    place: Place
    things: tuple[dict[str, Any], ...] = ()
    more: bool = False
    error: str = ""


async def found_at(ask: Ask, place: Place, *, pages_max: int = 1) -> Found:
    """The thing or the list at a place, in kubectl's form; `error` names the request and the raw reason."""
    things: list[dict[str, Any]] = []
    token = ""
    try:
        for _ in range(pages_max):
            params = {**place.params, **({"continue": token} if token else {})}
            page, token = read(await ask(place.path, params), place)
            things += page
            if not token:
                break
    except ToolError as problem:
        return Found(place, error=str(problem))
    return Found(place, tuple(things), more=bool(token))


async def all_at(ask: Ask, places: Sequence[Place]) -> tuple[Found, ...]:
    """Several places, a few at once, in the order they were named."""
    turns = asyncio.Semaphore(ASKED_AT_ONCE)

    async def look(place: Place) -> Found:
        async with turns:
            return await found_at(ask, place)

    return tuple(await asyncio.gather(*(look(place) for place in places)))


async def pods_of(ask: Ask, part: Component) -> Found:
    """The pods of a component: itself, those on a node that run the cluster, or those that its selector selects."""
    if part.kind == "pod":
        return await found_at(ask, one("pod", part.group, part.name))
    if part.kind == "node":
        return await found_at(ask, many("pod", "kube-system", fields=f"spec.nodeName={part.name}"))
    own = await found_at(ask, one(part.kind, part.group, part.name))
    return own if own.error else await selected_by(ask, own, part) or Found(own.place)


async def selected_by(ask: Ask, own: Found, part: Component) -> Found | None:
    """The pods that the selector of a workload or a service selects; None where it has no selector."""
    labels = selector_of(own.things[0]) if own.things and part.kind in SELECTING else ""
    return await found_at(ask, many("pod", part.group, labels=labels)) if labels else None


def worst_first(pods: Sequence[dict[str, Any]], count: int) -> tuple[dict[str, Any], ...]:
    """The pods that are not as they should be before all others, at most `count`."""
    return tuple(sorted(pods, key=lambda pod: not troubled(pod))[:count])


def read(body: bytes, place: Place) -> tuple[tuple[dict[str, Any], ...], str]:
    """The things in an answer, and the token of the next page. Raises `ToolError`."""
    try:
        told = msgspec.json.decode(body)
        if not isinstance(told, dict):
            raise ToolError(f"{place.query}: not what Kubernetes answers: no JSON object")
        if place.name:
            return (as_printed(_owned(told, place), place.kind),), ""
        items = told.get("items")
        if not isinstance(items, list):
            raise ToolError(f"{place.query}: not what Kubernetes answers: no list of items")
        meta = told.get("metadata")
        token = meta.get("continue") if isinstance(meta, dict) else ""
        return tuple(as_printed(item, place.kind) for item in items if isinstance(item, dict)), str(token or "")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ToolError(f"{place.query}: not what Kubernetes answers: {problem}") from problem


def _owned(told: dict[str, Any], place: Place) -> dict[str, Any]:
    meta = told.get("metadata")
    if not isinstance(meta, dict) or meta.get("name") != place.name:
        raise ToolError(f"{place.query}: not what Kubernetes answers: it is not {place.kind} {place.name}")
    return told
