"""What the doors use to know people: one for each running server, put together from the app's parts."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from lamplighter.app import App
from lamplighter.domain.access import Person
from lamplighter.web.attempts import Attempts
from lamplighter.web.bearer import Bearers
from lamplighter.web.identity import SECRET_BYTES, Identities, digest
from lamplighter.web.oidc import OidcClient
from lamplighter.web.passwords import Passwords
from lamplighter.web.reach import address
from lamplighter.web.session import SETUP_PATH


@dataclass(slots=True)
class Access:
    """How people are known, their passwords compared, and attempts counted."""

    app: App
    identities: Identities
    passwords: Passwords
    attempts: Attempts
    bearers: Bearers
    oidc: OidcClient | None = None

    async def setup_url(self, *, only: bool, by: str = "") -> str:
        """Another set-up link; `only` ends the earlier ones. Raises `StoreUnavailable`."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        links, now = self.app.store.setup_links, self.app.clock.now()
        await asyncio.to_thread(lambda: links.add(digest(secret), now, only=only, by=by))
        return f"{address(self.app.settings.configuration)}{SETUP_PATH}?t={secret}"

    async def first_setup_url(self) -> str:
        """A set-up link while nobody can sign in; empty afterwards. Those of earlier starts go on holding."""
        auth = self.app.settings.configuration.auth
        if auth.oidc is not None or auth.proxy is not None or await self.anybody():
            return ""
        return await self.setup_url(only=False)

    async def anybody(self) -> bool:
        """Whether anybody has an account. Raises `StoreUnavailable`."""
        return bool(await asyncio.to_thread(self.app.store.accounts.listed, 1))


def make_access(app: App) -> Access:
    """The access of one running app."""
    bearers = Bearers(app.signing_key)
    asked = app.settings.configuration.auth
    identities = Identities(app.token, bearers, app.store, app.clock, asked.proxy, asked.oidc)
    oidc = None if asked.oidc is None else OidcClient(asked.oidc, app.clock)
    return Access(app, identities, Passwords(), Attempts(), bearers, oidc)


def access(asked: HTTPConnection) -> Access:
    """The access of the server that took this request or socket."""
    found = asked.app.state.access
    if not isinstance(found, Access):
        raise TypeError("the server was not put together by make_api")
    return found


async def standing(asked: HTTPConnection) -> Person | None:
    """Who it is now: asked again, for what stays open longer than a session may. Raises `StoreUnavailable`."""
    found = await access(asked).identities.known(asked.scope, asked.headers)
    return None if found is None else found.person
