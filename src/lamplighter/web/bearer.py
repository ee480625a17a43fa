"""What we sign for programs and browsers to bring back. One key, one algorithm, and nothing taken from the header."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from lamplighter.domain.account import Account

ALGORITHM = "HS256"
ISSUER = "lamplighter"
AUDIENCE = "lamplighter-api"
LIFE_SECONDS = 3600
CHARS_MAX = 4096
LEEWAY_SECONDS = 5
HEADERS = ({"alg": ALGORITHM, "typ": "JWT"}, {"alg": ALGORITHM})
REQUIRED = ["exp", "nbf", "iat", "aud", "iss"]
# When something holds is judged below, by the house's own clock.
OPTIONS: Any = {
    "require": REQUIRED,
    "strict_aud": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and with which password it was had."""

    name: str
    stamp: str


class Bearers:
    """Makes and reads the JWT of an hour that a program gets for a name and a password."""

    def __init__(self, key: str) -> None:
        self._key = key

    def issue(self, account: Account, now: datetime) -> str:
        """A token for an account. The role in it is for the reader; what counts is the account's at each request."""
        claims = {"sub": account.name, "role": account.role.word, "stamp": account.stamp, "jti": secrets.token_hex(8)}
        return sealed(claims, self._key, AUDIENCE, now, LIFE_SECONDS)

    def read(self, token: str, now: datetime) -> Claims | None:
        """What it says, where it is ours and holds now; otherwise None."""
        claims = unsealed(token, self._key, AUDIENCE, now) or {}
        name, stamp = claims.get("sub"), claims.get("stamp")
        return Claims(name, stamp) if isinstance(name, str) and isinstance(stamp, str) else None


def sealed(claims: dict[str, Any], key: str, audience: str, now: datetime, seconds: int) -> str:
    """The claims, signed, for one audience and for so long."""
    times = {"iat": now, "nbf": now, "exp": now + timedelta(seconds=seconds)}
    whole = {**claims, "iss": ISSUER, "aud": audience, **times}
    return jwt.encode(whole, key.encode(), algorithm=ALGORITHM)


def unsealed(token: str, key: str, audience: str, now: datetime) -> dict[str, Any] | None:
    """The claims, where we signed them for this audience and they hold now; otherwise None."""
    if len(token) > CHARS_MAX or token.count(".") != 2:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        # Whatever a header names (kid, jku, x5u, jwk, crit), we neither fetch nor open it.
        if jwt.get_unverified_header(token) not in HEADERS:
            return None
        claims: dict[str, Any] = jwt.decode(
            token, key.encode(), algorithms=[ALGORITHM], audience=audience, issuer=ISSUER, options=OPTIONS
        )
    except jwt.PyJWTError:
        return None
    times = [claims[name] for name in ("iat", "nbf", "exp")]
    if not all(type(at) is int for at in times):
        return None
    begins, ends = max(times[:2]) - LEEWAY_SECONDS, times[2]
    return claims if begins <= now.timestamp() < ends else None
