"""OpenID Connect against an issuer that checks what a real one checks, and lies where a test wants it to."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lamplighter.settings.access import Oidc
from lamplighter.testing import FakeClock
from lamplighter.web.oidc import OidcClient, OidcProblem, Round, Vouched
from tests.unit.web.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, key, serving_issuer, signed

BACK = "http://lamp.lan/login/oidc/callback"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as running:
        yield running


def client_of(issuer: Issuer, **more: Any) -> OidcClient:  # noqa: ANN401 - keys of the configuration
    asked = {"issuer": issuer.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **more}
    return OidcClient(Oidc.model_validate(asked), FakeClock())


async def come_back(client: OidcClient, one: Round, back: str = BACK) -> str:
    """What the browser brings: it goes to the issuer, and is sent back with a code."""
    async with httpx.AsyncClient() as browser:
        sent = await browser.get(await client.address(one, back))
    assert sent.status_code == 302, sent.text
    brought = parse_qs(urlsplit(sent.headers["location"]).query)
    assert brought["state"] == [one.state]
    return brought["code"][0]


async def told(client: OidcClient, one: Round | None = None) -> Vouched:
    one = one or Round.fresh()
    return await client.vouched(one, await come_back(client, one), BACK)


async def test_the_issuer_says_who_it_is_and_in_which_groups(issuer: Issuer) -> None:
    client = client_of(issuer)
    assert await told(client) == Vouched("Ann", ("ops", "staff"))
    assert await told(client) == Vouched("Ann", ("ops", "staff"))
    assert issuer.asked.count("GET /.well-known/openid-configuration") == 1
    assert issuer.asked.count("GET /jwks") == 1


async def test_what_the_proof_does_not_say_is_asked_for_at_the_other_address(issuer: Issuer) -> None:
    issuer.person = {"sub": "u1", "preferred_username": "ann"}
    issuer.at_userinfo = {"groups": "ops", "preferred_username": "mallory"}
    assert await told(client_of(issuer)) == Vouched("ann", ("ops",))
    issuer.at_userinfo = {"sub": "u2", "groups": ["admins"]}
    with pytest.raises(OidcProblem, match="two different things"):
        await told(client_of(issuer))


async def test_a_code_counts_once_and_only_with_its_verifier(issuer: Issuer) -> None:
    client, one = client_of(issuer), Round.fresh()
    code = await come_back(client, one)
    stolen = Round(one.state, one.nonce, Round.fresh().verifier)
    with pytest.raises(OidcProblem, match="answers 400"):
        await client.vouched(stolen, code, BACK)
    with pytest.raises(OidcProblem, match="answers 400"):
        await client.vouched(one, code, BACK)


async def test_a_key_that_is_changed_is_read_again(issuer: Issuer) -> None:
    clock = FakeClock()
    asked = {"issuer": issuer.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    client = OidcClient(Oidc.model_validate(asked), clock)
    await told(client)
    issuer.key_name, issuer.published = "k2", ["k1", "k2"]
    clock.advance(60)
    assert (await told(client)).name == "Ann"


def none_at_all(claims: dict[str, Any], _: Issuer) -> str:
    return jwt.encode(claims, None, algorithm="none")


def with_the_public_key_as_secret(claims: dict[str, Any], issuer: Issuer) -> str:
    public = key(issuer.key_name).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    head, body = signed(claims, issuer).split(".")[:2]
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": issuer.key_name}).encode()).decode().rstrip("=")
    mark = hmac.digest(public, f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def with_our_secret_there(claims: dict[str, Any], _: Issuer) -> str:
    return jwt.encode(claims, CLIENT_SECRET.ljust(32, "x"), algorithm="HS256")


def with_a_key_of_ones_own(claims: dict[str, Any], issuer: Issuer) -> str:
    headers = {"kid": issuer.key_name, "jku": "http://evil.lan/jwks"}
    return jwt.encode(claims, key("mallory"), algorithm="RS256", headers=headers)


def with_a_key_that_nobody_published(claims: dict[str, Any], _: Issuer) -> str:
    return jwt.encode(claims, key("mallory"), algorithm="RS256", headers={"kid": "../../etc/passwd"})


def cut_short(claims: dict[str, Any], issuer: Issuer) -> str:
    return signed(claims, issuer).rpartition(".")[0] + "."


@pytest.mark.parametrize(
    "sign",
    [
        none_at_all,
        with_the_public_key_as_secret,
        with_our_secret_there,
        with_a_key_of_ones_own,
        with_a_key_that_nobody_published,
        cut_short,
        lambda *_: "",
        lambda *_: "a.b.c",
    ],
)
async def test_a_proof_that_the_issuer_did_not_sign_is_none(
    issuer: Issuer, sign: Callable[[dict[str, Any], Issuer], str]
) -> None:
    issuer.sign = sign
    with pytest.raises(OidcProblem, match="proof"):
        await told(client_of(issuer))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": None},
        {"iss": "http://evil.lan"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"sub": None},
    ],
)
async def test_a_proof_for_another_place_time_or_question_is_none(issuer: Issuer, claims: dict[str, Any]) -> None:
    issuer.claims = claims
    with pytest.raises(OidcProblem, match="proof"):
        await told(client_of(issuer))


@pytest.mark.parametrize(
    ("offers", "words"),
    [
        ({"issuer": "http://evil.lan"}, "names another issuer"),
        ({"token_endpoint": "file:///etc/passwd"}, "no usable token_endpoint"),
        ({"jwks_uri": ""}, "no usable jwks_uri"),
    ],
)
async def test_an_issuer_that_offers_something_odd_is_not_followed(
    issuer: Issuer, offers: dict[str, Any], words: str
) -> None:
    issuer.offers = offers
    with pytest.raises(OidcProblem, match=words):
        await client_of(issuer).address(Round.fresh(), BACK)


async def test_a_secret_goes_where_the_issuer_wants_it(issuer: Issuer) -> None:
    issuer.offers = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await told(client_of(issuer))).name == "Ann"
    with pytest.raises(OidcProblem, match="answers 401") as wrong:
        await told(client_of(issuer, client_secret="wrong"))
    assert "wrong" not in str(wrong.value)


async def test_a_name_that_is_not_said_is_said_to_be_missing(issuer: Issuer) -> None:
    with pytest.raises(OidcProblem, match=r"auth\.oidc\.name_claim"):
        await told(client_of(issuer, name_claim="nickname"))


@pytest.mark.parametrize("issuer", ["http://169.254.169.254", "http://2852039166", "http://0.0.0.0:1", "http://[::]:1"])
async def test_an_issuer_at_an_address_that_is_never_asked_is_refused(issuer: str) -> None:
    asked = Oidc.model_validate({"issuer": issuer, "client_id": CLIENT_ID})
    with pytest.raises(OidcProblem, match=r"link-local|unspecified"):
        await OidcClient(asked, FakeClock()).address(Round.fresh(), BACK)


async def test_an_issuer_that_is_away_or_endless_is_told_of() -> None:
    def endless(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b" " * 1_000_000)

    asked = Oidc.model_validate({"issuer": "http://127.0.0.1:1", "client_id": CLIENT_ID})
    with pytest.raises(OidcProblem, match="cannot be reached"):
        await OidcClient(asked, FakeClock()).address(Round.fresh(), BACK)
    with pytest.raises(OidcProblem, match="answers more than"):
        await OidcClient(asked, FakeClock(), httpx.MockTransport(endless)).address(Round.fresh(), BACK)
