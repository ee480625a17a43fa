"""What the two pages that pair a phone show alike: a picture of the link, whose pairing it is, where the token goes."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

import segno
from fastapi import Request
from markupsafe import Markup

from lamplighter.app import App
from lamplighter.domain.access import Person
from lamplighter.domain.nearby import Vantage, vantage
from lamplighter.integrations.telegram.pairing import Standing
from lamplighter.settings import Settings
from lamplighter.settings.drafting import TokenPlace, telegram_lines, token_line
from lamplighter.web.context import Context
from lamplighter.web.session import csrf_of, person_of

TOKEN_FILE = "telegram_token"  # noqa: S105 - the name of a file
UNDER_SYSTEMD = "INVOCATION_ID"
QUIET_ZONE = 4


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a page shows of it: how it stands, the link as a picture, and what goes into which file."""

    offered: bool
    csrf: str = ""
    standing: Standing | None = None
    picture: str = ""
    found: Mapping[str, object] = field(default_factory=dict)
    lines: str = ""
    token_line: str = ""


def pairing_of(here: Context, whose: str, csrf: str, where: Vantage) -> Pairing:
    """As it stands for whoever looks, which is noted; `csrf` is for the forms."""
    place = token_place(here.app.settings, where)
    standing, found = here.pairings.look(whose), here.pairings.draft(whose, place.path)
    picture = qr(standing.link) if standing and standing.link else ""
    lines = telegram_lines(found) if found else ""
    return Pairing(True, csrf, standing, picture, found, lines, token_line(place))


def owner_of(request: Request) -> str:
    """Whose pairing it is: that of one session, or of one person where there is no session."""
    return owner(person_of(request), csrf_of(request))


def owner(person: Person | None, csrf: str) -> str:
    """As `owner_of`, from what a page of the console is known by."""
    return f"{person.signature} {csrf}" if person else ""


def qr(link: str) -> Markup:
    """The link as a picture, dark on light whatever the page is like, because that is what cameras read."""
    made = segno.make(link, error="m", micro=False)
    drawn = made.svg_inline(
        border=QUIET_ZONE, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None, title="QR code"
    )
    return Markup(drawn)  # noqa: S704 - numbers and a title of our own; the link itself is in no attribute


def vantage_of(app: App) -> Vantage:
    """From where this server looks."""
    engine = str(getattr(app.settings.sources.get("docker"), "host", ""))
    return vantage(app.surveying.components, engine, socket.gethostname())


def from_outside(where: Vantage, *, typed: bool = False) -> str:
    """What stands before a command for Lamplighter's own container, outside of it; `typed`: it reads the keyboard."""
    if where.service:
        return f"docker compose exec {where.service} "
    # Without -i it would find an empty input, and what is pasted would be a command of the shell outside.
    return f"docker exec {'-i ' if typed else ''}{where.own} " if where.own else ""


def token_place(settings: Settings, where: Vantage, environ: Mapping[str, str] = os.environ) -> TokenPlace:
    """Where the token's file goes: into the data folder, the server's own, and from where one types."""
    folder = settings.data_folder.resolve()
    by_root = not where.inside and UNDER_SYSTEMD in environ
    return TokenPlace(str(folder / TOKEN_FILE), str(folder), from_outside(where, typed=True), by_root=by_root)
