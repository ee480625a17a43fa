"""The forms of people and tokens that bear a secret. One that is made here is in one answer, and nowhere else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from lamplighter.domain.access import Scope
from lamplighter.web.invitations import NewInvitation, invite
from lamplighter.web.people import NewPassword, NewUser, OwnPassword, add_user, changed_own, set_password
from lamplighter.web.problems import Problem
from lamplighter.web.rendering import form_of, page, problem_page
from lamplighter.web.session import person_of
from lamplighter.web.setting_up import another
from lamplighter.web.signing_in import NO_STORE, begin
from lamplighter.web.tokens import NewToken, add_token

router = APIRouter(include_in_schema=False)
PEOPLE = "/people"
ACCOUNT = "/account"
Form = Mapping[str, str]


@router.post(PEOPLE)
async def add_form(request: Request) -> Response:
    """Let somebody in with a password that the admin chose."""

    async def act(form: Form) -> Response:
        await add_user(request, NewUser.model_validate(_named(form, "name", "password", "role")))
        return _led(f"{PEOPLE}?done=added")

    return await _answered(request, act, PEOPLE)


@router.post(f"{PEOPLE}/invite")
async def invite_form(request: Request) -> Response:
    """Show an invitation, once."""

    async def act(form: Form) -> Response:
        made = await invite(request, NewInvitation.model_validate(_named(form, "name", "role")))
        return page(
            request,
            "once.html",
            what=f"Invitation for {made.name}, {made.role}",
            secret=made.url,
            use=f"Send it to {made.name}. Whoever opens it first chooses the password; an earlier link has ended.",
            until=made.expires_at,
        )

    return await _answered(request, act, PEOPLE)


@router.post(f"{PEOPLE}/password")
async def password_form(request: Request) -> Response:
    """Give somebody another password."""

    async def act(form: Form) -> Response:
        await set_password(request, form.get("name", ""), NewPassword.model_validate(_named(form, "password")))
        return _led(f"{PEOPLE}?done=password")

    return await _answered(request, act, PEOPLE)


@router.post("/tokens")
async def token_form(request: Request) -> Response:
    """Make an API token, and show it once."""

    async def act(form: Form) -> Response:
        scopes = [str(scope) for scope in Scope if f"scope-{scope}" in form]
        asked = {"name": form.get("name", ""), "scopes": scopes, "expires_in": form.get("expires_in")}
        made = await add_token(request, NewToken.model_validate(asked))
        return page(
            request,
            "once.html",
            what=f"{made.id}, {made.name}",
            secret=made.token,
            use=f"Give it to the program as bearer token. It may: {', '.join(made.scopes)}.",
            until=made.expires_at,
        )

    return await _answered(request, act, PEOPLE)


@router.post("/setup-link")
async def setup_link_form(request: Request) -> Response:
    """Show another set-up link, once."""

    async def act(_form: Form) -> Response:
        made = await another(request)
        use = (
            "Whoever opens it first becomes an admin with a name and a password of their own. Earlier ones have ended."
        )
        return page(request, "once.html", what="Set-up link", secret=made.url, use=use, until=None)

    return await _answered(request, act, PEOPLE)


@router.post(f"{ACCOUNT}/password")
async def own_password_form(request: Request) -> Response:
    """Another password for whoever asks; this browser goes on in a session of its own, all others end."""

    async def act(form: Form) -> Response:
        account = await changed_own(request, OwnPassword.model_validate(_named(form, "present", "password")))
        person = person_of(request)
        if person is None:
            raise Problem(401, "unauthorized", "nobody is signed in", "sign in")
        return await begin(request, person, account.stamp, f"{ACCOUNT}?done=own-password")

    return await _answered(request, act, ACCOUNT)


async def _answered(request: Request, act: Callable[[Form], Awaitable[Response]], back: str) -> Response:
    """Do it; or say what was wrong, without what was typed, and the way back."""
    try:
        return await act(await form_of(request))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        wrong = Problem(422, "invalid", f"{key}: {first['msg']}", "go back and correct that field")
        return problem_page(request, wrong, back)
    except Problem as problem:
        return problem_page(request, problem, back)


def _named(form: Form, *names: str) -> dict[str, str]:
    """These fields, as far as they were filled in."""
    return {name: form[name] for name in names if name in form}


def _led(where: str) -> Response:
    return RedirectResponse(where, status_code=303, headers=NO_STORE)
