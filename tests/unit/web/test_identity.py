"""Who a request comes from."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.datastructures import Headers

from lamplighter.domain.access import Person, Role, Scope, Via
from lamplighter.domain.account import ApiToken, Session
from lamplighter.ports import StoreUnavailable
from lamplighter.settings.access import Oidc, Proxy
from lamplighter.testing import FakeClock
from lamplighter.web.bearer import Bearers
from lamplighter.web.identity import COOKIE, SECURE_COOKIE, Identities, Identity, cookies_of, digest

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench, MemoryPeople

TOKEN = "correct-horse"
KEY = "k" * 64
PROXY = {"addresses": ["172.18.0.2", "fd00::/64"], "roles": {"ops": "operator"}}


def sso(**more: Any) -> Oidc:  # noqa: ANN401 - keys of the configuration
    asked = {"issuer": "https://id.home.lan", "client_id": "lamplighter", "roles": {"ops": "operator"}, **more}
    return Oidc.model_validate(asked)


class Door:
    """Asks who somebody is."""

    def __init__(self, people: MemoryPeople, **proxy: Any) -> None:  # noqa: ANN401 - keys of the configuration
        self.clock = FakeClock()
        self.people = people
        store: Any = people
        kept = Proxy.model_validate(proxy) if proxy else None
        self.identities = Identities(TOKEN, Bearers(KEY), store, self.clock, kept, sso())

    async def asked(self, peer: str = "192.0.2.7", *more: tuple[str, str], **headers: str) -> Identity | None:
        named = [*((name.replace("_", "-"), value) for name, value in headers.items()), *more]
        raw = [(name.encode(), value.encode("latin-1")) for name, value in named]
        scope = {"type": "http", "headers": raw, "client": (peer, 1)}
        return await self.identities.known(scope, Headers(scope=scope))

    async def person(self, peer: str = "192.0.2.7", *more: tuple[str, str], **headers: str) -> Person | None:
        found = await self.asked(peer, *more, **headers)
        return found.person if found else None


@pytest.fixture
def door(people: MemoryPeople) -> Door:
    return Door(people)


async def test_nobody_is_nobody(door: Door) -> None:
    assert await door.asked() is None
    assert await door.asked(authorization="", cookie="") is None


async def test_the_token_of_the_data_folder_is_the_owner(door: Door) -> None:
    found = await door.asked(authorization=f"Bearer {TOKEN}")
    assert found == Identity(Person("admin", Role.ADMIN, Via.TOKEN))
    assert door.people.questions == 0


async def test_a_jwt_holds_as_long_as_the_account_and_its_password(door: Door, bench: Bench) -> None:
    account = bench.account("ann", Role.OPERATOR)
    door.people.known["ann"] = account
    bears = f"Bearer {Bearers(KEY).issue(account, door.clock.now())}"
    assert await door.person(authorization=bears) == Person("ann", Role.OPERATOR, Via.PASSWORD)
    door.people.accounts.set_role("ann", Role.VIEWER, door.clock.now())
    assert await door.person(authorization=bears) == Person("ann", Role.VIEWER, Via.PASSWORD)
    door.people.accounts.set_password("ann", "$", "another stamp", door.clock.now())
    assert await door.person(authorization=bears) is None
    del door.people.known["ann"]
    assert await door.person(authorization=bears) is None


async def test_an_api_token_holds_until_it_is_revoked_or_runs_out(door: Door) -> None:
    text, now = "lmp_abc", door.clock.now()
    scopes = frozenset({Scope.READ})
    token = ApiToken("TOK-1", "ci", digest(text), scopes, "ann", now, now + timedelta(hours=1))
    door.people.tokens[token.digest] = token
    assert await door.person(authorization=f"Bearer {text}") == Person("ci", Role.VIEWER, Via.API_TOKEN, scopes)
    assert await door.person(authorization=f"Bearer {text}x") is None
    door.clock.advance(3600)
    assert await door.person(authorization=f"Bearer {text}") is None


async def test_a_cookie_holds_until_the_session_ends(door: Door) -> None:
    person = Person("ann", Role.APPROVER, Via.OIDC)
    secret = await door.identities.begun(person, door.identities.stamp_of(Via.OIDC), 3600)
    assert await door.asked(cookie=f"a=b; {COOKIE}={secret}") == Identity(person, secret)
    assert await door.person(cookie=f"{SECURE_COOKIE}={secret}") == person
    assert secret not in repr(door.people.open_sessions), "what is kept opens nothing"
    await door.identities.ended(Headers({"cookie": f"{COOKIE}={secret}"}))
    assert await door.asked(cookie=f"{COOKIE}={secret}") is None


@pytest.mark.parametrize(
    "now",
    [
        None,
        sso(issuer="https://other.home.lan"),
        sso(client_id="another"),
        sso(roles={"ops": "viewer"}),
        sso(roles={}),
        sso(default_role="viewer"),
        sso(roles_claim="teams"),
    ],
)
async def test_a_session_of_another_system_ends_with_what_let_it_in(door: Door, now: Oidc | None) -> None:
    store: Any = door.people
    stamp = door.identities.stamp_of(Via.OIDC)
    secret = await door.identities.begun(Person("ann", Role.OPERATOR, Via.OIDC), stamp, 3600)
    headers = Headers({"cookie": f"{COOKIE}={secret}"})
    same = Identities("token", Bearers(KEY), store, door.clock, None, sso(client_secret="s", label="Log in"))
    assert await same.known({"type": "http"}, headers) is not None
    later = Identities("token", Bearers(KEY), store, door.clock, None, now)
    assert await later.known({"type": "http"}, headers) is None


@pytest.mark.parametrize("via", [Via.OIDC, Via.PROXY])
async def test_a_session_without_the_stamp_of_its_system_is_none(door: Door, via: Via) -> None:
    secret = await door.identities.begun(Person("ann", Role.ADMIN, via), "", 3600)
    assert await door.person(cookie=f"{COOKIE}={secret}") is None


async def test_a_token_reads_on_where_its_use_cannot_be_noted(door: Door) -> None:
    tries: list[str] = []

    def used(token_id: str, _now: object) -> None:
        tries.append(token_id)
        raise StoreUnavailable("the disk is full")

    door.people.api_tokens.used = used
    token = ApiToken("TOK-1", "ci", digest("lmp_x"), frozenset({Scope.READ}), "ann", door.clock.now(), None)
    door.people.tokens[token.digest] = token
    for _ in range(3):
        assert await door.person(authorization="Bearer lmp_x") is not None
    assert tries == ["TOK-1"], "not every request waits for a store that takes no writes"
    door.clock.advance(61)
    assert await door.person(authorization="Bearer lmp_x") is not None
    assert len(tries) == 2


async def test_a_session_of_a_password_ends_with_its_account(door: Door, bench: Bench) -> None:
    door.people.known["ann"] = bench.account("ann")
    now = door.clock.now()
    kept = Session(digest("s"), "ann", Role.OPERATOR, Via.PASSWORD, "another", now, now + timedelta(hours=1))
    door.people.open_sessions[kept.digest] = kept
    assert await door.asked(cookie=f"{COOKIE}=s") is None


async def test_the_owner_may_type_the_token_and_another_token_ends_that_session(door: Door) -> None:
    owner = door.identities.with_token(f" {TOKEN}\n")
    assert owner is not None
    secret = await door.identities.begun(*owner, 3600)
    assert await door.person(cookie=f"{COOKIE}={secret}") == Person("admin", Role.ADMIN, Via.TOKEN)
    assert door.identities.with_token(TOKEN + "x") is None
    assert door.identities.with_token("") is None
    store: Any = door.people
    later = Identities("another-token", Bearers(KEY), store, door.clock)
    headers = Headers({"cookie": f"{COOKIE}={secret}"})
    assert await later.known({"type": "http"}, headers) is None


@pytest.mark.parametrize("text", [f"{COOKIE}=", f"{COOKIE}", f'{COOKIE}="', f"{COOKIE}={'a' * 20_000}", "=;=;", "\x00"])
async def test_a_cookie_that_is_none_lets_nobody_in(door: Door, text: str) -> None:
    assert await door.asked(cookie=text) is None
    assert len(cookies_of(Headers({"cookie": text}))) <= 1


async def test_the_proxy_is_believed_and_nobody_else(people: MemoryPeople) -> None:
    door = Door(people, **PROXY)
    headers = {"remote_user": "Ann", "remote_groups": "staff, ops"}
    believed = await door.asked("172.18.0.2", **headers)
    assert believed is not None
    assert believed.person == Person("ann", Role.OPERATOR, Via.PROXY)
    assert believed.secret, "its forms are guarded like those of a session"
    assert await door.person("fd00::1", **headers) == believed.person
    assert await door.person("::ffff:172.18.0.2", **headers) == believed.person
    for peer in ("172.18.0.3", "127.0.0.1", "fd01::1", "", "unix"):
        assert await door.asked(peer, **headers) is None
    forwarded = {**headers, "x_forwarded_for": "172.18.0.2", "forwarded": "for=172.18.0.2", "x_real_ip": "172.18.0.2"}
    assert await door.asked("192.0.2.7", **forwarded) is None


async def test_without_a_proxy_its_headers_mean_nothing(door: Door) -> None:
    assert await door.asked("172.18.0.2", remote_user="admin", remote_groups="ops", x_forwarded_user="admin") is None


async def test_a_header_that_came_twice_or_names_nobody_is_not_believed(people: MemoryPeople) -> None:
    door = Door(people, **PROXY)
    groups = {"remote_groups": "ops"}
    assert await door.asked("172.18.0.2", ("remote-user", "mallory"), remote_user="ann", **groups) is None
    assert await door.asked("172.18.0.2", ("remote-groups", "x"), remote_user="ann", **groups) is None
    for name in ("", " ", "ann b", "<script>", "a" * 500):
        assert await door.asked("172.18.0.2", remote_user=name, **groups) is None
    assert await door.asked("172.18.0.2", remote_user="ann", remote_groups="ops2") is None
    assert await door.asked("172.18.0.2", remote_user="ann") is None


async def test_with_a_default_role_everybody_the_proxy_names_may_look(people: MemoryPeople) -> None:
    door = Door(people, **PROXY, default_role="viewer")
    assert await door.person("172.18.0.2", remote_user="eve") == Person("eve", Role.VIEWER, Via.PROXY)
