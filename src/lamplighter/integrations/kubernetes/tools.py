"""Read-only looks at a component of a cluster, in kubectl's own words: get, events, logs, top."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question, bounded
from lamplighter.domain.topology import Component
from lamplighter.integrations.kubernetes.client import Ask, KubernetesClient, Refused
from lamplighter.integrations.kubernetes.events import told_events
from lamplighter.integrations.kubernetes.lives import LOG_READ_BYTES_MAX, lives_of
from lamplighter.integrations.kubernetes.looking import Found, all_at, found_at, pods_of, selected_by, worst_first
from lamplighter.integrations.kubernetes.places import Place, checked, many, node_metrics, one, pod_metrics, selector_of
from lamplighter.integrations.kubernetes.printed import (
    listing,
    nodes_table,
    pods_table,
    single,
    troubled,
)
from lamplighter.integrations.kubernetes.topology import SYSTEM
from lamplighter.ports import Clock, ToolError

# A look may take ten seconds in all, and asks at most three times in a row.
WAIT_SECONDS = 3.0
LOG_PODS_MAX = 3
LOG_PIECES_MAX = 8
LOG_BYTES_MAX = EVIDENCE_BYTES_MAX // 2
EVENTS_PAGE = 500
EVENT_PAGES_MAX = 2
NOT_FOUND = 404
JSON_MEDIA = "application/json"
TEXT_MEDIA = "text/plain"
BESIDE = ("service", "endpoints", "persistentvolumeclaim", "resourcequota", "ingress", "networkpolicy")
# Of what runs once and ends there may be thousands.
ENDING = ("job", "cronjob")
ENDING_MAX = 50


@dataclass(frozen=True, slots=True)
class Piece:
    """What one request brought, before it is evidence."""

    place: Place
    content: str = ""
    media: str = JSON_MEDIA
    error: str = ""
    truncated: bool = False
    more: Mapping[str, str] | None = None


class ClusterTool(ABC):
    """One of kubectl's words for a component."""

    name: str

    def __init__(self, client: KubernetesClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def serves(self, component: Component) -> bool:
        """Things of this cluster."""
        return component.system == SYSTEM

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece for each request, most telling first; a failed one with `error` naming it and the raw reason."""
        part = question.component
        try:
            async with self._client.asking(WAIT_SECONDS) as ask:
                pieces = await self.look(ask, part)
        except ToolError as problem:
            unasked = Place(part.kind, "", part.name, part.group)
            pieces = (Piece(unasked, error=str(problem)),)
        return [self._evidence(part, piece, index) for index, piece in enumerate(pieces)]

    @abstractmethod
    async def look(self, ask: Ask, part: Component) -> Sequence[Piece]:
        """Ask, and keep what is evidence. Raises `ToolError` only where nothing could be asked."""

    def _evidence(self, part: Component, piece: Piece, index: int) -> Evidence:
        place = piece.place
        query = place.query if place.path else f"{self.name} {place.kind} {place.name}"
        about = {"query": query, "component": part.name, "kind": place.kind}
        about |= {key: value for key, value in (("name", place.name), ("namespace", place.namespace)) if value}
        key = f"{self.name}:{part.group}/{part.name}:{index}"
        at, error, cut = self._clock.now(), piece.error, piece.truncated
        about |= piece.more or {}
        return Evidence(key, self.name, part.name, about, piece.media, piece.content, at, error, cut)


class Get(ClusterTool):
    """The component itself, its pods, and what they need or what bars them: services, ingresses, policies, volumes.

    Quotas and jobs of its namespace come with it, and nodes where a pod is ill.
    """

    name = "kubectl.get"

    async def look(self, ask: Ask, part: Component) -> Sequence[Piece]:
        """What is well is not asked about further: nodes only where something is not ready, volumes where unbound."""
        if part.kind == "node":
            found = await all_at(ask, (one("node", "", part.name),))
            return [_told(one_found) for one_found in (*found, await pods_of(ask, part))]
        lists = [*(many(kind, part.group) for kind in BESIDE)]
        lists += [many(kind, part.group, items_max=ENDING_MAX) for kind in ENDING]
        own, *beside = await all_at(ask, (one(part.kind, part.group, part.name), *lists))
        rest = await self._further(ask, part, own, beside)
        return [_told(found) for found in (own, *rest, *beside) if found.things or found.error or not _may_lack(found)]

    async def _further(self, ask: Ask, part: Component, own: Found, beside: Sequence[Found]) -> tuple[Found, ...]:
        places: list[Place] = []
        labels = selector_of(own.things[0]) if own.things else ""
        if part.kind == "deployment" and labels:
            places.append(many("replicaset", part.group, labels=labels))
        claims = [thing for found in beside if found.place.kind == "persistentvolumeclaim" for thing in found.things]
        if any(troubled(claim) for claim in claims):
            places.append(many("persistentvolume", ""))
        if any(found.things for found in beside if found.place.kind == "ingress"):
            places.append(many("ingressclass", ""))
        if any(troubled(thing) for thing in own.things):
            places.append(many("node", ""))
        pods, others = await asyncio.gather(self._pods(ask, part, own), all_at(ask, places))
        return (*pods, *others)

    async def _pods(self, ask: Ask, part: Component, own: Found) -> tuple[Found, ...]:
        if part.kind == "pod" or own.error:
            return ()
        pods = await selected_by(ask, own, part)
        if pods is None:
            return ()
        if part.kind == "service" and not pods.things and not pods.error:
            # A service that selects nothing: what it could select is what tells why.
            return (await found_at(ask, many("pod", part.group)),)
        return (pods,)


class Events(ClusterTool):
    """What the cluster said of the component's things, and its warnings about others in the namespace."""

    name = "kubectl.events"

    async def look(self, ask: Ask, part: Component) -> Sequence[Piece]:
        """One list, oldest first; where there is too much, the newest of the component's own stay first."""
        fields = f"involvedObject.kind=Node,involvedObject.name={checked(part.name)}" if part.kind == "node" else ""
        place = many("event", part.group, fields=fields, items_max=EVENTS_PAGE)
        found = await found_at(ask, place, pages_max=EVENT_PAGES_MAX)
        if found.error:
            return (Piece(place, error=found.error),)
        content, truncated = told_events(found.things, part)
        return (Piece(place, content, truncated=truncated or found.more),)


class Logs(ClusterTool):
    """The last lines of the containers of at most three pods, the worst first, and of the life before a restart."""

    name = "kubectl.logs"

    async def look(self, ask: Ask, part: Component) -> Sequence[Piece]:
        """One piece for each container's life, at most eight."""
        found = await pods_of(ask, part)
        if found.error:
            return (Piece(found.place, media=TEXT_MEDIA, error=found.error),)
        wanted = [life for pod in worst_first(found.things, LOG_PODS_MAX) for life in lives_of(pod)]
        logs = (self._log(ask, place, more) for place, more in wanted[:LOG_PIECES_MAX])
        return await asyncio.gather(*logs)

    async def _log(self, ask: Ask, place: Place, more: Mapping[str, str]) -> Piece:
        try:
            body = await ask(place.path, place.params)
        except ToolError as problem:
            return Piece(place, media=TEXT_MEDIA, error=str(problem), more=more)
        text, cut = bounded(body.decode("utf-8", "replace"), LOG_BYTES_MAX)
        return Piece(place, text, TEXT_MEDIA, truncated=cut or len(body) >= LOG_READ_BYTES_MAX, more=more)


class Top(ClusterTool):
    """What the component's pods, or a node, use now; needs the metrics API."""

    name = "kubectl.top"

    async def look(self, ask: Ask, part: Component) -> Sequence[Piece]:
        """The table that kubectl prints. A cluster without the metrics API is a failed look that says so."""
        place = node_metrics(part.name) if part.kind == "node" else await self._place(ask, part)
        if place is None:
            return ()
        found = await found_at(ask, place)
        if found.error:
            return (Piece(place, media=TEXT_MEDIA, error=await self._why(ask, found)),)
        if part.kind == "node":
            (node,) = await all_at(ask, (one("node", "", part.name),))
            text = nodes_table(found.things[0], node.things[0] if node.things else None)
        else:
            text = pods_table(found.things)
        kept, cut = bounded(text)
        return (Piece(place, kept, TEXT_MEDIA, truncated=cut or found.more),)

    async def _place(self, ask: Ask, part: Component) -> Place | None:
        if part.kind == "pod":
            return pod_metrics(part.group, name=part.name)
        own = await found_at(ask, one(part.kind, part.group, part.name))
        if own.error:
            raise ToolError(own.error)
        labels = selector_of(own.things[0])
        return pod_metrics(part.group, labels=labels) if labels else None

    async def _why(self, ask: Ask, found: Found) -> str:
        """A 404 is also what a pod has that was not measured yet, so the API itself is asked for."""
        try:
            await ask("/apis/metrics.k8s.io/v1beta1", {})
        except Refused as refused:
            if refused.status == NOT_FOUND:
                return f"{found.error} (Metrics API not available: this cluster runs no metrics-server)"
        except ToolError:
            return found.error
        return found.error


def _may_lack(found: Found) -> bool:
    """Whether a namespace is often without any of these, so that an empty list is no news."""
    return found.place.kind in {*ENDING, "ingress", "networkpolicy"}


def _told(found: Found) -> Piece:
    if found.error:
        return Piece(found.place, error=found.error)
    if found.place.name:
        content, truncated = single(found.things[0])
    else:
        content, truncated = listing(found.things, more=found.more)
    return Piece(found.place, content, truncated=truncated)
