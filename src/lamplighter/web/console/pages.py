"""Which pages the console has, and how each is opened: who may see it, what it shows first, what it may do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Self

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.routing import BaseRoute

from lamplighter.domain.access import Person, Right
from lamplighter.reports.axis import Span
from lamplighter.web.access import Access
from lamplighter.web.audit import FILTERS
from lamplighter.web.auth import from_other_site
from lamplighter.web.checkup import looked
from lamplighter.web.chronology import ASKED
from lamplighter.web.console.acts import Desk
from lamplighter.web.console.audit import AuditView
from lamplighter.web.console.door import routes
from lamplighter.web.console.frame import FrameView
from lamplighter.web.console.house import Components, SettingsView
from lamplighter.web.console.hub import Hub, Key, Said, keyed
from lamplighter.web.console.incident import REPLY, IncidentView
from lamplighter.web.console.lists import ApprovalList, IncidentList
from lamplighter.web.console.making import make_maker
from lamplighter.web.console.overview import Overview
from lamplighter.web.console.people import DONE, AccountView, PeopleView
from lamplighter.web.console.shell import NOTICE, Handed, Opening, running, set_up
from lamplighter.web.console.welcome import Welcome
from lamplighter.web.context import Context
from lamplighter.web.session import csrf_of, person_of, required, why_not

log = structlog.get_logger()
OVERVIEW = Key("overview")
SETTINGS = Key("settings")
ASKING = "ask"
LOOK_SECONDS = 1.0
AGAIN_SECONDS = 5.0
LIST_FILTERS = ("status", "q", "component", "severity", "since", "until", "flapping", "cursor")


@dataclass(frozen=True, slots=True)
class Console:
    """All pages of one running server."""

    here: Context
    hub: Hub
    told: IncidentView

    @classmethod
    def make(cls, here: Context) -> Self:
        """The console of one server. Raises `UnknownPage`."""
        set_up()
        maker = make_maker(here.app.settings.configuration.site.timezone, here.called)
        told = IncidentView(maker)
        views = {
            "frame": FrameView(maker).sheet,
            "overview": Overview(maker).sheet,
            "incidents": IncidentList(maker).sheet,
            "incident": told.sheet,
            "approvals": ApprovalList(maker).sheet,
            "components": Components(maker).sheet,
            "settings": SettingsView(maker).sheet,
            "people": PeopleView(maker).sheet,
            "audit": AuditView(maker).sheet,
            "account": AccountView(maker).sheet,
            "welcome": Welcome(maker).sheet,
        }

        number = count()

        def notice(said: Said) -> str:
            # The number tells two notices with the same words apart, so that the second is shown too.
            return maker.sheet("notice.html", (NOTICE,), said=said, number=next(number))[NOTICE]

        hub = Hub(here, views, notice)
        here.pairings.changed = partial(hub.again, "welcome")
        return cls(here, hub, told)

    @staticmethod
    def routes() -> list[BaseRoute]:
        """What the server gets besides its own routes."""
        return routes()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep open pages fresh as long as the server runs."""
        async with running():
            keeping = asyncio.create_task(self._keep(), name="console")
            try:
                yield
            finally:
                keeping.cancel()
                with suppress(asyncio.CancelledError):
                    await keeping

    async def _keep(self) -> None:
        """Go on whatever breaks: who cannot see the console can still be told, and alerts are still answered."""
        while True:
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self.hub.run(), name="console pages")
                    both.create_task(self._look(), name="console radar")
            except* Exception:
                log.exception("the console broke off, and begins again")
                await asyncio.sleep(AGAIN_SECONDS)

    async def _look(self) -> None:
        """Ask how full everything is, as long as somebody looks at the radar."""
        vitals = self.here.app.vitals
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.hub.shows(OVERVIEW):
                before = vitals.facts
                await vitals.refresh()
                if vitals.facts is not before:
                    await self.hub.refresh(OVERVIEW)

    async def overview(self, request: Request) -> Handed:
        """The command centre."""
        return await self._open(request, "Command centre", "overview", OVERVIEW)

    async def incidents(self, request: Request) -> Handed:
        """The list, as the address asks for it. Raises `Problem`, `RequestValidationError`."""
        asked = _asked(request, LIST_FILTERS)
        with _wrong_filters():
            return await self._open(request, "Incidents", "incidents", Key("incidents", keyed(asked)))

    async def audit(self, request: Request) -> Handed:
        """Who did what, as the address asks for it. Raises `Problem`, `RequestValidationError`."""
        key = Key("audit", keyed(_asked(request, (*FILTERS, "cursor"))), required(request, Right.ADMINISTER))
        with _wrong_filters():
            return await self._open(request, "Audit log", "audit", key)

    async def incident(self, request: Request, incident_id: str, span: Span) -> Handed:
        """One incident, with the stretch of time that its picture shows. Raises `Problem` 404."""
        key = Key("incident", keyed({ASKED: span}), incident=incident_id, person=_role_of(request))
        return await self._open(request, incident_id, "incident", key, {REPLY: self.told.reply(incident_id, None)})

    async def approvals(self, request: Request) -> Handed:
        """What waits for people."""
        return await self._open(request, "Approvals", "approvals", Key("approvals", person=_role_of(request)))

    async def components(self, request: Request) -> Handed:
        """What is watched, and what may be done to it."""
        return await self._open(request, "Components", "components", Key("components"))

    async def settings(self, request: Request) -> Handed:
        """The configuration in force."""
        required(request, Right.SEE)
        # Looking takes seconds where something is away; the page does not wait for it.
        self.here.background(self._examined(SETTINGS))
        return await self._open(request, "Settings", "settings", SETTINGS)

    async def people(self, request: Request) -> Handed:
        """Who may come in. Raises `Problem` 403."""
        key = Key("people", keyed({"csrf": csrf_of(request)}), required(request, Right.ADMINISTER))
        return await self._open(request, "People and tokens", "people", key)

    async def account(self, request: Request) -> Handed:
        """Who asks."""
        key = Key("account", keyed({"csrf": csrf_of(request)}), person_of(request))
        return await self._open(request, "Account", "account", key)

    async def welcome(self, request: Request) -> Handed:
        """The first steps; for an admin with the forms that pair a phone, in a page of that session alone."""
        required(request, Right.SEE)
        key = Key("welcome", person=_role_of(request))
        if not why_not(person_of(request), Right.ADMINISTER):
            key = Key("welcome", keyed({"csrf": csrf_of(request)}), person_of(request))
        self.here.background(self._examined(key))
        return await self._open(request, "Set-up", "welcome", key)

    async def _examined(self, key: Key) -> None:
        await looked(self.here)
        await self.hub.refresh(key)

    async def _open(
        self, request: Request, title: str, view: str, key: Key, own: Mapping[str, str] | None = None
    ) -> Handed:
        """A page. `own` are panes of this page alone, which nothing that is made for others ever fills."""
        person = required(request, Right.SEE)
        place = f"/{request.url.path.strip('/').partition('/')[0]}"
        frame = Key("frame", keyed({"place": place, "csrf": csrf_of(request)}), person)
        keys = (frame, key)
        # Our own forms lead here; a link that somebody else made must not say that something was done.
        done = "" if from_other_site(request.headers) else request.query_params.get("done", "")
        said = Said(DONE.get(done, ""))
        since = time.monotonic()
        sheet = {**_beside(await self.hub.sheet(keys), own or {}), NOTICE: self.hub.notice(said)}
        site = self.here.app.settings.configuration.site.name

        access: Access = request.app.state.access
        scope = request.scope

        async def who() -> Person | None:
            identity = await access.identities.known(scope, request.headers)
            return identity.person if identity else None

        desk = Desk(self.here, self.hub, keys, who, known=person, shown=self.told.reply)
        return Handed(Opening(f"{title} · {site}", view, keys, sheet, since, self.hub, desk))


def _asked(request: Request, names: Iterable[str]) -> dict[str, str]:
    """What the address asks for, by name."""
    given = request.query_params
    return {name: ",".join(given.getlist(name)) for name in names if given.get(name)}


@contextmanager
def _wrong_filters() -> Iterator[None]:
    """What is wrong with a filter, as if the route had found it."""
    try:
        yield
    except ValidationError as problem:
        errors = [{**error, "loc": ("query", *error["loc"])} for error in problem.errors()]
        raise RequestValidationError(errors) from problem


def _beside(sheet: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The panes in the order in which one reads them: a page's own stand after what asks for them."""
    made: dict[str, str] = {}
    for name, html in sheet.items():
        made[name] = html
        if name == ASKING:
            made |= own
    return made


def _role_of(request: Request) -> Person | None:
    """Who asks, without the name: people of one role see the same page, and it is made once for them."""
    person = person_of(request)
    return Person(person.role.word, person.role, person.via, person.scopes) if person else None
