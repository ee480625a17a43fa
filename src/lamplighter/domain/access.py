"""Who a person is, what each role and each scope of an API token may do. Who is who is proven at the doors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(IntEnum):
    """The four roles; each may do all that a lower one may."""

    VIEWER = 1
    OPERATOR = 2
    APPROVER = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """As it is written."""
        return self.name.lower()


class Right(StrEnum):
    """The things that one may do."""

    SEE = "see"
    DELIVER = "deliver"
    OPERATE = "operate"
    SWITCH = "switch"
    APPROVE = "approve"
    ADMINISTER = "administer"
    CONFIGURE = "configure"


class Scope(StrEnum):
    """What an API token is for; a token with several may do what any of them lets it."""

    READ = "read"
    DELIVER = "deliver"
    OPERATE = "operate"
    APPROVE = "approve"
    ADMIN = "admin"


class Via(StrEnum):
    """By what a person was known."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    API_TOKEN = "api token"  # noqa: S105 - a word, not a secret
    OIDC = "oidc"
    PROXY = "proxy"


LEAST_ROLE = {
    Right.SEE: Role.VIEWER,
    Right.DELIVER: Role.OPERATOR,
    Right.OPERATE: Role.OPERATOR,
    Right.SWITCH: Role.OPERATOR,
    Right.APPROVE: Role.APPROVER,
    Right.ADMINISTER: Role.ADMIN,
    Right.CONFIGURE: Role.ADMIN,
}
SCOPE_RIGHTS = {
    Scope.READ: frozenset({Right.SEE}),
    Scope.DELIVER: frozenset({Right.DELIVER}),
    Scope.OPERATE: frozenset({Right.SEE, Right.OPERATE, Right.SWITCH}),
    Scope.APPROVE: frozenset({Right.SEE, Right.APPROVE}),
    Scope.ADMIN: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, or a program with a token. `scopes` is None for who may do all that the role may."""

    name: str
    role: Role
    via: Via
    scopes: frozenset[Scope] | None = None

    @property
    def signature(self) -> str:
        """The name under which something is recorded; names that other systems vouch for are told apart from ours."""
        words = {
            Via.API_TOKEN: f"token {self.name}",
            Via.OIDC: f"{self.name} (oidc)",
            Via.PROXY: f"{self.name} (proxy)",
        }
        return words.get(self.via, self.name)


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may be done."""


@dataclass(frozen=True, slots=True)
class Denied:
    """It may not be done; the reason is for people."""

    reason: str


def may(person: Person, right: Right) -> Allowed | Denied:
    """May this person do this?"""
    if person.scopes is not None and right not in rights_of(person.scopes):
        has = ", ".join(sorted(person.scopes)) or "none"
        return Denied(f"the API token {person.name} has the scopes {has}, and none of them lets it {right}")
    least = LEAST_ROLE[right]
    if person.role < least:
        return Denied(f"{person.name} is {person.role.word}, and to {right} wants at least {least.word}")
    return Allowed()


def rights_of(scopes: Iterable[Scope]) -> frozenset[Right]:
    """All that a token with these scopes may do."""
    return frozenset(right for scope in scopes for right in SCOPE_RIGHTS[scope])


def role_of(word: str) -> Role:
    """The role of that name. Raises `ValueError` that names them all."""
    try:
        return Role[word.strip().upper()]
    except KeyError:
        known = ", ".join(role.word for role in Role)
        raise ValueError(f"{word[:40]!r} is not a role; write one of {known}") from None


def role_for(scopes: Iterable[Scope]) -> Role:
    """The lowest role that may do all that these scopes let a token do."""
    return max((LEAST_ROLE[right] for right in rights_of(scopes)), default=Role.VIEWER)


def mapped_role(groups: Iterable[str], roles: dict[str, Role], default: Role | None) -> Role | None:
    """The highest role that one of the groups is mapped to; the default for none, and nobody where there is none."""
    return max((roles[group] for group in groups if group in roles), default=default)
