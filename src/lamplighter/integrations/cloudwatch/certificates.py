"""Fetches SNS's certificates, and confirms subscriptions: two GETs of a pinned host, bounded, without redirects."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lamplighter.integrations.cloudwatch.sns import Envelope, Untrusted, certificate_url, confirmation_url
from lamplighter.integrations.fetching import Outward
from lamplighter.ports import Clock, ToolError

ANSWER_BYTES_MAX = 64 * 1024
KEPT_MAX = 16
KEPT_SECONDS = 24 * 3600.0
FETCHES_MAX = 10
FETCHES_SECONDS = 60.0
KEY_BITS_MIN = 2048
_HASHES: dict[str, type[hashes.SHA1 | hashes.SHA256]] = {"1": hashes.SHA1, "2": hashes.SHA256}


class Certificates:
    """Each certificate is kept for a day. `transport` is for tests; the hosts are pinned before it is asked."""

    def __init__(self, timeout_seconds: float, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._transport = transport
        self._kept: OrderedDict[str, tuple[float, x509.Certificate]] = OrderedDict()
        self._fetches: deque[float] = deque(maxlen=FETCHES_MAX)
        self._fetching = asyncio.Lock()

    async def check(self, envelope: Envelope) -> None:
        """Whether the signature is SNS's. Raises `Untrusted`, or `ToolError` where the certificate cannot be had."""
        kind = _HASHES.get(envelope.version)
        if kind is None:
            raise Untrusted("SignatureVersion: is neither 1 nor 2")
        certificate = await self._certificate(certificate_url(envelope))
        now = self._clock.now()
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise Untrusted("SigningCertURL: that certificate is not valid now")
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < KEY_BITS_MIN:
            raise Untrusted("SigningCertURL: that certificate holds no RSA key of 2048 bits or more")
        try:
            key.verify(envelope.signature, envelope.signed, padding.PKCS1v15(), kind())
        except InvalidSignature:
            raise Untrusted("Signature: is not that of this message") from None

    async def confirm(self, envelope: Envelope) -> None:
        """Confirm the subscription. Raises `Untrusted` or `ToolError`."""
        await self._get(confirmation_url(envelope))

    async def _certificate(self, url: str) -> x509.Certificate:
        async with self._fetching:
            kept = self._kept.get(url)
            if kept is not None and self._clock.monotonic() - kept[0] < KEPT_SECONDS:
                return kept[1]
            body = await self._get(url)
            try:
                certificate = x509.load_pem_x509_certificate(body)
            except ValueError as problem:
                raise ToolError(f"GET {url}: the answer is not a certificate") from problem
            self._kept[url] = (self._clock.monotonic(), certificate)
            if len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
            return certificate

    async def _get(self, url: str) -> bytes:
        self._count(url)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._fetched(url)
        except TimeoutError as problem:
            raise ToolError(f"GET {_shown(url)}: no whole answer in {self._timeout_seconds:g} s") from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise ToolError(f"GET {_shown(url)}: {type(problem).__name__}") from problem

    def _count(self, url: str) -> None:
        """Nobody without a token may make us ask without end."""
        now = self._clock.monotonic()
        if len(self._fetches) == FETCHES_MAX and now - self._fetches[0] < FETCHES_SECONDS:
            raise ToolError(f"GET {_shown(url)}: SNS was asked {FETCHES_MAX} times within a minute")
        self._fetches.append(now)

    async def _fetched(self, url: str) -> bytes:
        client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=self._timeout_seconds,
            transport=self._transport or Outward(),
            headers={"accept-encoding": "identity"},
        )
        async with client, client.stream("GET", url) as answer:
            if answer.status_code != httpx.codes.OK:
                raise ToolError(f"GET {_shown(url)}: HTTP {answer.status_code}")
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise ToolError(f"GET {_shown(url)}: the answer is larger than {ANSWER_BYTES_MAX} bytes")
            return bytes(body)


def _shown(url: str) -> str:
    return url.partition("?")[0]
