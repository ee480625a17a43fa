"""The pages of people, tokens and one's own account: what they show, what they never show, and what stays text."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from lamplighter.domain.access import Person, Right, Role, Scope, Via
from lamplighter.domain.account import INVITATION_LIFE, Account, ApiToken, Session
from lamplighter.web.console.hub import Key, keyed
from lamplighter.web.console.making import Maker
from lamplighter.web.console.people import MEANING, SCOPE_WORDS, AccountView, PeopleView, abilities, someones
from lamplighter.web.identity import digest
from lamplighter.web.problems import Problem
from tests.unit.web.console.conftest import SCRIPT, Room, person


def people(room: Room, maker: Maker, who: Person | None = None) -> dict[str, str]:
    key = Key("people", keyed({"csrf": "abc"}), who or person(Role.ADMIN, "ann"))
    return dict(PeopleView(maker).sheet(room.context, key))


def account(room: Room, maker: Maker, who: Person | None) -> str:
    return AccountView(maker).sheet(room.context, Key("account", keyed({"csrf": "abc"}), who))["account"]


def seated(room: Room, name: str, via: Via, number: int = 1, role: Role = Role.VIEWER) -> None:
    for one in range(number):
        ends = room.clock.now() + timedelta(hours=1)
        session = Session(f"{name}{via}{one}", name, role, via, "stands", room.clock.now(), ends)
        room.people.open_sessions[session.digest] = session


def row(page: str, name: str) -> str:
    """The row of a person."""
    (found,) = (part for part in page.split("<tr>") if f"<strong>{name}</strong>" in part)
    return found


def test_a_guest_who_came_in_two_roles_has_two_rows_that_are_told_apart(room: Room, maker: Maker) -> None:
    seated(room, "eve", Via.OIDC)
    ends = room.clock.now() + timedelta(hours=1)
    room.people.open_sessions["later"] = Session("later", "eve", Role.ADMIN, Via.OIDC, "", room.clock.now(), ends)
    page = people(room, maker)["people"]
    ids = re.findall(r'id="(oidc-[^"]+)"', page)
    assert sorted(ids) == ["oidc-eve-admin", "oidc-eve-viewer"]


def test_an_invitation_that_ran_out_is_said_to_have(room: Room, maker: Maker) -> None:
    now = room.clock.now()
    for name, made in (("bob", now), ("kim", now - INVITATION_LIFE)):
        # A role that was changed since makes no invitation hold longer.
        room.people.known[name] = Account(name, Role.VIEWER, "", digest(name), made, now)
    page = people(room, maker)["people"]
    assert (">until" in row(page, "bob"), ">ran out" in row(page, "bob")) == (True, False)
    assert (">until" in row(page, "kim"), ">ran out" in row(page, "kim")) == (False, True)


def test_it_shows_who_may_come_in_and_how(room: Room, maker: Maker) -> None:
    room.account("ann", Role.ADMIN)
    room.account("kim", Role.OPERATOR)
    now = room.clock.now()
    room.people.known["bob"] = Account("bob", Role.VIEWER, "", digest("link"), now, now)
    seated(room, "kim", Via.PASSWORD, 2)
    seated(room, "eve", Via.OIDC)
    seated(room, "root", Via.TOKEN)
    page = people(room, maker)["people"]
    assert "5 people" in page
    assert "with the token of the data folder" in row(page, "root")
    assert "2 browsers" in row(page, "kim")
    assert "invited" in row(page, "bob")
    assert "Another link" in row(page, "bob")
    assert "by another system (oidc)" in row(page, "eve")
    assert 'data-act="sign_out"' in row(page, "eve")
    assert 'data-act="remove"' not in row(page, "eve"), "there is no account to remove"
    assert 'data-type="kim"' in row(page, "kim")
    assert 'value="abc"' in page


def test_it_says_why_the_last_admin_stays_and_offers_neither(room: Room, maker: Maker) -> None:
    room.account("ann", Role.ADMIN)
    room.account("kim", Role.OPERATOR)
    mine = row(people(room, maker)["people"], "ann")
    assert "ann is the only admin with a password here; make somebody else an admin first" in mine
    assert 'data-act="remove"' not in mine
    assert 'data-act="role"' not in mine
    room.account("bob", Role.ADMIN)
    mine = row(people(room, maker)["people"], "ann")
    assert "only admin" not in mine
    assert 'data-act="remove"' in mine
    assert "/people/password" not in mine, "one's own is changed with the present one"


def test_no_hash_no_digest_and_no_stamp_is_ever_shown(room: Room, maker: Maker) -> None:
    room.account("ann", Role.ADMIN)
    room.people.known["bob"] = Account("bob", Role.VIEWER, "", digest("l"), room.clock.now(), room.clock.now())
    token = ApiToken("TOK-1", "ci", digest("t"), frozenset({Scope.READ}), "ann", room.clock.now())
    room.people.tokens[token.digest] = token
    whole = str(people(room, maker))
    kept = [one.password_hash for one in room.people.known.values() if one.password_hash]
    for secret in (*kept, *(one.stamp for one in room.people.known.values()), token.digest):
        assert secret not in whole


def test_tokens_say_whether_they_hold(room: Room, maker: Maker) -> None:
    now, hour = room.clock.now(), timedelta(hours=1)
    scopes = frozenset({Scope.READ, Scope.DELIVER})
    for token in (
        ApiToken("TOK-1", "holds", "d1", scopes, "ann", now),
        ApiToken("TOK-2", "ran out", "d2", scopes, "ann", now - hour, expires_at=now),
        ApiToken("TOK-3", "gone", "d3", scopes, "ann", now, revoked_at=now),
    ):
        room.people.tokens[token.digest] = token
    page = people(room, maker)["tokens"]
    assert "deliver, read" in page
    assert re.findall(r'data-token="(TOK-\d)"', page) == ["TOK-1"]
    assert "ran out" in page
    assert "revoked" in page


def test_names_stay_text(room: Room, maker: Maker) -> None:
    token = ApiToken("TOK-1", SCRIPT, "d1", frozenset({Scope.READ}), SCRIPT, room.clock.now())
    room.people.tokens[token.digest] = token
    now = room.clock.now()
    room.people.known[SCRIPT] = Account(SCRIPT, Role.VIEWER, "x", "s", now, now)
    seated(room, SCRIPT, Via.OIDC)
    made = str(people(room, maker)) + account(room, maker, person(Role.ADMIN, SCRIPT))
    assert "<script" not in made
    assert "<img" not in made
    assert "{{ 7*7 }}" in made


@pytest.mark.parametrize(
    "who", [person(Role.APPROVER), Person("t", Role.ADMIN, Via.API_TOKEN, frozenset({Scope.READ}))]
)
def test_the_page_of_people_is_for_admins_alone(room: Room, maker: Maker, who: Person) -> None:
    with pytest.raises(Problem, match="administer"):
        people(room, maker, who)


@pytest.mark.parametrize(
    ("via", "words"),
    [(Via.TOKEN, "the token of the data folder"), (Via.OIDC, "another system"), (Via.PROXY, "the proxy in front")],
)
def test_who_has_no_password_here_reads_where_it_is(room: Room, maker: Maker, via: Via, words: str) -> None:
    page = account(room, maker, Person("kim", Role.VIEWER, via))
    assert words in page
    assert "password" not in re.findall('name="([a-z]+)"', page)
    assert ('action="/logout"' in page) is (via is not Via.PROXY)


def test_my_account_says_what_i_may_and_what_it_would_want(room: Room, maker: Maker) -> None:
    page = account(room, maker, person(Role.OPERATOR, "kim"))
    assert "wants approver" in page
    assert "wants operator" not in page
    assert "/people" not in page
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="new-password"' in page
    assert "/people" in account(room, maker, person(Role.ADMIN, "kim"))
    with pytest.raises(Problem):
        account(room, maker, None)


def test_every_right_and_every_scope_has_words() -> None:
    assert set(MEANING) == set(Right)
    assert set(SCOPE_WORDS) == set(Scope)
    assert all(one.has for one in abilities(person(Role.ADMIN)))
    assert sum(one.has for one in abilities(person(Role.VIEWER))) == 1


def test_guests_and_people_of_one_name_are_told_apart(room: Room) -> None:
    room.account("kim", Role.VIEWER)
    seated(room, "kim", Via.PASSWORD)
    seated(room, "kim", Via.OIDC, 3)
    rows = someones(list(room.people.known.values()), room.people.sessions.present(room.clock.now()))
    assert [(one.name, one.way, one.sessions) for one in rows] == [("kim", "password", 1), ("kim", "oidc", 3)]
