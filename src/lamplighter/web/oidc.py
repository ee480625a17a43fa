"""OpenID Connect from the client's side: discovery, the code with PKCE, and the proof of who it is. No routes here."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from lamplighter.integrations.fetching import Outward
from lamplighter.ports import Clock
from lamplighter.settings.access import Oidc

# Only signatures of the issuer's own keys: our secret there must never become a key that others can sign with.
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
TIMEOUT_SECONDS = 10.0
ANSWER_BYTES_MAX = 512 * 1024
KEPT_SECONDS = 3600.0
KEYS_AGAIN_SECONDS = 30.0
LEEWAY_SECONDS = 60
GROUPS_MAX = 500
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OidcProblem(Exception):
    """Signing in there did not work; the words are for people."""


@dataclass(frozen=True, slots=True)
class Round:
    """What we must remember between sending a browser there and its return."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def fresh(cls) -> Round:
        """One that nobody can guess."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the issuer vouches for."""

    name: str
    groups: tuple[str, ...]


class OidcClient:
    """Asks one issuer. What it offers is read once an hour."""

    def __init__(self, asked: Oidc, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._asked = asked
        self._clock = clock
        self._transport = transport
        self._offers: dict[str, Any] = {}
        self._offers_at = 0.0
        self._keys: list[dict[str, Any]] = []
        self._keys_at = 0.0
        self._turn = asyncio.Lock()

    async def address(self, one: Round, back: str) -> str:
        """Where to send the browser. Raises `OidcProblem`."""
        offers = await self._discovered()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(one.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self._asked.client_id,
            "redirect_uri": back,
            "scope": " ".join(["openid", *(scope for scope in self._asked.scopes if scope != "openid")]),
            "state": one.state,
            "nonce": one.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        where = str(offers["authorization_endpoint"])
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    async def vouched(self, one: Round, code: str, back: str) -> Vouched:
        """Who it is, proven by the code that the browser brought. Raises `OidcProblem`."""
        offers = await self._discovered()
        async with self._client() as http:
            tokens = await self._exchanged(http, offers, one, code, back)
            claims = await self._proven(http, offers, str(tokens.get("id_token", "")), one.nonce)
            more = {self._asked.name_claim, self._asked.roles_claim} - claims.keys()
            if more and offers.get("userinfo_endpoint") and tokens.get("access_token"):
                claims = await self._further(http, offers, str(tokens["access_token"]), claims)
        name = claims.get(self._asked.name_claim)
        if not isinstance(name, str) or not name:
            raise OidcProblem(f"the issuer says no {self._asked.name_claim}; set auth.oidc.name_claim or its scopes")
        return Vouched(name, _groups(claims.get(self._asked.roles_claim)))

    async def _discovered(self) -> dict[str, Any]:
        async with self._turn:
            if self._offers and self._clock.monotonic() - self._offers_at < KEPT_SECONDS:
                return self._offers
            where = f"{self._asked.issuer}/.well-known/openid-configuration"
            async with self._client() as http:
                offers = await _json(http, http.build_request("GET", where))
            if str(offers.get("issuer", "")).rstrip("/") != self._asked.issuer:
                raise OidcProblem(f"{where} names another issuer; write auth.oidc.issuer exactly as it stands there")
            secure = self._asked.issuer.startswith("https://")
            for name in (*ENDPOINTS, "userinfo_endpoint"):
                url = str(offers.get(name, ""))
                fits = url.startswith("https://") or (not secure and url.startswith("http://"))
                if not fits and (url or name in ENDPOINTS):
                    raise OidcProblem(f"{where} has no usable {name}")
            self._offers, self._offers_at = offers, self._clock.monotonic()
            return offers

    async def _exchanged(
        self, http: httpx.AsyncClient, offers: dict[str, Any], one: Round, code: str, back: str
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self._asked.client_id,
            "code_verifier": one.verifier,
        }
        secret = self._asked.client_secret.get_secret_value()
        ways = offers.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" not in ways:
            form["client_secret"] = secret
        auth = httpx.BasicAuth(self._asked.client_id, secret) if secret and "client_secret" not in form else None
        request = http.build_request("POST", str(offers["token_endpoint"]), data=form)
        if auth is not None:
            request = next(auth.auth_flow(request))
        return await _json(http, request)

    async def _proven(self, http: httpx.AsyncClient, offers: dict[str, Any], token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token that the issuer signed for us, now, in answer to this very question."""
        try:
            key = await self._key(http, offers, jwt.get_unverified_header(token))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._asked.client_id,
                issuer=str(offers["issuer"]),
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
            )
        except jwt.PyJWTError as problem:
            raise OidcProblem(f"the issuer's proof does not hold: {problem}") from problem
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise OidcProblem("the issuer's proof belongs to another sign-in")
        if claims.get("azp", self._asked.client_id) != self._asked.client_id:
            raise OidcProblem("the issuer's proof was made for another program")
        return claims

    async def _key(self, http: httpx.AsyncClient, offers: dict[str, Any], header: dict[str, Any]) -> jwt.PyJWK:
        """The issuer's key of that name, from its own address alone; read again where it is not among the known."""
        for fresh in (False, True):
            if fresh and self._keys and self._clock.monotonic() - self._keys_at < KEYS_AGAIN_SECONDS:
                break
            if fresh or not self._keys:
                found = (await _json(http, http.build_request("GET", str(offers["jwks_uri"])))).get("keys")
                self._keys = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
                self._keys_at = self._clock.monotonic()
            for one in self._keys:
                if _fits(one, header):
                    return jwt.PyJWK(one, algorithm=str(header["alg"]))
        raise jwt.InvalidKeyError("it is signed with a key that the issuer does not publish")

    async def _further(
        self, http: httpx.AsyncClient, offers: dict[str, Any], token: str, claims: dict[str, Any]
    ) -> dict[str, Any]:
        """The claims, with what the issuer says of the same person at its other address."""
        headers = {"Authorization": f"Bearer {token}"}
        said = await _json(http, http.build_request("GET", str(offers["userinfo_endpoint"]), headers=headers))
        if said.get("sub") != claims["sub"]:
            raise OidcProblem("the issuer says two different things about who this is")
        return {**said, **claims}

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            trust_env=False,
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            transport=self._transport or Outward(),
        )


def _fits(key: dict[str, Any], header: dict[str, Any]) -> bool:
    kind = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}.get(str(header.get("alg", ""))[:2])
    named = "kid" not in header or key.get("kid") == header["kid"]
    same = key.get("alg", header.get("alg")) == header.get("alg")
    return kind is not None and key.get("kty") == kind and key.get("use", "sig") == "sig" and named and same


def _groups(said: object) -> tuple[str, ...]:
    if isinstance(said, str):
        return (said,)
    return tuple(str(one) for one in said[:GROUPS_MAX]) if isinstance(said, list) else ()


async def _json(http: httpx.AsyncClient, request: httpx.Request) -> dict[str, Any]:
    """An object of JSON, within bounds. Raises `OidcProblem` that names the address, never what was sent there."""
    where = str(request.url.copy_with(query=None))
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer = await http.send(request, stream=True)
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise OidcProblem(f"{where} answers more than {ANSWER_BYTES_MAX} bytes")
            await answer.aclose()
    except (httpx.HTTPError, TimeoutError) as problem:
        raise OidcProblem(f"{where} cannot be reached: {str(problem) or type(problem).__name__}") from problem
    if answer.status_code != httpx.codes.OK:
        raise OidcProblem(f"{where} answers {answer.status_code}")
    try:
        said = json.loads(body)
    except ValueError as problem:
        raise OidcProblem(f"{where} does not answer JSON") from problem
    if not isinstance(said, dict):
        raise OidcProblem(f"{where} does not answer a JSON object")
    return said
