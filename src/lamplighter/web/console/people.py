"""Who may come in, for admins; and who I am, for everybody. No password and no token is ever in these views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lamplighter.domain.access import LEAST_ROLE, Allowed, Person, Right, Role, Scope, Via, may
from lamplighter.domain.account import (
    PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN,
    Account,
    LastAdmin,
    Presence,
)
from lamplighter.web.console.hub import Key, Sheet
from lamplighter.web.console.making import Maker
from lamplighter.web.context import Context
from lamplighter.web.problems import Problem
from lamplighter.web.session import why_not

TOKENS_SHOWN_MAX = 200
# What the address may say was done; any other word says nothing.
DONE = {
    "added": "that person may come in now",
    "password": "the password is another now, and every session that was open has ended",
    "own-password": "your password is another now; your other sessions have ended",
}
MEANING: Mapping[Right, str] = {
    Right.SEE: "see incidents, alerts, components, checks and settings",
    Right.DELIVER: "deliver alerts",
    Right.OPERATE: "comment, judge causes, acknowledge, resolve, reopen, merge, split, silence, plan work, run checks",
    Right.SWITCH: "pause and resume all actions",
    Right.APPROVE: "approve, amend, deny and snooze what I ask",
    Right.ADMINISTER: "manage people, tokens and set-up links",
    Right.CONFIGURE: "let the server read its configuration again",
}
SCOPE_WORDS: Mapping[Scope, str] = {
    Scope.READ: "see everything",
    Scope.DELIVER: "send alerts",
    Scope.OPERATE: "see, and what an operator does",
    Scope.APPROVE: "see, approve, amend, deny and snooze",
    Scope.ADMIN: "everything",
}
WAYS: Mapping[Via, str] = {
    Via.TOKEN: "with the token of the data folder",
    Via.PASSWORD: "with your password",
    Via.API_TOKEN: "with an API token",
    Via.PROXY: "by the proxy in front of this server",
}


@dataclass(frozen=True, slots=True)
class Someone:
    """One row: somebody with an account here, or a guest: for whom another system vouched, or who has the token."""

    name: str
    role: str
    way: str
    created_at: datetime | None
    sessions: int
    latest_at: datetime | None
    # Why this one can be neither removed nor demoted; empty where it can.
    stays: str = ""
    # Until when the invitation holds.
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ability:
    """A right in plain words, and the role that it wants where this person has it not."""

    words: str
    has: bool
    wants: str


@dataclass(frozen=True, slots=True)
class PeopleView:
    """Makes the page of people and tokens; `csrf` of the key says in which session."""

    maker: Maker

    def sheet(self, here: Context, key: Key) -> Sheet:
        """Both panes. Blocks; raises `Problem` 403, `StoreUnavailable`."""
        denied = why_not(key.person, Right.ADMINISTER)
        if denied:
            raise Problem(403, "forbidden", denied, "ask an admin for the role")
        store, now = here.app.store, here.app.clock.now()
        tokens = store.api_tokens.listed(TOKENS_SHOWN_MAX)
        return self.maker.sheet(
            "people.html",
            ("people", "tokens"),
            people=someones(store.accounts.listed(), store.sessions.present(now)),
            me=key.person.name if key.person and key.person.via is Via.PASSWORD else "",
            roles=[role.word for role in Role],
            tokens=tokens,
            holding={token.id for token in tokens if token.holds(now)},
            moment=now,
            scopes=[(str(scope), SCOPE_WORDS[scope]) for scope in Scope],
            csrf=key.wanted.get("csrf", ""),
            shortest=PASSWORD_CHARS_MIN,
            longest=PASSWORD_CHARS_MAX,
        )


@dataclass(frozen=True, slots=True)
class AccountView:
    """Makes the page of whoever is signed in; `csrf` of the key says in which session."""

    maker: Maker

    def sheet(self, here: Context, key: Key) -> Sheet:
        """The pane. Blocks; raises `Problem` 401, `StoreUnavailable`."""
        person = key.person
        if person is None:
            raise Problem(401, "unauthorized", "nobody is signed in", "sign in")
        oidc = here.app.settings.configuration.auth.oidc
        ways = {**WAYS, Via.OIDC: f"through {oidc.label if oidc else 'another system'}"}
        present = here.app.store.sessions.present(here.app.clock.now())
        return self.maker.sheet(
            "account.html",
            ("account",),
            person=person,
            way=ways[person.via],
            sessions=sum(one.sessions for one in present if (one.name, one.via) == (person.name, person.via)),
            abilities=abilities(person),
            admin=not why_not(person, Right.ADMINISTER),
            csrf=key.wanted.get("csrf", ""),
            shortest=PASSWORD_CHARS_MIN,
            longest=PASSWORD_CHARS_MAX,
        )


def someones(accounts: Sequence[Account], present: Iterable[Presence]) -> list[Someone]:
    """Everybody with an account by name, then guests who are signed in now."""
    known = tuple(present)
    admins = [one.name for one in accounts if one.role is Role.ADMIN and not one.invited]
    ours = {
        one.name: [held for held in known if held.name == one.name and held.via is Via.PASSWORD] for one in accounts
    }
    return [
        *(_account(one, ours[one.name], only=admins == [one.name]) for one in accounts),
        *(
            Someone(one.name, one.role.word, str(one.via), None, one.sessions, one.latest_at)
            for one in known
            if one.via is not Via.PASSWORD
        ),
    ]


def _account(account: Account, held: Sequence[Presence], *, only: bool) -> Someone:
    return Someone(
        account.name,
        account.role.word,
        "invited" if account.invited else str(Via.PASSWORD),
        account.created_at,
        sum(one.sessions for one in held),
        max((one.latest_at for one in held), default=None),
        str(LastAdmin(account.name)) if only else "",
        account.invited_until if account.invited else None,
    )


def abilities(person: Person) -> list[Ability]:
    """What somebody may do and what not, in plain words."""
    return [
        Ability(words, isinstance(may(person, right), Allowed), LEAST_ROLE[right].word)
        for right, words in MEANING.items()
    ]
