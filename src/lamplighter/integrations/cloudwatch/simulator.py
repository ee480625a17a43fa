"""An SNS of our own that signs and confirms as Amazon's does, for tests. The product itself never uses it."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from lamplighter.integrations.cloudwatch.sns import read_envelope

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE_PATH = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
TOKEN = "2336412f37"  # noqa: S105 - what SNS calls a token is public to its subscriber


class SimulatedSns:
    """Makes signed messages, and answers for the certificate and for confirmations; `asked` keeps every address."""

    def __init__(self, now: datetime, *, valid_days: int = 30, key_bits: int = 2048) -> None:
        self._now = now
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=key_bits)
        self.certificate = self._certificate(valid_days)
        self.asked: list[str] = []
        self._count = 0

    def message(self, text: str, *, kind: str = "Notification", version: str = "2", **changes: str) -> bytes:
        """A signed message. `changes` replace or add keys before it is signed."""
        self._count += 1
        body = {
            "Type": kind,
            "MessageId": f"22b80b92-fdea-4c2c-8f9d-{self._count:012d}",
            "TopicArn": TOPIC,
            "Message": text,
            "Timestamp": self._now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": version,
            "Signature": "",
            "SigningCertURL": f"{HOST}{CERTIFICATE_PATH}",
        }
        if kind != "Notification":
            body["Token"] = TOKEN
            body["SubscribeURL"] = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={TOKEN}"
        return self.signed({**body, **changes})

    def signed(self, body: dict[str, str]) -> bytes:
        """A message of these keys with the signature that belongs to them."""
        envelope = read_envelope(json.dumps(body).encode())
        if envelope is None:
            raise ValueError("these keys are no SNS message")
        kind = hashes.SHA1() if envelope.version == "1" else hashes.SHA256()  # noqa: S303 - version 1 is SHA-1
        signature = self._key.sign(envelope.signed, padding.PKCS1v15(), kind)
        return json.dumps({**body, "Signature": base64.b64encode(signature).decode()}).encode()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """What Amazon's hosts would answer, for `httpx.MockTransport` or a server of one's own."""
        self.asked.append(str(request.url))
        if request.url.path == CERTIFICATE_PATH:
            return httpx.Response(200, stream=httpx.ByteStream(self.certificate))
        if request.url.params.get("Action") == "ConfirmSubscription":
            return httpx.Response(200, stream=httpx.ByteStream(b"<ConfirmSubscriptionResponse/>"))
        return httpx.Response(404, stream=httpx.ByteStream(b""))

    def _certificate(self, valid_days: int) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        begins = self._now - timedelta(days=60)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=60 + valid_days))
            .sign(self._key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)
