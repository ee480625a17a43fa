"""L8 with consoles: fifty who watch, some of them at open pages, while alerts run. None is dropped or told too much."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from typing import Any, Self

import httpx
import socketio

from benchmarks.console import Tab
from lamplighter.web.session import CSRF_FIELD
from tests.acceptance.exam.conftest import Server, Servers, wait_until
from tests.acceptance.load.conftest import Load, alert, facts_of
from tests.acceptance.load.test_reading import P99_SECONDS_MAX, Audience

LISTENERS = 40
CONSOLES = 10
ALERTS = 200
ALERTS_PER_SECOND = 50
SECONDS_MAX = 60.0
SECRET_NAME = "quentin"
ACTING = re.compile(r"<(?:button|form)[^>]*data-act=[^>]*>")


class Watching(Tab):
    """An open page that keeps all that it was sent, and notes when its socket was closed."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self.said: list[str] = []
        self.dropped = False
        self.leaving = False
        self._socket: socketio.AsyncClient
        self._socket.on("disconnect", self._gone)

    def _updated(self, message: Any) -> None:  # noqa: ANN401 - JSON of the library
        super()._updated(message)
        self.said += strings(message)

    def _gone(self, *_: object) -> None:
        self.dropped = self.dropped or not self.leaving


def strings(found: Any) -> Iterator[str]:  # noqa: ANN401 - JSON of the library
    """Every text in a message."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


class Consoles:
    """Open pages of somebody, in a thread of their own."""

    def __init__(self, server: Server, token: str) -> None:
        url = f"http://127.0.0.1:{server.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.tabs = [self._do(self._opened(url, token)) for _ in range(CONSOLES)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for tab in self.tabs:
            tab.leaving = True
            self._do(tab.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS_MAX)
        self._loop.close()

    def _do(self, work: Any) -> Any:  # noqa: ANN401 - what the work gives
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS_MAX)

    @staticmethod
    async def _opened(url: str, token: str) -> Watching:
        tab = Watching(url, token)
        await tab.open()
        return tab


def viewer(server: Server) -> str:
    """A token that may look and no more."""
    body = {"name": "screens", "scopes": ["read"]}
    made = server.client.post("/api/v1/tokens", json=body).raise_for_status().json()
    return next(text for text in strings(made) if len(text) > 30)


def test_l8_consoles_and_listeners_hear_everything_and_no_more_than_their_role_may(servers: Servers) -> None:
    server = servers.new({"responses": {"storm_from": 100_000}}).start()
    account = {"name": SECRET_NAME, "password": "quartz lantern over the harbour", "role": "admin"}
    server.client.post("/api/v1/users", json=account).raise_for_status()
    token = viewer(server)
    address = f"http://127.0.0.1:{server.port}/"
    with Audience(server, LISTENERS, token) as audience, Consoles(server, token) as consoles:
        wait_until("all listen", lambda: server.metric("lamplighter_event_listeners") >= LISTENERS, SECONDS_MAX)
        deliveries = ([alert(n, f"Rule{n}", service=f"part-{n}")] for n in range(ALERTS))
        load = Load([server.client], deliveries, per_second=ALERTS_PER_SECOND).run()
        assert (load.refused, load.unanswered) == ([], 0)
        assert load.p99 < P99_SECONDS_MAX
        facts_of(server).hold(load.acknowledged)
        number = int(facts_of(server).one("SELECT count(*) FROM incidents"))
        assert number == ALERTS
        wait_until("all heard all", lambda: all(len(heard) == ALERTS for heard in audience.opened), SECONDS_MAX)
        card = f"<strong>{ALERTS}</strong>"
        for tab in consoles.tabs:
            wait_until("a page shows all", lambda tab=tab: any(card in text for text in tab.said), SECONDS_MAX)
        page = httpx.get(address, headers={"Authorization": f"Bearer {token}", "Accept": "text/html"}).text
        assert not [tab for tab in consoles.tabs if tab.dropped]
        told = [*audience.said, *(text for tab in consoles.tabs for text in tab.said), page]
    acting = [one for text in told for one in ACTING.findall(text)]
    assert acting, "no page showed a button, so nothing is proven"
    assert [one for one in acting if 'aria-disabled="true"' not in one] == []
    secrets = (server.token, token, SECRET_NAME, "argon2", f'name="{CSRF_FIELD}"')
    assert [word for word in secrets for text in told if word in text] == []
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/api/v1/users", "/api/v1/tokens"):
        assert httpx.get(f"{address}{path[1:]}", headers=headers).status_code == httpx.codes.FORBIDDEN
    assert httpx.post(f"{address}api/v1/pause", headers=headers, json={}).status_code == httpx.codes.FORBIDDEN
    assert server.stop() == 0
    assert "Traceback" not in server.log
