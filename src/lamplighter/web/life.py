"""What people do to an incident: comment, acknowledge, resolve, reopen, merge, split. No target is touched."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.domain.assessment import KEY, assessment_words, verdict_of
from lamplighter.domain.incident import BadMove, Incident, State
from lamplighter.domain.sameness import key_of
from lamplighter.domain.texts import kept_text
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Store
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import Context, context
from lamplighter.web.incidents import IncidentId, present
from lamplighter.web.problems import Problem, not_found
from lamplighter.web.repeats import key_of as idempotency_key
from lamplighter.web.session import signature

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
COMMENT_BYTES_MAX = 8_000
NAME_BYTES_MAX = 100
WORDS_BYTES_MAX = 4_000
Name = Annotated[str, Field(max_length=NAME_BYTES_MAX, description="who; the token's owner where it is left out")]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
Told = TypeVar("Told", bound="Said")


class Said(BaseModel):
    """By whom something is done: the person who is signed in. Only the data folder's token says another name."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by: Name = APPROVER

    @property
    def person(self) -> str:
        """The name as it is kept."""
        return kept_text(self.by, NAME_BYTES_MAX).strip() or APPROVER


class Comment(Said):
    """What a person knows or did."""

    text: Annotated[str, Field(min_length=1, max_length=4000, description="shown in the timeline, never acted upon")]


class Feedback(Said):
    """Whether the cause that was named is the right one. It is recorded, and teaches nothing by itself."""

    right: bool
    text: Annotated[str, Field(max_length=2000, description="what it was instead, or how it is known")] = ""
    component: Annotated[str, Field(max_length=200, description="which component it was instead")] = ""


class Resolving(Said):
    """How a person closed an incident."""

    resolution: Annotated[Words, Field(description="what was wrong and what was done")]


class Reopening(Said):
    """Why a closed incident is open again."""

    reason: Annotated[str, Field(max_length=2000)] = ""


class Merging(Said):
    """Which open incident this one belongs to."""

    into: Annotated[str, Field(pattern=r"^INC-[0-9]{1,18}$", description="such as INC-142")]


class Splitting(Said):
    """Which trouble is another cause; the two are kept apart from then on."""

    trouble: Annotated[str, Field(min_length=1, max_length=500, description="as GET …/alerts shows it")]


class Acknowledging(Said):
    """Somebody has it."""

    text: Annotated[str, Field(max_length=2000)] = ""


@router.post("/{incident_id}/comments", status_code=201, response_model=Event)
async def comment(request: Request, incident_id: IncidentId, body: Comment) -> JSONResponse:
    """Write into the timeline. Idempotency-Key is honoured."""
    here = context(request)

    async def make() -> tuple[int, Event]:
        return 201, await commented(here, incident_id, signed(request, body), idempotency_key(request))

    return await here.repeats.once(request, make)


@router.post("/{incident_id}/feedback", status_code=201)
async def feedback(request: Request, incident_id: IncidentId, body: Feedback) -> Event:
    """Say whether the cause that was named is the right one."""
    return await assessed(context(request), incident_id, signed(request, body))


@router.post("/{incident_id}/acknowledge")
async def acknowledge(request: Request, incident_id: IncidentId, body: Acknowledging | None = None) -> Incident:
    """Say that somebody has it. The response goes on."""
    return await acknowledged(context(request), incident_id, signed(request, body or Acknowledging()))


@router.post("/{incident_id}/resolve")
async def resolve(request: Request, incident_id: IncidentId, body: Resolving) -> Incident:
    """Close an incident by hand. A response that waits ends; an action that runs is not interrupted."""
    return await resolved(context(request), incident_id, signed(request, body))


@router.post("/{incident_id}/reopen")
async def reopen(request: Request, incident_id: IncidentId, body: Reopening | None = None) -> Incident:
    """Open a closed incident again; it gets a further response."""
    return await reopened(context(request), incident_id, signed(request, body or Reopening()))


@router.post("/{incident_id}/merge")
async def merge(request: Request, incident_id: IncidentId, body: Merging) -> Incident:
    """Move everything to another open incident, which is returned; this one is closed as merged."""
    return await merged(context(request), incident_id, signed(request, body))


@router.post("/{incident_id}/split", status_code=201)
async def split(request: Request, incident_id: IncidentId, body: Splitting) -> Incident:
    """Take one trouble out into an incident of its own, which is returned."""
    return await divided(context(request), incident_id, signed(request, body))


def signed(request: Request, body: Told) -> Told:
    """The same, by the person who is signed in."""
    return body.model_copy(update={"by": signature(request, body.by)})


async def commented(here: Context, incident_id: str, body: Comment, key: str = "") -> Event:
    """Write a comment; the same non-empty `key` is written once. Raises `Problem`."""
    incident = await present(here.app.store, incident_id)
    # The key is the person's, and the timeline is public to all readers: only its digest is kept.
    mark = hashlib.sha256(key.encode()).hexdigest()[:24] if key else secrets.token_hex(8)
    event = _event(here, incident, f"comment:{mark}", Moment.COMMENTED, body.person, body.text)
    event = replace(event, text=kept_text(body.text, COMMENT_BYTES_MAX))
    await asyncio.to_thread(here.app.store.incidents.record, event)
    here.app.news.announce()
    return event


async def assessed(here: Context, incident_id: str, body: Feedback) -> Event:
    """Write into the timeline what a person thinks of the cause that was named. Raises `Problem`."""
    incident = await present(here.app.store, incident_id)
    diagnosis = await asyncio.to_thread(here.app.store.dossiers.diagnosis, incident_id, incident.run)
    best = diagnosis.best if diagnosis else None
    if best is None:
        raise _wrong_state(f"{incident_id} has no cause that could be right or wrong")
    if body.right and body.component.strip():
        detail = "component: where the cause is right there is no other component to name"
        raise Problem(422, "invalid", detail, "say that the cause is wrong, or leave the component out")
    words, instead = kept_text(body.text, WORDS_BYTES_MAX), kept_text(body.component, WORDS_BYTES_MAX).strip()
    text = assessment_words(body.person, best, words, instead, right=body.right)
    told: dict[str, object] = {KEY: verdict_of(right=body.right), **({"component": instead} if instead else {})}
    event = _event(here, incident, "feedback", Moment.COMMENTED, body.person, text, **told)
    await asyncio.to_thread(here.app.store.incidents.record, event)
    here.app.news.announce()
    return event


async def acknowledged(here: Context, incident_id: str, body: Acknowledging) -> Incident:
    """Note who has an open incident. Raises `Problem`."""
    incident = await present(here.app.store, incident_id)
    if not incident.is_open:
        raise _wrong_state(f"{incident_id} is {incident.state}")
    words = kept_text(body.text, WORDS_BYTES_MAX)
    text = f"{body.person} has it{': ' if words else ''}{words}"
    event = _event(here, incident, "ack", Moment.ACKNOWLEDGED, body.person, text)
    known = await _change(lambda: here.app.store.incidents.acknowledge(incident_id, body.person, event))
    here.app.news.announce()
    return known


async def resolved(here: Context, incident_id: str, body: Resolving) -> Incident:
    """Close an incident, and end a response that waits. Raises `Problem`."""
    incident = await present(here.app.store, incident_id)
    words = kept_text(body.resolution, WORDS_BYTES_MAX)
    text = f"{body.person} closed it: {words}"
    event = replace(_event(here, incident, "", Moment.CLOSED, body.person, text), key=f"{incident.run}:by-hand")
    closed = await _change(lambda: _close(here.app.store, event, words, body.person))
    await _told(here, incident_id)
    await here.app.response.wake(incident)
    return closed


async def reopened(here: Context, incident_id: str, body: Reopening) -> Incident:
    """Open a closed incident again. Raises `Problem`."""
    incident = await present(here.app.store, incident_id)
    if incident.is_open:
        raise _wrong_state(f"{incident_id} is open")
    why = kept_text(body.reason, WORDS_BYTES_MAX)
    text = f"{body.person} opened it again{': ' if why else ''}{why}"
    event = _event(here, incident, "reopen", Moment.REOPENED, body.person, text)
    again = await _change(lambda: here.app.store.incidents.reopen(incident_id, event))
    await _told(here, incident_id)
    return again


async def merged(here: Context, incident_id: str, body: Merging) -> Incident:
    """Move everything of one incident into another. Raises `Problem`."""
    if body.into == incident_id:
        raise Problem(422, "same-incident", f"{incident_id} cannot be merged into itself", "name another incident")
    incident = await present(here.app.store, incident_id)
    await present(here.app.store, body.into)
    text = f"{body.person} merged it into {body.into}"
    event = _event(here, incident, "merge", Moment.MERGED, body.person, text, into=body.into)
    whole = await _change(lambda: here.app.store.incidents.merge(incident_id, body.into, event))
    await _told(here, incident_id, body.into)
    await here.app.response.wake(incident)
    return whole


async def divided(here: Context, incident_id: str, body: Splitting) -> Incident:
    """Take one trouble out, and remember the pair that stays apart. Raises `Problem`."""
    store = here.app.store
    incident = await present(store, incident_id)
    members = await asyncio.to_thread(store.incidents.members, incident_id)
    part = next((member for member in members if member.trouble == body.trouble), None)
    if part is None:
        raise not_found("alert", body.trouble, f"/api/v1/incidents/{incident_id}/alerts")
    rest = next((member for member in members if member.trouble not in {body.trouble, ""}), None)
    if rest is None:
        raise _wrong_state(f"{body.trouble} is the only alert of {incident_id}")
    lead = next((member for member in members if member.trouble == incident.trouble != body.trouble), rest)
    apart = (key_of(part.alert, part.component), key_of(lead.alert, lead.component))
    text = f"{body.person} split off {part.alert.name}: another cause"
    event = _event(here, incident, "split", Moment.SPLIT, body.person, text, trouble=body.trouble)
    alone = await _change(lambda: store.incidents.split(incident_id, body.trouble, apart, event))
    await _told(here, incident_id, alone.id)
    return alone


def _close(store: Store, event: Event, resolution: str, by: str) -> Incident:
    """Close it, and let what it froze be acted on again: a person has looked."""
    closed = store.incidents.move(event.incident_id, State.RESOLVED, event, resolution=resolution, by=by)
    store.ledger.thaw([attempt.target_id for attempt in store.ledger.of_incident(event.incident_id)])
    return closed


async def _change(work: Callable[[], Incident]) -> Incident:
    try:
        return await asyncio.to_thread(work)
    except BadMove as problem:
        raise _wrong_state(str(problem)) from problem
    except LookupError as problem:
        raise Problem(404, "not-found", str(problem), "see /api/v1/incidents for what there is") from problem


async def _told(here: Context, *incident_ids: str) -> None:
    """Let the placing process and the line of responses know what people changed."""
    here.app.correlator.changed(incident_ids)


def _event(here: Context, incident: Incident, what: str, moment: Moment, by: str, text: str, **data: object) -> Event:
    key = what if ":" in what else f"{incident.run}:{what}:{secrets.token_hex(8)}"
    return Event(incident.id, key, here.app.clock.now(), moment, Crew.PERSON, text, {"by": by, **data})


def _wrong_state(words: str) -> Problem:
    return Problem(409, "wrong-state", words, "look at its timeline; somebody may have been faster")
