"""Accounts, sessions and API tokens as they are kept: never a password or a token itself, only what proves it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lamplighter.domain.access import Role, Scope, Via

NAME_CHARS_MAX = 64
PASSWORD_CHARS_MIN = 12
PASSWORD_CHARS_MAX = 256
TOKEN_NAME_CHARS_MAX = 100
INVITATION_LIFE = timedelta(days=7)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")


class BadAccount(ValueError):
    """A name or a password that cannot be taken; the words say what to do."""


class NameTaken(BadAccount):
    """Somebody has this name."""


class LastAdmin(BadAccount):
    """Without this one nobody with a password here could let anybody in."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the only admin with a password here; make somebody else an admin first")


@dataclass(frozen=True, slots=True)
class Account:
    """A person with a password here. `stamp` changes with the password, and ends what an older one let in.

    Of somebody invited, who has not chosen a password yet, the hash is empty and the stamp is the link's digest.
    """

    name: str
    role: Role
    password_hash: str
    stamp: str
    created_at: datetime
    changed_at: datetime

    @property
    def invited(self) -> bool:
        """Whether this person has not come yet."""
        return not self.password_hash

    @property
    def invited_until(self) -> datetime:
        """Until when the link of an invitation holds: a role that is changed meanwhile makes it no younger."""
        return self.created_at + INVITATION_LIFE


@dataclass(frozen=True, slots=True)
class Presence:
    """In how many browsers somebody is signed in, by what, and since when in the latest."""

    name: str
    via: Via
    role: Role
    sessions: int
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. `digest` is of the cookie; `stamp` is the account's, empty for other systems'."""

    digest: str
    name: str
    role: Role
    via: Via
    stamp: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What lets a program in, for the scopes alone. `digest` is of the token, which was shown once."""

    id: str
    name: str
    digest: str
    scopes: frozenset[Scope]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it lets anybody in."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def account_name(text: str) -> str:
    """The name as it is kept, in lower case. Raises `BadAccount`."""
    name = text.strip().lower() if len(text) <= 2 * NAME_CHARS_MAX else text
    if not _NAME.fullmatch(name):
        raise BadAccount(
            f"a name has 1 to {NAME_CHARS_MAX} letters a-z, digits and . _ @ + -, and begins with a letter or a digit"
        )
    return name


def fit_password(password: str, name: str) -> str:
    """The password as it is compared, without spaces around it. Raises `BadAccount`."""
    password = password.strip()
    if len(password) < PASSWORD_CHARS_MIN:
        raise BadAccount(f"a password has at least {PASSWORD_CHARS_MIN} characters; a few words with spaces will do")
    if len(password) > PASSWORD_CHARS_MAX:
        raise BadAccount(f"a password has at most {PASSWORD_CHARS_MAX} characters")
    if len(set(password)) <= 3 or password.lower() in {name, name * 2, "lamplighter" * 2}:  # noqa: PLR2004 - aaaaaaaaaaab is no password
        raise BadAccount("this password would be guessed at once; a few words with spaces will do")
    return password


def token_name(text: str) -> str:
    """What an API token is called. Raises `BadAccount`."""
    name = " ".join(text.split())
    if not name or len(name) > TOKEN_NAME_CHARS_MAX or not name.isprintable():
        raise BadAccount(f"say what the token is for, in 1 to {TOKEN_NAME_CHARS_MAX} characters")
    return name
