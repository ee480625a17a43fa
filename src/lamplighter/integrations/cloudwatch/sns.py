"""SNS's envelope: what it says of itself, which text its signature covers, and which addresses it may name. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import parse_qs, urlencode, urlsplit

from lamplighter.domain.alert import BadSignal
from lamplighter.domain.reception import Unfit, read_object, text_at, time_at

ENVELOPE_BYTES_MAX = 512 * 1024
TOPIC = r"arn:aws[a-z-]{0,20}:sns:(?P<region>[a-z]{2}(?:-[a-z]{3,12}){1,3}-\d):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?"
FIX = "Subscribe the endpoint to the SNS topic, without raw message delivery"
_TOPIC = re.compile(TOPIC, re.ASCII)
_HOST = re.compile(r"sns\.(?P<region>[a-z]{2}(?:-[a-z]{3,12}){1,3}-\d)\.amazonaws\.com", re.ASCII)
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem", re.ASCII)
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


class Kind(StrEnum):
    """What an SNS message is."""

    NOTIFICATION = "Notification"
    SUBSCRIPTION = "SubscriptionConfirmation"
    UNSUBSCRIPTION = "UnsubscribeConfirmation"


class Untrusted(ValueError):
    """An envelope that names what SNS would not name; the words hold nothing of its texts."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One SNS message. `signed` is the text that the signature covers, `region` that of its topic."""

    kind: Kind
    id: str
    topic: str
    region: str
    message: str
    token: str
    sent_at: datetime
    version: str
    signature: bytes
    certificate_url: str
    subscribe_url: str
    signed: bytes


def is_enveloped(body: Mapping[str, object]) -> bool:
    """Whether a body claims to be an SNS message; raw deliveries and EventBridge's events do not."""
    return "TopicArn" in body or "SigningCertURL" in body or body.get("Type") in {kind.value for kind in Kind}


def read_envelope(payload: bytes) -> Envelope | None:
    """The envelope, None where the body is none. Raises `Untrusted` where it is not as SNS writes it."""
    if len(payload) > ENVELOPE_BYTES_MAX:
        raise Untrusted(f"an SNS message holds at most {ENVELOPE_BYTES_MAX} bytes")
    try:
        body = read_object(payload, FIX)
    except BadSignal as problem:
        raise Untrusted(f"{problem.key}: {problem.problem}") from problem
    if not is_enveloped(body):
        return None
    try:
        return _envelope(body)
    except Unfit as problem:
        raise Untrusted(f"{problem.place}: {problem}") from problem


def _envelope(body: Mapping[str, object]) -> Envelope:
    kind = text_at(body, "Type")
    names = _SIGNED.get(kind)
    if names is None:
        raise Unfit("Type", "is none of SNS's")
    found = _TOPIC.fullmatch(text_at(body, "TopicArn"))
    if found is None:
        raise Unfit("TopicArn", "is not the name of a topic")
    lines = [f"{name}\n{text_at(body, name)}\n" for name in names if name != "Subject" or body.get(name) is not None]
    try:
        signature = base64.b64decode(text_at(body, "Signature"), validate=True)
    except (binascii.Error, ValueError):
        raise Unfit("Signature", "is not base64") from None
    return Envelope(
        kind=Kind(kind),
        id=text_at(body, "MessageId"),
        topic=text_at(body, "TopicArn"),
        region=found["region"],
        message=text_at(body, "Message"),
        token=text_at(body, "Token", ""),
        sent_at=time_at("Timestamp", body.get("Timestamp")),
        version=text_at(body, "SignatureVersion"),
        signature=signature,
        certificate_url=text_at(body, "SigningCertURL"),
        subscribe_url=text_at(body, "SubscribeURL", ""),
        signed="".join(lines).encode("utf-8", "replace"),
    )


def certificate_url(envelope: Envelope) -> str:
    """Where its certificate lies, written anew from what was checked. Raises `Untrusted`."""
    region, path = _pinned("SigningCertURL", envelope.certificate_url)
    if region != envelope.region:
        raise Untrusted("SigningCertURL: names another region than the topic")
    if not _CERTIFICATE_PATH.fullmatch(path):
        raise Untrusted("SigningCertURL: is not the address of one of SNS's certificates")
    return f"https://sns.{region}.amazonaws.com{path}"


def confirmation_url(envelope: Envelope) -> str:
    """What must be asked for to confirm the subscription, written anew from what was signed. Raises `Untrusted`."""
    region, _ = _pinned("SubscribeURL", envelope.subscribe_url)
    asked = parse_qs(urlsplit(envelope.subscribe_url).query)
    if region != envelope.region or asked.get("Action") != ["ConfirmSubscription"]:
        raise Untrusted("SubscribeURL: does not confirm a subscription to this topic")
    query = urlencode({"Action": "ConfirmSubscription", "TopicArn": envelope.topic, "Token": envelope.token})
    return f"https://sns.{region}.amazonaws.com/?{query}"


def _pinned(key: str, url: str) -> tuple[str, str]:
    """Region and path of an https URL whose host is exactly that of SNS in a region."""
    # What parses a URL reads over blanks and line ends, and what asks for it need not.
    if not url.isascii() or not url.isprintable() or " " in url:
        raise Untrusted(f"{key}: holds characters that no URL holds")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Untrusted(f"{key}: is not a URL") from None
    host = _HOST.fullmatch(parts.netloc)
    if parts.scheme != "https" or host is None:
        raise Untrusted(f"{key}: must begin with https:// and name sns.<region>.amazonaws.com, and does not")
    return host["region"], parts.path
