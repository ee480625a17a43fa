"""A small OpenID issuer on loopback that speaks the real protocol and checks what it is asked, as a real one would."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "lamplighter"
CLIENT_SECRET = "between us two"
CODE_SECONDS = 60


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key pair; made once for each name, because that takes a moment."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(claims: dict[str, Any], issuer: Issuer) -> str:
    """An id token as it should be."""
    return jwt.encode(claims, key(issuer.key_name), algorithm="RS256", headers={"kid": issuer.key_name})


@dataclass
class Issuer:
    """Who is signed in there, what it publishes, and how it signs; a test may change any of it."""

    url: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "u1", "preferred_username": "Ann", "groups": ["ops", "staff"]}
    )
    at_userinfo: dict[str, Any] = field(default_factory=dict)
    key_name: str = "k1"
    published: list[str] = field(default_factory=lambda: ["k1"])
    sign: Callable[[dict[str, Any], Issuer], str] = signed
    claims: dict[str, Any] = field(default_factory=dict)
    offers: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON for one request."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        form = {name: values[-1] for name, values in parse_qs(body).items()}
        self.asked.append(f"{method} {parts.path}")
        doors: dict[str, Callable[[], tuple[int, dict[str, str], Any]]] = {
            "GET /.well-known/openid-configuration": self._discovery,
            "GET /authorize": lambda: self._authorize(query),
            "POST /token": lambda: self._token(form, headers),
            "GET /jwks": lambda: (200, {}, {"keys": [self._published(name) for name in self.published]}),
            "GET /userinfo": lambda: self._userinfo(headers),
        }
        door = doors.get(f"{method} {parts.path}")
        return door() if door else (404, {}, {})

    def _discovery(self) -> tuple[int, dict[str, str], Any]:
        offers = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        return 200, {}, {**offers, **self.offers}

    def _authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        fits = (
            query.get("response_type") == "code"
            and query.get("client_id") == CLIENT_ID
            and query.get("code_challenge_method") == "S256"
            and "openid" in query.get("scope", "").split()
            and all(query.get(name) for name in ("state", "nonce", "code_challenge", "redirect_uri"))
        )
        if not fits:
            return 400, {}, {"error": "invalid_request"}
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"}, None

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        asked = self.codes.pop(form.get("code", ""), None)
        if not self._is_ours(form, headers):
            return 401, {}, {"error": "invalid_client"}
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        same = asked and (challenge, form.get("redirect_uri")) == (asked["code_challenge"], asked["redirect_uri"])
        if asked is None or not same:
            return 400, {}, {"error": "invalid_grant"}
        now = int(time.time())
        whole = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + CODE_SECONDS,
            "nonce": asked["nonce"],
            **self.person,
            **self.claims,
        }
        claims = {name: value for name, value in whole.items() if value is not None}
        return 200, {}, {"access_token": "at-1", "token_type": "Bearer", "id_token": self.sign(claims, self)}

    def _is_ours(self, form: dict[str, str], headers: dict[str, str]) -> bool:
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            name, _, secret = base64.b64decode(value).decode().partition(":")
            return (unquote(name), unquote(secret)) == (CLIENT_ID, CLIENT_SECRET)
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)

    def _published(self, name: str) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key()))
        return {**public, "kid": name, "use": "sig", "alg": "RS256"}

    def _userinfo(self, headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        if headers.get("authorization") != "Bearer at-1":
            return 401, {}, {}
        return 200, {}, {"sub": self.person["sub"], **self.at_userinfo}


@contextmanager
def serving_issuer() -> Iterator[Issuer]:
    """An issuer on a free port of loopback."""
    issuer = Issuer()

    class Answering(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            named = {name.lower(): value for name, value in self.headers.items()}
            status, headers, said = issuer.answer(self.command, self.path, named, body)
            text = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer  # noqa: N815 - the library finds them by these names

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
