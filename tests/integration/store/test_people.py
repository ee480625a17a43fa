"""Accounts, sessions, API tokens and set-up links over both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.access import Role, Scope, Via
from lamplighter.domain.account import Account, ApiToken, LastAdmin, NameTaken, Presence, Session
from lamplighter.store import SqlStore

HOUR = timedelta(hours=1)


def ann(now: datetime, **more: object) -> Account:
    return replace(Account("ann", Role.OPERATOR, "$argon2id$…", "s1", now, now), **more)  # type: ignore[arg-type]


def session(now: datetime, digest: str = "d1", via: Via = Via.PASSWORD, **more: object) -> Session:
    whole = Session(digest, "ann", Role.OPERATOR, via, "s1" if via is Via.PASSWORD else "", now, now + HOUR)
    return replace(whole, **more)  # type: ignore[arg-type]


def test_an_account_comes_back_and_its_name_is_taken(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    assert store.accounts.load("ann") == ann(now)
    assert list(store.accounts.listed()) == [ann(now)]
    assert store.accounts.load("bob") is None
    with pytest.raises(NameTaken):
        store.accounts.add(ann(now, role=Role.ADMIN))
    assert store.accounts.load("ann") == ann(now)


def test_a_session_holds_until_it_expires_or_is_ended(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    store.sessions.open(session(now))
    assert store.sessions.load("d1", now) == session(now)
    assert store.sessions.load("d1", now + HOUR) is None
    assert store.sessions.load("other", now) is None
    store.sessions.end("d1")
    store.sessions.end("d1")
    assert store.sessions.load("d1", now) is None


def test_expired_sessions_are_forgotten_when_another_opens(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    store.sessions.open(session(now))
    later = now + 2 * HOUR
    store.sessions.open(session(later, "d2"))
    assert store.sessions.load("d1", now) is None
    assert store.sessions.load("d2", later) is not None


def test_a_role_counts_at_once_in_open_sessions(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    store.sessions.open(session(now))
    store.accounts.set_role("ann", Role.VIEWER, now)
    found = store.sessions.load("d1", now)
    assert found is not None
    assert found.role is Role.VIEWER


def test_another_password_and_a_removal_end_the_sessions_of_that_person_alone(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    store.accounts.add(ann(now, name="bob"))
    store.sessions.open(session(now))
    store.sessions.open(session(now, "d2", name="bob"))
    store.sessions.open(session(now, "d3", Via.OIDC))
    store.accounts.set_password("ann", "$other", "s2", now)
    assert store.sessions.load("d1", now) is None
    store.sessions.open(session(now, "d4"))
    assert store.sessions.load("d4", now) is None, "a session with the stamp of the old password"
    store.accounts.remove("ann", now)
    assert store.accounts.load("ann") is None
    assert store.sessions.load("d2", now) is not None
    assert store.sessions.load("d3", now) is not None, "another system's ann is another person"


def test_all_sessions_of_a_name_end_at_once(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    store.sessions.open(session(now))
    store.sessions.open(session(now, "d2", Via.OIDC))
    store.sessions.open(session(now, "d3", Via.OIDC, name="bob"))
    assert store.sessions.end_all("ann", now) == 2
    assert [store.sessions.load(digest, now) is None for digest in ("d1", "d2", "d3")] == [True, True, False]
    assert store.sessions.end_all("ann", now) == 0


def test_what_nobody_has_cannot_be_changed(store: SqlStore, now: datetime) -> None:
    for change in (
        lambda: store.accounts.set_role("nobody", Role.ADMIN, now),
        lambda: store.accounts.set_password("nobody", "h", "s", now),
        lambda: store.accounts.remove("nobody", now),
        lambda: store.api_tokens.revoke("TOK-99", now),
        lambda: store.api_tokens.revoke("99; DROP", now),
    ):
        with pytest.raises(LookupError):
            change()


def test_a_token_comes_back_until_it_is_revoked(store: SqlStore, now: datetime) -> None:
    asked = ApiToken("", "ci", "dig", frozenset({Scope.READ, Scope.DELIVER}), "ann", now, now + HOUR)
    made = store.api_tokens.add(asked)
    assert made == replace(asked, id="TOK-1")
    assert store.api_tokens.load("dig") == made
    assert store.api_tokens.load("other") is None
    assert made.holds(now)
    assert not made.holds(now + HOUR)
    store.api_tokens.used(made.id, now)
    revoked = store.api_tokens.revoke(made.id, now)
    assert not revoked.holds(now)
    assert store.api_tokens.revoke(made.id, now + HOUR) == revoked
    assert [one.used_at for one in store.api_tokens.listed()] == [now]


def test_a_setup_link_is_used_once_and_ends_all_others(store: SqlStore, now: datetime) -> None:
    store.setup_links.add("one", now, only=False)
    store.setup_links.add("two", now + HOUR, only=False)
    assert store.setup_links.holds("one")
    assert store.setup_links.holds("two")
    store.setup_links.use("one", ann(now, role=Role.ADMIN))
    assert store.accounts.load("ann") == ann(now, role=Role.ADMIN)
    for used in ("one", "two", "never"):
        assert not store.setup_links.holds(used)
        with pytest.raises(LookupError):
            store.setup_links.use(used, ann(now, name="eve"))
    assert store.accounts.load("eve") is None


def test_the_first_account_ends_the_links_of_starts_and_not_the_one_that_was_asked_for(
    store: SqlStore, now: datetime
) -> None:
    store.setup_links.add("in an old log", now, only=False)
    store.accounts.add(ann(now))
    assert not store.setup_links.holds("in an old log")
    with pytest.raises(LookupError):
        store.setup_links.use("in an old log", ann(now, name="eve"))
    store.setup_links.add("asked for", now, only=True)
    with pytest.raises(NameTaken):
        store.accounts.add(ann(now))
    store.accounts.add(ann(now, name="bob"))
    assert store.setup_links.holds("asked for")


def test_a_link_asked_for_ends_the_others_and_takes_over_no_account(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    store.sessions.open(session(now))
    store.setup_links.add("one", now, only=False)
    store.setup_links.add("two", now, only=True)
    assert not store.setup_links.holds("one")
    with pytest.raises(NameTaken):
        store.setup_links.use("two", ann(now, role=Role.ADMIN, password_hash="$new", stamp="s2"))
    assert store.accounts.load("ann") == ann(now)
    assert store.sessions.load("d1", now) is not None
    assert store.setup_links.holds("two")
    store.setup_links.use("two", ann(now, name="bob", role=Role.ADMIN))
    assert not store.setup_links.holds("two")


def test_links_that_nobody_uses_are_bounded(store: SqlStore, now: datetime) -> None:
    for number in range(30):
        store.setup_links.add(f"d{number}", now + timedelta(seconds=number), only=False)
    assert not store.setup_links.holds("d0")
    assert store.setup_links.holds("d29")


def test_the_last_admin_who_can_sign_in_stays_one(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now, role=Role.ADMIN))
    store.accounts.add(ann(now, name="kim", role=Role.APPROVER))
    store.accounts.invite(ann(now, name="bob", role=Role.ADMIN, password_hash="", stamp="link"))
    with pytest.raises(LastAdmin):
        store.accounts.set_role("ann", Role.VIEWER, now)
    with pytest.raises(LastAdmin):
        store.accounts.remove("ann", now)
    store.accounts.set_role("ann", Role.ADMIN, now)
    store.accounts.set_role("kim", Role.ADMIN, now)
    store.accounts.set_role("ann", Role.VIEWER, now)
    store.accounts.remove("ann", now)
    store.accounts.remove("bob", now)
    with pytest.raises(LastAdmin):
        store.accounts.remove("kim", now)


def test_an_invitation_is_accepted_once_and_gives_way_to_another(store: SqlStore, now: datetime) -> None:
    kim = ann(now, name="kim", password_hash="", stamp="first")
    store.accounts.invite(kim)
    assert store.accounts.invited("first") == kim
    store.accounts.invite(replace(kim, stamp="second", role=Role.VIEWER))
    assert store.accounts.invited("first") is None
    store.accounts.accept("second", "$argon2id$…", "s9", now + HOUR)
    assert store.accounts.load("kim") == ann(now, name="kim", role=Role.VIEWER, stamp="s9", changed_at=now + HOUR)
    with pytest.raises(LookupError):
        store.accounts.accept("second", "other", "s10", now)
    assert store.accounts.invited("s9") is None, "whoever has a password is invited by nothing"
    with pytest.raises(NameTaken):
        store.accounts.invite(replace(kim, stamp="third"))
    assert store.accounts.invited("third") is None


def test_who_is_signed_in_is_told_by_name_and_by_what(store: SqlStore, now: datetime) -> None:
    store.accounts.add(ann(now))
    store.sessions.open(session(now))
    store.sessions.open(session(now + HOUR / 2, "d2"))
    store.sessions.open(session(now, "d3", Via.OIDC, name="kim", role=Role.VIEWER))
    assert list(store.sessions.present(now + HOUR / 2)) == [
        Presence("ann", Via.PASSWORD, Role.OPERATOR, 2, now + HOUR / 2),
        Presence("kim", Via.OIDC, Role.VIEWER, 1, now),
    ]
    assert [one.sessions for one in store.sessions.present(now + HOUR)] == [1]
    assert list(store.sessions.present(now, limit=0)) == []


def test_two_admins_who_demote_each_other_at_one_moment_leave_one(store: SqlStore, now: datetime) -> None:
    for _ in range(10):
        for name in ("ann", "kim"):
            if store.accounts.load(name) is None:
                store.accounts.add(ann(now, name=name))
            store.accounts.set_role(name, Role.ADMIN, now)
        with ThreadPoolExecutor(2) as both:
            acts = [both.submit(store.accounts.set_role, name, Role.VIEWER, now) for name in ("ann", "kim")]
        assert sorted(type(act.exception()) is LastAdmin for act in acts) == [False, True]
        assert [one.role for one in store.accounts.listed()].count(Role.ADMIN) == 1
