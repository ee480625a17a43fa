"""The forms that pair a phone, and their page for browsers without scripts. A token is read here, and never shown."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from lamplighter.domain.access import Right
from lamplighter.integrations.telegram import TelegramConfig
from lamplighter.integrations.telegram.pairing import Stage
from lamplighter.web.context import context
from lamplighter.web.pairing_view import owner_of, pairing_of, vantage_of
from lamplighter.web.problems import Problem
from lamplighter.web.rendering import form_of, page, problem_page
from lamplighter.web.session import csrf_of, required

router = APIRouter(include_in_schema=False)
PATH = "/welcome/telegram"
LIVE = "/welcome"
# The page looks again by itself so often, while there is something to wait for.
AGAIN_SECONDS = 5
WAITING = frozenset({Stage.WAITING, Stage.GREETED})


@router.get(PATH)
async def pairing_page(request: Request) -> Response:
    """How the pairing stands, and the forms; it looks again by itself while a phone is waited for."""
    required(request, Right.ADMINISTER)
    here = context(request)
    found = pairing_of(here, owner_of(request), csrf_of(request), vantage_of(here.app))
    set_already = "telegram" in here.app.settings.channels
    shown = page(request, "pairing.html", found=found, set_already=set_already, again=PATH)
    if found.standing is not None and found.standing.stage in WAITING:
        shown.headers["Refresh"] = str(AGAIN_SECONDS)
    return shown


@router.post(PATH)
async def begin_form(request: Request) -> Response:
    """Begin to wait for a phone; what is wrong with the bot stands on the page that this leads to."""
    required(request, Right.ADMINISTER)
    here = context(request)
    if "telegram" in here.app.settings.channels:
        taken = Problem(409, "set-already", "Telegram is set already", "take notify.telegram out of the file first")
        return problem_page(request, taken, LIVE)
    try:
        form = await form_of(request)
        await here.pairings.begin(owner_of(request), _config(form), here.app.settings.configuration.site.name)
    except Problem as problem:
        return problem_page(request, problem, LIVE)
    return _led(form)


@router.post(f"{PATH}/end")
async def end_form(request: Request) -> Response:
    """Stop waiting, and forget the token."""
    required(request, Right.ADMINISTER)
    form = await form_of(request)
    await context(request).pairings.end(owner_of(request))
    return _led(form)


def _config(form: dict[str, str]) -> TelegramConfig:
    """The bot, as the configuration would take it. Raises `Problem` without what was typed."""
    if "@" in form.get("api_url", ""):
        raise Problem(422, "invalid", "api_url must hold no name or password", "go back and correct that field")
    given = {"token": form.get("token", ""), "chat": 0, **({"api_url": form["api_url"]} if "api_url" in form else {})}
    try:
        return TelegramConfig.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        words = first["msg"].removeprefix("Value error, ")
        raise Problem(422, "invalid", f"{key} {words}", "go back and correct that field") from None


def _led(form: dict[str, str]) -> Response:
    back = PATH if form.get("back") == PATH else f"{LIVE}#tell"
    return RedirectResponse(back, status_code=303, headers={"Cache-Control": "no-store"})
