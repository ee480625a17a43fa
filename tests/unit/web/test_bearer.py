"""The JWT of an hour: ours, unaltered, for us, now."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from lamplighter.domain.access import Role
from lamplighter.domain.account import Account
from lamplighter.testing import NOON
from lamplighter.web.bearer import AUDIENCE, ISSUER, LIFE_SECONDS, Bearers, Claims, sealed, unsealed

KEY = "k" * 64
ANN = Account("ann", Role.VIEWER, "$", "s1", NOON, NOON)
NOW = int(NOON.timestamp())
GOOD = {"sub": "ann", "stamp": "s1", "iss": ISSUER, "aud": AUDIENCE, "iat": NOW, "nbf": NOW, "exp": NOW + 60}


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def by_hand(header: dict[str, Any], claims: dict[str, Any], key: bytes = KEY.encode(), digest: str = "sha256") -> str:
    text = f"{part(header)}.{part(claims)}"
    mark = hmac.digest(key, text.encode(), digest)
    return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def test_it_says_whose_it_is_for_an_hour() -> None:
    token = Bearers(KEY).issue(ANN, NOON)
    assert Bearers(KEY).read(token, NOON) == Claims("ann", "s1")
    assert Bearers(KEY).read(token, NOON + timedelta(seconds=LIFE_SECONDS - 1)) == Claims("ann", "s1")
    assert Bearers(KEY).read(token, NOON + timedelta(seconds=LIFE_SECONDS)) is None
    assert Bearers(KEY).read(token, NOON - timedelta(minutes=1)) is None
    assert Bearers("x" * 64).read(token, NOON) is None


def test_the_one_made_by_hand_is_right_so_that_the_wrong_ones_below_fail_for_their_own_reason() -> None:
    assert Bearers(KEY).read(by_hand({"alg": "HS256", "typ": "JWT"}, GOOD), NOON) == Claims("ann", "s1")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "NONE", "typ": "JWT"},
        {"alg": "HS384"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"alg": ""},
        {"typ": "JWT"},
        {"alg": ["HS256"]},
        {"alg": "HS256", "kid": "../../../../dev/null"},
        {"alg": "HS256", "kid": "x' UNION SELECT 'k"},
        {"alg": "HS256", "jku": "http://evil.lan/jwks"},
        {"alg": "HS256", "x5u": "http://evil.lan/cert"},
        {"alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}},
        {"alg": "HS256", "crit": ["exp"], "exp": 1},
        {"alg": "HS256", "zip": "DEF"},
        {"alg": "HS256", "b64": False},
    ],
)
def test_no_header_chooses_how_it_is_checked(header: dict[str, Any]) -> None:
    assert Bearers(KEY).read(by_hand(header, GOOD), NOON) is None
    assert Bearers(KEY).read(by_hand(header, GOOD).rpartition(".")[0] + ".", NOON) is None


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "evil"},
        {"iss": [ISSUER]},
        {"aud": "another"},
        {"aud": [AUDIENCE, "another"]},
        {"exp": NOW},
        {"exp": f"{NOW + 60}"},
        {"exp": True},
        {"exp": 1e300},
        {"nbf": NOW + 60},
        {"iat": NOW + 60},
        {"iat": -(10**30)},
        {"sub": 7},
        {"sub": None},
        {"stamp": None},
        {"stamp": ["s1"]},
        *({name: ...} for name in ("iss", "aud", "exp", "nbf", "iat", "sub", "stamp")),
    ],
)
def test_claims_that_are_wrong_or_missing_let_nobody_in(change: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**GOOD, **change}.items() if value is not ...}
    read = Bearers(KEY).read(by_hand({"alg": "HS256", "typ": "JWT"}, claims), NOON)
    assert read is None or change == {"iat": -(10**30)}, "a token may be as old as it likes, as long as it holds"


def test_an_edited_claim_breaks_the_seal() -> None:
    head, _, mark = Bearers(KEY).issue(ANN, NOON).split(".")
    edited = f"{head}.{part({**GOOD, 'role': 'admin', 'sub': 'root'})}.{mark}"
    assert Bearers(KEY).read(edited, NOON) is None


def test_a_key_pair_signs_nothing_here() -> None:
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert Bearers(KEY).read(jwt.encode(GOOD, pair, algorithm="RS256"), NOON) is None


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "a.b", "a.b.c.d", "\x00.\x00.\x00", "x" * 10**6, "é.é.é"])
def test_rubbish_lets_nobody_in(text: str) -> None:
    assert Bearers(KEY).read(text, NOON) is None


def test_what_is_sealed_for_one_purpose_serves_no_other() -> None:
    token = sealed({"sub": "ann", "stamp": "s1"}, KEY, "another", NOON, 60)
    assert unsealed(token, KEY, "another", NOON) is not None
    assert Bearers(KEY).read(token, NOON) is None
