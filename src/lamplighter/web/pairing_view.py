"""What the two pages that pair a phone show alike: a picture of the link, whose pairing it is, where the token goes."""

from __future__ import annotations

import os
from collections.abc import Mapping

import segno
from fastapi import Request
from markupsafe import Markup

from lamplighter.domain.access import Person
from lamplighter.settings import Settings
from lamplighter.settings.drafting import TokenPlace
from lamplighter.web.session import csrf_of, person_of

TOKEN_FILE = "telegram_token"  # noqa: S105 - the name of a file
UNDER_SYSTEMD = "INVOCATION_ID"
QUIET_ZONE = 4


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


def token_place(settings: Settings, prefix: str = "", environ: Mapping[str, str] = os.environ) -> TokenPlace:
    """Where the token's file goes: into the data folder, the server's own; `prefix` leads into a container."""
    folder = settings.data_folder.resolve()
    return TokenPlace(str(folder / TOKEN_FILE), str(folder), prefix, by_root=not prefix and UNDER_SYSTEMD in environ)
