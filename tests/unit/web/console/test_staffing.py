"""An admin changes roles, ends sessions, removes people and revokes tokens; nobody else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.access import Role
from lamplighter.domain.account import ApiToken
from lamplighter.web.console.staffing import STAFFING
from lamplighter.web.identity import digest
from tests.unit.web.console.conftest import Room, person
from tests.unit.web.console.test_acts import Bureau


@pytest.fixture
def bureau(room: Room) -> Bureau:
    made = Bureau(room)
    made.person = person(Role.ADMIN)
    room.account("ann", Role.ADMIN)
    room.account("kim", Role.VIEWER)
    return made


async def test_an_admin_changes_a_role_and_removes(bureau: Bureau, room: Room) -> None:
    assert await bureau.act("role", name="kim", role="operator") == "kim is operator from the next request on"
    assert room.people.known["kim"].role is Role.OPERATOR
    assert (await bureau.act("role", name="kim", role="root")).startswith("! 'root' is not a role")
    assert await bureau.act("remove", name="kim") == "kim may not come in any more"
    assert (await bureau.act("remove", name="kim")).startswith("! there is no user")
    assert (await bureau.act("role", name="", role="admin")).startswith("! there is no user")


async def test_whoever_is_removed_leaves_no_token_behind_unsaid(bureau: Bureau, room: Room) -> None:
    now = room.clock.now()
    for number, (maker, revoked) in enumerate([("kim", None), ("ann", None), ("kim", now), ("kim", None)], 1):
        token = ApiToken(f"TOK-{number}", "ci", digest(str(number)), frozenset(), maker, now, None, revoked)
        room.people.tokens[token.digest] = token
    said = await bureau.act("remove", name="kim")
    assert said == "kim may not come in any more; tokens that kim made still hold: TOK-1, TOK-4"


async def test_the_page_is_told_why_the_last_admin_stays(bureau: Bureau, room: Room) -> None:
    for said in (await bureau.act("remove", name="ann"), await bureau.act("role", name="ann", role="viewer")):
        assert said.startswith("! ann is the only admin with a password here; make somebody else an admin first")
    assert room.people.known["ann"].role is Role.ADMIN


async def test_sessions_end_and_a_token_is_revoked(bureau: Bureau, room: Room) -> None:
    room.signed_in(Role.VIEWER, "kim")
    assert await bureau.act("sign_out", name="kim") == "kim: 1 session ended"
    assert await bureau.act("sign_out", name="kim") == "kim: 0 sessions ended"
    token = ApiToken("TOK-1", "ci", digest("x"), frozenset(), "ann", room.clock.now())
    room.people.tokens[digest("x")] = token
    assert await bureau.act("revoke", token="TOK-1") == "TOK-1 (ci) is revoked"
    assert room.people.tokens[digest("x")] == replace(token, revoked_at=room.clock.now())
    assert (await bureau.act("revoke", token="TOK-2")).startswith("! there is no token")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
@pytest.mark.parametrize("verb", STAFFING)
async def test_who_is_no_admin_changes_nobody(bureau: Bureau, room: Room, role: Role, verb: str) -> None:
    room.signed_in(Role.VIEWER, "kim")
    before = (dict(room.people.known), dict(room.people.open_sessions))
    bureau.person = person(role)
    said = await bureau.act(verb, name="kim", role="admin", token="TOK-1")
    assert said == f"! robin is {role.word}, and to administer wants at least admin"
    assert (room.people.known, room.people.open_sessions) == before
