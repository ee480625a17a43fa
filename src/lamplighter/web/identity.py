"""Who a request comes from: the data folder's token, an API token, a JWT, a session cookie, or a trusted proxy."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address

import structlog
from starlette.datastructures import Headers
from starlette.types import Scope

from lamplighter.domain.access import Person, Role, Via, mapped_role, role_for
from lamplighter.domain.account import BadAccount, Session, account_name
from lamplighter.ports import Clock, Store, StoreUnavailable
from lamplighter.settings.access import Oidc, Proxy
from lamplighter.web.bearer import Bearers
from lamplighter.web.recollection import Recollection

CREDENTIAL_CHARACTERS_MAX = 4096
COOKIE_CHARACTERS_MAX = 16_384
GROUPS_MAX = 200
SECRET_BYTES = 32
COOKIE = "lamplighter_session"
# A browser keeps this one only from https and for our host alone, whatever a neighbour sets.
SECURE_COOKIE = "__Host-lamplighter_session"
API_TOKEN_PREFIX = "lmp_"  # noqa: S105 - what a token begins with
OWNER = "admin"
USED_EVERY = timedelta(hours=1)
# Where it failed, no request waits for it again so soon.
NOTING_PAUSE = timedelta(minutes=1)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Identity:
    """A person; `secret` is there where a browser sends the proof by itself, and tokens for forms are made of it."""

    person: Person
    secret: str = ""


class Identities:
    """Knows people by what their requests bear."""

    def __init__(
        self,
        token: str,
        bearers: Bearers,
        store: Store,
        clock: Clock,
        proxy: Proxy | None = None,
        oidc: Oidc | None = None,
    ) -> None:
        self._token = token.encode()
        self._owner = Identity(Person(OWNER, Role.ADMIN, Via.TOKEN))
        # What let a session in must be there still, and say the same.
        self._stamps = {Via.TOKEN: digest(f"session {token}")}
        if oidc is not None:
            self._stamps[Via.OIDC] = configured(oidc)
        if proxy is not None:
            self._stamps[Via.PROXY] = configured(proxy)
        self._bearers = bearers
        self._store = store
        self._clock = clock
        self._proxy = proxy
        self._recollection = Recollection(clock)
        self._noting_at = datetime.min.replace(tzinfo=UTC)

    def owner(self, headers: Headers) -> Identity | None:
        """Whoever has the data folder's token. Asks nothing and nobody: receivers come this way."""
        _, given = _credential(headers.get("authorization", ""))
        if not hmac.compare_digest(given, self._token):
            return None
        return self._owner

    def with_token(self, text: str) -> tuple[Person, str] | None:
        """The owner, and the stamp for a session, where somebody typed the data folder's token as the password."""
        if not hmac.compare_digest(text.strip().encode("utf-8", "replace"), self._token):
            return None
        return self._owner.person, self._stamps[Via.TOKEN]

    async def known(self, scope: Scope, headers: Headers) -> Identity | None:
        """Who it is; None for nobody that is known. Raises `StoreUnavailable`."""
        owner = self.owner(headers)
        if owner is not None:
            return owner
        found = await self._program(headers) or await self._browser(headers)
        self._recollection.keep(headers, found)
        return found or self._vouched_for(scope, headers)

    def known_lately(self, scope: Scope, headers: Headers) -> Identity | None:
        """Who it was a few minutes ago: asks no store, and is good for pressing the switch alone."""
        return self._recollection.of(headers) or self._vouched_for(scope, headers)

    async def _program(self, headers: Headers) -> Identity | None:
        scheme, given = _credential(headers.get("authorization", ""))
        text = given.decode("ascii", "replace")
        if scheme == "bearer" and text.startswith(API_TOKEN_PREFIX):
            return await self._api_token(text)
        claims = self._bearers.read(text, self._clock.now()) if scheme == "bearer" else None
        if claims is None:
            return None
        account = await asyncio.to_thread(self._store.accounts.load, claims.name)
        if account is None or not hmac.compare_digest(account.stamp.encode(), claims.stamp.encode()):
            return None
        return Identity(Person(account.name, account.role, Via.PASSWORD))

    async def _api_token(self, text: str) -> Identity | None:
        now = self._clock.now()
        found = await asyncio.to_thread(self._store.api_tokens.load, digest(text))
        if found is None or not found.holds(now):
            return None
        if found.used_at is None or now - found.used_at >= USED_EVERY:
            await self._note_use(found.id, now)
        return Identity(Person(found.name, role_for(found.scopes), Via.API_TOKEN, found.scopes))

    async def _note_use(self, token_id: str, now: datetime) -> None:
        """Note when it was used, which is for people: a store that takes no writes keeps no reader out."""
        if now < self._noting_at:
            return
        try:
            await asyncio.to_thread(self._store.api_tokens.used, token_id, now)
        except StoreUnavailable as problem:
            self._noting_at = now + NOTING_PAUSE
            log.warning("the use of an API token cannot be noted", token=token_id, problem=str(problem))

    async def _browser(self, headers: Headers) -> Identity | None:
        for secret in cookies_of(headers):
            session = await asyncio.to_thread(self._store.sessions.load, digest(secret), self._clock.now())
            if session is not None and self._stands(session):
                return Identity(Person(session.name, session.role, session.via), secret)
        return None

    def _stands(self, session: Session) -> bool:
        """Whether what let it in does so still: of passwords the store knows, with the account itself."""
        return session.via is Via.PASSWORD or session.stamp == self._stamps.get(session.via)

    def stamp_of(self, via: Via) -> str:
        """The stamp for a session of somebody whom another system vouched for; empty where none may."""
        return self._stamps.get(via, "")

    def _vouched_for(self, scope: Scope, headers: Headers) -> Identity | None:
        """Whom the proxy names. From any other address its headers mean nothing; twice the same header neither."""
        if self._proxy is None or not is_from(scope, self._proxy):
            return None
        names, groups = headers.getlist(self._proxy.user_header), headers.getlist(self._proxy.groups_header)
        if len(names) != 1 or len(groups) > 1:
            return None
        try:
            name = account_name(names[0])
        except BadAccount:
            return None
        listed = [group.strip() for group in "".join(groups).split(",")[:GROUPS_MAX]]
        role = mapped_role(listed, dict(self._proxy.role_of_group), self._proxy.otherwise)
        if role is None:
            return None
        secret = hmac.new(self._token, f"proxy {name}".encode(), hashlib.sha256).hexdigest()
        return Identity(Person(name, role, Via.PROXY), secret)

    async def begun(self, person: Person, stamp: str, lifetime_seconds: float) -> str:
        """Open a session, and return the secret for its cookie, which is kept nowhere. Raises `StoreUnavailable`."""
        now, secret = self._clock.now(), secrets.token_urlsafe(SECRET_BYTES)
        ends = now + timedelta(seconds=lifetime_seconds)
        session = Session(digest(secret), person.name, person.role, person.via, stamp, now, ends)
        await asyncio.to_thread(self._store.sessions.open, session)
        return secret

    async def ended(self, headers: Headers) -> None:
        """End the sessions of a browser. Raises `StoreUnavailable`."""
        self._recollection.keep(headers, None)
        for secret in cookies_of(headers):
            await asyncio.to_thread(self._store.sessions.end, digest(secret))


def configured(system: Oidc | Proxy) -> str:
    """Changes with what decides who comes in by another system, and as what."""
    said = system.model_dump(mode="json", exclude={"client_secret", "label", "scopes"})
    return digest(json.dumps(said, sort_keys=True))


def digest(secret: str) -> str:
    """What is kept of a secret that is long and random."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def cookies_of(headers: Headers) -> list[str]:
    """The session secrets that a browser brings, at most two: that of https, and that of plain http."""
    text = headers.get("cookie", "")
    if COOKIE not in text or len(text) > COOKIE_CHARACTERS_MAX:
        return []
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(text)
    except CookieError:
        return []
    return [jar[name].value for name in (SECURE_COOKIE, COOKIE) if name in jar and jar[name].value]


def is_from(scope: Scope, proxy: Proxy) -> bool:
    """Whether the proxy itself made this connection."""
    try:
        address = ip_address((scope.get("client") or ("", 0))[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in proxy.addresses)


def _credential(header: str) -> tuple[str, bytes]:
    """The scheme, and the token or the password; empty for anything else."""
    scheme, _, value = header.strip().partition(" ")
    scheme = scheme.lower()
    if len(value) > CREDENTIAL_CHARACTERS_MAX:
        return scheme, b""
    if scheme == "bearer":
        return scheme, value.strip().encode("utf-8", "replace")
    if scheme == "basic":
        try:
            return scheme, base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return scheme, b""
    return scheme, b""
