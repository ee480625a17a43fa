"""The JWT of an hour that a program gets for a name and a password. One key, one algorithm, nothing from its header."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from lamplighter.domain.account import Account

ALGORITHM = "HS256"
ISSUER = "lamplighter"
AUDIENCE = "lamplighter-api"
LIFE_SECONDS = 3600
CHARS_MAX = 4096
LEEWAY_SECONDS = 5
REQUIRED = ["exp", "nbf", "iat", "aud", "iss", "sub", "stamp"]


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and with which password it was had."""

    name: str
    stamp: str


class Bearers:
    """Makes and reads these tokens."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def issue(self, account: Account, now: datetime) -> str:
        """A token for an account. The role in it is for the reader; what counts is the account's at each request."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": account.name,
            "role": account.role.word,
            "stamp": account.stamp,
            "iat": now,
            "nbf": now,
            "exp": now + timedelta(seconds=LIFE_SECONDS),
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str) -> Claims | None:
        """What it says, where it is ours and holds now; otherwise None."""
        if len(token) > CHARS_MAX or token.count(".") != 2:  # noqa: PLR2004 - header, claims, signature
            return None
        try:
            # Whatever a header names (kid, jku, x5u, jwk, crit), we neither fetch nor open it.
            if jwt.get_unverified_header(token) not in ({"alg": ALGORITHM, "typ": "JWT"}, {"alg": ALGORITHM}):
                return None
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED, "strict_aud": True},
            )
        except jwt.PyJWTError:
            return None
        name, stamp = claims["sub"], claims["stamp"]
        return Claims(name, stamp) if isinstance(name, str) and isinstance(stamp, str) else None
