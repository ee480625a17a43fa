"""What the forms of the pages do: the same as the API, for people. Only POST acts, and only from our own pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from lamplighter.web import checks
from lamplighter.web.approvals import ApprovalId, put_off
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import Context, context
from lamplighter.web.incidents import IncidentId
from lamplighter.web.life import (
    Acknowledging,
    Comment,
    Feedback,
    Merging,
    Reopening,
    Resolving,
    Splitting,
    acknowledged,
    assessed,
    commented,
    divided,
    merged,
    reopened,
    resolved,
)
from lamplighter.web.maintenance import NewMaintenance, worked_on
from lamplighter.web.operation import Pausing, pressed, released
from lamplighter.web.problems import Problem
from lamplighter.web.rendering import form_of, problem_page
from lamplighter.web.session import signature
from lamplighter.web.silences import NewSilence, SilenceId, authored, silenced_as_asked, unsilenced

router = APIRouter(include_in_schema=False)
Body = TypeVar("Body", bound=BaseModel)
# Where the switch of a page may lead back to: pages of ours that have one, and nothing else that a form says.
BACK = re.compile(r"/(?:(?:incidents(?:/INC-[0-9]{1,18})?|alerts|silences|checks)(?:\?plain=1)?)?")
VERDICTS = ("right", "wrong")
Work = Callable[[Context, str, Mapping[str, str]], Awaitable[str]]


async def _comment(here: Context, incident_id: str, form: Mapping[str, str]) -> str:
    await commented(here, incident_id, _read(Comment, form))
    return incident_id


async def _acknowledge(here: Context, incident_id: str, form: Mapping[str, str]) -> str:
    return (await acknowledged(here, incident_id, _read(Acknowledging, form))).id


async def _resolve(here: Context, incident_id: str, form: Mapping[str, str]) -> str:
    return (await resolved(here, incident_id, _read(Resolving, form))).id


async def _reopen(here: Context, incident_id: str, form: Mapping[str, str]) -> str:
    return (await reopened(here, incident_id, _read(Reopening, form))).id


async def _merge(here: Context, incident_id: str, form: Mapping[str, str]) -> str:
    return (await merged(here, incident_id, _read(Merging, form))).id


async def _split(here: Context, incident_id: str, form: Mapping[str, str]) -> str:
    return (await divided(here, incident_id, _read(Splitting, form))).id


async def _feedback(here: Context, incident_id: str, form: Mapping[str, str]) -> str:
    told = {name: form[name] for name in ("by", "text", "component") if name in form}
    if form.get("cause") not in VERDICTS:
        raise Problem(422, "invalid", "cause: neither right nor wrong", "go back and choose one of the two")
    await assessed(here, incident_id, _read(Feedback, {**told, "right": form["cause"] == VERDICTS[0]}))
    return incident_id


WORKS: Mapping[str, Work] = {
    "comment": _comment,
    "feedback": _feedback,
    "acknowledge": _acknowledge,
    "resolve": _resolve,
    "reopen": _reopen,
    "merge": _merge,
    "split": _split,
}


@router.post("/incidents/{incident_id}/{verb}")
async def incident_form(request: Request, incident_id: IncidentId, verb: str) -> Response:
    """One form of the incident page; afterwards the incident that it leads to is shown."""
    work = WORKS.get(verb)
    if work is None:
        raise Problem(404, "not-found", f"there is no form {verb[:40]!r}", "use the forms of the incident's page")

    async def act() -> str:
        form = await form_of(request)
        form["by"] = signature(request, form.get("by", APPROVER))
        return f"/incidents/{await work(context(request), incident_id, form)}"

    return await _answered(request, act, f"/incidents/{incident_id}")


@router.post("/approvals/{approval_id}/snooze")
async def snooze_form(request: Request, approval_id: ApprovalId) -> Response:
    """Ask again in 30 minutes; afterwards the incident is shown."""

    async def act() -> str:
        await form_of(request)
        held = await put_off(context(request), approval_id, by=signature(request, APPROVER))
        return f"/incidents/{held.incident_id}"

    return await _answered(request, act, "/incidents")


@router.post("/silences")
async def silence_form(request: Request) -> Response:
    """A new silence: matchers apart by commas or lines."""

    async def act() -> str:
        form = await form_of(request)
        words = [line.strip() for line in form.pop("matchers", "").splitlines() if line.strip()]
        asked = authored(request, _read(NewSilence, {**form, "matchers": words}))
        await silenced_as_asked(context(request), asked)
        return "/silences"

    return await _answered(request, act, "/silences")


@router.post("/silences/{silence_id}/end")
async def end_form(request: Request, silence_id: SilenceId) -> Response:
    """End a silence, or planned work that was added by hand."""

    async def act() -> str:
        await form_of(request)
        await unsilenced(request, silence_id)
        return "/silences"

    return await _answered(request, act, "/silences")


@router.post("/maintenance")
async def maintenance_form(request: Request) -> Response:
    """Planned work from now on; targets apart by spaces."""

    async def act() -> str:
        form = await form_of(request)
        targets = form.pop("targets", "").replace(",", " ").split()
        asked = authored(request, _read(NewMaintenance, {**form, "targets": targets}))
        await worked_on(context(request), asked)
        return "/silences"

    return await _answered(request, act, "/silences")


@router.post("/checks/run")
async def check_form(request: Request) -> Response:
    """Look now."""

    async def act() -> str:
        await checks.run(request, (await form_of(request)).get("name", ""))
        return "/checks"

    return await _answered(request, act, "/checks")


@router.post("/pause")
async def pause_form(request: Request) -> Response:
    """Press the kill switch, and show the same page again."""
    return await _switched(request, pause=True)


@router.post("/resume")
async def resume_form(request: Request) -> Response:
    """Let actions run again, and show the same page again."""
    return await _switched(request, pause=False)


async def _switched(request: Request, *, pause: bool) -> Response:
    here, by = context(request), signature(request, APPROVER)

    async def act() -> str:
        form = await form_of(request)
        back = form.pop("back", "")
        if pause:
            await pressed(here, by, _read(Pausing, {"reason": form.get("why", "")}).reason)
        else:
            await released(here, by)
        return back if BACK.fullmatch(back) else "/"

    return await _answered(request, act, "/")


async def _answered(request: Request, act: Callable[[], Awaitable[str]], back: str) -> Response:
    """Do it, and show where it led; or what was wrong, with the way back."""
    try:
        return RedirectResponse(await act(), status_code=303, headers={"Cache-Control": "no-store"})
    except Problem as problem:
        return problem_page(request, problem, back)


def _read(kind: type[Body], form: Mapping[str, object]) -> Body:
    """The form's fields as the API takes them. Raises `Problem` 422."""
    try:
        return kind.model_validate(dict(form))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise Problem(422, "invalid", f"{key}: {first['msg']}", "go back and correct that field") from error
