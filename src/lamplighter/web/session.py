"""Who made a request, as the gate found out. Pages and routes ask here and never look at headers or cookies."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import MutableMapping
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Scope

from lamplighter.domain.access import Denied, Person, Right, Via, may
from lamplighter.web.problems import Problem

PERSON = "lamplighter.person"
SECRET = "lamplighter.session"  # noqa: S105 - the name of a key of the ASGI scope
SIGN_IN_PATH = "/login"
SIGN_OUT_PATH = "/logout"
SETUP_PATH = "/setup"
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"


def person_of(asked: HTTPConnection | Scope) -> Person | None:
    """Who made this request or opened this socket; None for nobody that is known."""
    found = _scope(asked).get(PERSON)
    return found if isinstance(found, Person) else None


def csrf_of(asked: HTTPConnection | Scope) -> str:
    """What a form of ours must bring back in its hidden field `csrf`; empty without a session in a cookie."""
    secret = _scope(asked).get(SECRET, "")
    return csrf_token(secret) if isinstance(secret, str) and secret else ""


def csrf_token(secret: str) -> str:
    """The token that belongs to a session: who cannot read the cookie cannot make it."""
    return hmac.new(secret.encode(), b"lamplighter csrf", hashlib.sha256).hexdigest()


def required(asked: HTTPConnection | Scope, right: Right) -> Person:
    """Who asks, where that person may do this. Raises `Problem` 401 or 403."""
    person = person_of(asked)
    if person is None:
        raise Problem(401, "unauthorized", "nobody is signed in", f"sign in at {SIGN_IN_PATH}")
    verdict = may(person, right)
    if isinstance(verdict, Denied):
        raise Problem(403, "forbidden", verdict.reason, "ask an admin for the right")
    return person


def why_not(person: Person | None, right: Right) -> str:
    """Why a person may not do this; empty where it is allowed."""
    if person is None:
        return "nobody is signed in"
    verdict = may(person, right)
    return verdict.reason if isinstance(verdict, Denied) else ""


def signature(asked: HTTPConnection | Scope, said: str) -> str:
    """Under which name something is recorded: the person's own; only the data folder's token may say another."""
    person = person_of(asked)
    return said if person is None or person.via is Via.TOKEN else person.signature


def _scope(asked: HTTPConnection | Scope) -> MutableMapping[str, Any]:
    return asked.scope if isinstance(asked, HTTPConnection) else asked
