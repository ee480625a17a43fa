"""What the doors need of the store to know people: accounts, sessions, API tokens, set-up links. All Protocols."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from lamplighter.domain.access import Role
from lamplighter.domain.account import Account, ApiToken, Presence, Session


class Accounts(Protocol):
    """People with a password here."""

    def add(self, account: Account, *, by: str = "") -> None:
        """Write one; `by`, here and below, is who does it. Raises `NameTaken`."""
        ...

    def load(self, name: str) -> Account | None:
        """One account."""
        ...

    def listed(self, limit: int = 500) -> Sequence[Account]:
        """Accounts by name."""
        ...

    def set_password(self, name: str, password_hash: str, stamp: str, now: datetime, *, by: str = "") -> None:
        """Change it, and end every session of that person. Raises `LookupError`."""
        ...

    def set_role(self, name: str, role: Role, now: datetime, *, by: str = "") -> None:
        """Change it; it counts from the next request on. Raises `LookupError`, `LastAdmin`."""
        ...

    def remove(self, name: str, now: datetime, *, by: str = "") -> None:
        """Remove one, and end every session of that person. Raises `LookupError`, `LastAdmin`."""
        ...

    def invite(self, account: Account, *, by: str = "") -> None:
        """Write one without a password, in place of an earlier invitation of that name. Raises `NameTaken`."""
        ...

    def invited(self, digest: str) -> Account | None:
        """Whom the link of this digest invites."""
        ...

    def accept(self, digest: str, password_hash: str, stamp: str, now: datetime) -> None:
        """Give whom the link invites a password, which ends the link. Raises `LookupError`."""
        ...


class Sessions(Protocol):
    """Browsers that are signed in."""

    def open(self, session: Session) -> None:
        """Write one, and forget those that have expired."""
        ...

    def load(self, digest: str, now: datetime) -> Session | None:
        """One that holds now; its role is what the account's is now."""
        ...

    def end(self, digest: str) -> None:
        """End one, if it is there."""
        ...

    def end_all(self, name: str, now: datetime, *, by: str = "") -> int:
        """End all of that name, whoever vouched for it; how many there were."""
        ...

    def present(self, now: datetime, limit: int = 500) -> Sequence[Presence]:
        """Who is signed in somewhere, the latest first."""
        ...


class ApiTokens(Protocol):
    """What lets programs in."""

    def add(self, token: ApiToken) -> ApiToken:
        """Write one; its id is made here."""
        ...

    def load(self, digest: str) -> ApiToken | None:
        """The token of this digest, whether it holds or not."""
        ...

    def listed(self, limit: int = 500) -> Sequence[ApiToken]:
        """Tokens, newest first."""
        ...

    def revoke(self, token_id: str, now: datetime, *, by: str = "") -> ApiToken:
        """Let it in no more; one that was revoked already is left. Raises `LookupError`."""
        ...

    def used(self, token_id: str, now: datetime) -> None:
        """Note when it was used last."""
        ...


class SetupLinks(Protocol):
    """What lets the first person in, once. The first that is used ends them all, and any account those of starts."""

    def add(self, digest: str, now: datetime, *, only: bool, by: str = "") -> None:
        """Write one; `only` ends all that were given out before."""
        ...

    def holds(self, digest: str) -> bool:
        """Whether this one may be used."""
        ...

    def use(self, digest: str, account: Account) -> None:
        """End all links and write the account, in one transaction.

        Raises `LookupError` for a link that is none, and `NameTaken`, which changes nothing.
        """
        ...
