"""Which right each route wants: one table, in one place. A route that is not in it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

from starlette.routing import compile_path

from lamplighter.domain.access import Right


class Door(StrEnum):
    """What no role is wanted for."""

    OPEN = "open"
    SIGNED_IN = "signed in"


Need = Right | Door
ADDRESSES_KEPT = 256
KEPT_CHARS_MAX = 200
SOCKET = "WEBSOCKET"
RECEIVER = "/api/v1/alerts/{source}"
PING = "/ping/{word}"
ACT = "/act/{word}"

TABLE: Mapping[Need, Iterable[str]] = {
    Right.DELIVER: (
        f"POST {RECEIVER}",
        "POST /alert",
    ),
    Door.OPEN: (
        "GET /-/healthy",
        "GET /-/ready",
        "GET /healthz",
        "GET /readyz",
        "GET /health",
        "GET /metrics",
        # A heartbeat's URL is its own secret.
        f"GET {PING}",
        f"HEAD {PING}",
        f"POST {PING}",
        # That of a message's button is signed, one-time, and takes POST only.
        f"POST {ACT}",
        "GET /login",
        "POST /login",
        "GET /login/page.css",
        "GET /login/oidc",
        "GET /login/oidc/callback",
        "GET /setup",
        "POST /setup",
        "GET /invitation",
        "POST /invitation",
    ),
    Door.SIGNED_IN: (
        "GET /",
        "POST /logout",
        "GET /api/v1/me",
        "POST /api/v1/me/password",
        "POST /account/password",
    ),
    Right.SEE: (
        "GET /assets/{name}",
        "GET /incidents",
        "GET /incidents/{incident_id}",
        "GET /alerts",
        "GET /silences",
        "GET /checks",
        "GET /approvals",
        "GET /components",
        "GET /settings",
        "GET /account",
        "GET /welcome",
        "GET /_nicegui/{file:path}",
        f"{SOCKET} /_nicegui_ws/socket.io/",
        "GET /stats",
        "GET /api/v1/openapi.json",
        "GET /api/v1/status",
        "GET /api/v1/alerts",
        "GET /api/v1/dead-letters",
        "GET /api/v1/incidents",
        "GET /api/v1/incidents/{incident_id}",
        "GET /api/v1/incidents/{incident_id}/timeline",
        "GET /api/v1/incidents/{incident_id}/alerts",
        "GET /api/v1/incidents/{incident_id}/case",
        "GET /api/v1/incidents/{incident_id}/markdown",
        "GET /api/v1/incidents/{incident_id}/postmortem",
        # It answers from what is stored, and changes nothing.
        "POST /api/v1/incidents/{incident_id}/ask",
        "GET /api/v1/approvals",
        "GET /api/v1/approvals/{approval_id}",
        "GET /api/v1/silences",
        "GET /api/v1/maintenance",
        "GET /api/v1/checks",
        "GET /api/v1/doctor",
        "GET /api/v1/rehearsal",
        "GET /api/v1/events",
        "GET /api/v1/notifications",
    ),
    Right.OPERATE: (
        "POST /incident",
        "POST /resolve",
        "POST /incidents/{incident_id}/{verb}",
        "POST /silences",
        "POST /silences/{silence_id}/end",
        "POST /maintenance",
        "POST /checks/run",
        "POST /api/v1/incidents",
        "POST /api/v1/incidents/{incident_id}/comments",
        "POST /api/v1/incidents/{incident_id}/feedback",
        "POST /api/v1/incidents/{incident_id}/acknowledge",
        "POST /api/v1/incidents/{incident_id}/resolve",
        "POST /api/v1/incidents/{incident_id}/reopen",
        "POST /api/v1/incidents/{incident_id}/merge",
        "POST /api/v1/incidents/{incident_id}/split",
        "POST /api/v1/silences",
        "DELETE /api/v1/silences/{silence_id}",
        "POST /api/v1/maintenance",
        "DELETE /api/v1/maintenance/{silence_id}",
        "POST /api/v1/checks/{name:path}/run",
        "POST /api/v1/notifications/test",
    ),
    Right.SWITCH: (
        "POST /pause",
        "POST /resume",
        "POST /api/v1/pause",
        "POST /api/v1/resume",
    ),
    Right.APPROVE: (
        "POST /approvals/{approval_id}/snooze",
        "POST /api/v1/approvals/{approval_id}/approve",
        "POST /api/v1/approvals/{approval_id}/deny",
        "POST /api/v1/approvals/{approval_id}/amend",
        "POST /api/v1/approvals/{approval_id}/snooze",
    ),
    Right.ADMINISTER: (
        "GET /people",
        "GET /audit",
        "POST /people",
        "POST /people/invite",
        "POST /people/password",
        "POST /tokens",
        "POST /setup-link",
        "GET /welcome/telegram",
        "POST /welcome/telegram",
        "POST /welcome/telegram/end",
        "GET /api/v1/audit",
        "GET /api/v1/users",
        "POST /api/v1/users",
        "POST /api/v1/users/{name}/password",
        "POST /api/v1/users/{name}/role",
        "POST /api/v1/users/{name}/sign-out",
        "DELETE /api/v1/users/{name}",
        "GET /api/v1/tokens",
        "POST /api/v1/tokens",
        "DELETE /api/v1/tokens/{token_id}",
        "POST /api/v1/setup-link",
        "POST /api/v1/invitations",
    ),
    Right.CONFIGURE: ("POST /-/reload",),
}


class Rights:
    """Finds what a request needs."""

    def __init__(self, table: Mapping[Need, Iterable[str]] = TABLE) -> None:
        # A storm of alerts asks for one address again and again.
        self._shaped = lru_cache(ADDRESSES_KEPT)(self._match)
        self._plain: dict[str, dict[str, Need]] = {}
        self._shapes: dict[str, tuple[re.Pattern[str], dict[str, Need]]] = {}
        for need, routes in table.items():
            for route in routes:
                method, _, path = route.partition(" ")
                self._put(path)[method] = need

    def needs(self, path: str) -> Mapping[str, Need]:
        """What each method of this address needs; empty where there is no such address."""
        plain = self._plain.get(path)
        if plain is not None:
            return plain
        return self._shaped(path) if len(path) <= KEPT_CHARS_MAX else self._match(path)

    def of(self, method: str, path: str) -> Need | None:
        """What is needed; None where no route is known."""
        return self.needs(path).get(method)

    def _match(self, path: str) -> Mapping[str, Need]:
        return next((needs for shape, needs in self._shapes.values() if shape.match(path)), {})

    def _put(self, path: str) -> dict[str, Need]:
        if "{" not in path:
            return self._plain.setdefault(path, {})
        if path not in self._shapes:
            self._shapes[path] = (compile_path(path)[0], {})
        return self._shapes[path][1]
