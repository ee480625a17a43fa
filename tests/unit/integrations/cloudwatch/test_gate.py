from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from lamplighter.integrations import Unproven
from lamplighter.integrations.cloudwatch.certificates import Certificates
from lamplighter.integrations.cloudwatch.gate import CloudwatchGate
from lamplighter.integrations.cloudwatch.simulator import HOST, TOPIC, SimulatedSns
from lamplighter.ports import Forged, ToolError
from lamplighter.testing import NOON, FakeClock

ALARM = '{"AlarmName": "orders-cpu"}'


def gate(sns: SimulatedSns, *topics: str, clock: FakeClock | None = None) -> CloudwatchGate:
    clock = clock or FakeClock()
    sns.asked.clear()
    certificates = Certificates(5.0, clock, httpx.MockTransport(sns.answer))
    return CloudwatchGate(frozenset(topics or {TOPIC}), certificates, clock)


def changed(payload: bytes, **changes: Any) -> bytes:  # noqa: ANN401 - any JSON value
    return json.dumps({**json.loads(payload), **changes}).encode()


@pytest.mark.parametrize("version", ["1", "2"])
async def test_what_sns_signed_is_let_in(sns: SimulatedSns, version: str) -> None:
    door = gate(sns)
    assert await door.admit(sns.message(ALARM, version=version), {})
    assert await door.admit(sns.message(ALARM, version=version, Subject="ALARM: orders"), {})
    assert len(sns.asked) == 1, "the certificate is fetched once"


@pytest.mark.parametrize(
    "changes",
    [
        {"Message": "{}"},
        {"Timestamp": "2026-01-05T12:00:01.000Z"},
        {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:other"},
        {"Subject": "added"},
        {"MessageId": "another"},
        {"Signature": "AAAA"},
        {"Signature": ""},
        {"Signature": "not base64!"},
        {"SignatureVersion": "3"},
        {"SignatureVersion": "1"},
    ],
)
async def test_whatever_is_changed_after_the_signature_is_refused(sns: SimulatedSns, changes: dict[str, str]) -> None:
    with pytest.raises(Forged):
        await gate(sns).admit(changed(sns.message(ALARM), **changes), {})


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.evil.amazonaws.com.attacker/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com.attacker.example/SimpleNotificationService-1.pem",
        "https://attacker.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com@attacker.example/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com\n.attacker.example/SimpleNotificationService-1.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://xsns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com/my-bucket/key.pem",
        "https://169.254.169.254/SimpleNotificationService-1.pem",
        "https://[::1]/SimpleNotificationService-1.pem",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_certificate_anywhere_else_is_not_fetched(sns: SimulatedSns, url: str) -> None:
    payload = changed(sns.message(ALARM), SigningCertURL=url)
    with pytest.raises(Forged, match="SigningCertURL"):
        await gate(sns).admit(payload, {})
    assert sns.asked == []


async def test_a_topic_that_is_not_listed_is_refused_before_anything_is_fetched(sns: SimulatedSns) -> None:
    other = "arn:aws:sns:eu-west-1:123456789012:other"
    for kind in ("Notification", "SubscriptionConfirmation"):
        with pytest.raises(Forged, match="TopicArn"):
            await gate(sns, other).admit(sns.message(ALARM, kind=kind), {})
    assert sns.asked == []


async def test_a_subscription_to_a_listed_topic_is_confirmed_once(sns: SimulatedSns) -> None:
    door = gate(sns)
    payload = sns.message("You have chosen to subscribe", kind="SubscriptionConfirmation")
    assert not await door.admit(payload, {})
    assert not await door.admit(payload, {})
    confirmed = [url for url in sns.asked if "ConfirmSubscription" in url]
    assert len(confirmed) == 1
    assert confirmed[0].startswith(f"{HOST}/?Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://sns.eu-west-1.amazonaws.com.attacker/?Action=ConfirmSubscription",
        f"{HOST}/?Action=Publish",
        f"{HOST}/",
    ],
)
async def test_a_confirmation_anywhere_else_is_never_asked_for(sns: SimulatedSns, url: str) -> None:
    with pytest.raises(Forged, match="SubscribeURL"):
        await gate(sns).admit(sns.message("x", kind="SubscriptionConfirmation", SubscribeURL=url), {})
    assert not any("ConfirmSubscription" in asked or "169.254" in asked for asked in sns.asked)


async def test_the_end_of_a_subscription_is_read_and_nothing_is_asked_for(sns: SimulatedSns) -> None:
    assert not await gate(sns).admit(sns.message("You left", kind="UnsubscribeConfirmation"), {})
    assert len(sns.asked) == 1


async def test_a_message_that_was_taken_is_dealt_with(sns: SimulatedSns) -> None:
    door, payload = gate(sns), sns.message(ALARM)
    assert await door.admit(payload, {})
    assert await door.admit(payload, {}), "the answer was lost before it was durable"
    door.accepted(payload, {})
    assert not await door.admit(payload, {})


@pytest.mark.parametrize("away", [timedelta(days=2), timedelta(hours=-1)])
async def test_a_message_of_another_time_is_refused(sns: SimulatedSns, away: timedelta) -> None:
    with pytest.raises(Forged, match="Timestamp"):
        await gate(sns, clock=FakeClock(NOON + away)).admit(sns.message(ALARM), {})


@pytest.mark.parametrize("payload", [b'{"AlarmName": "raw"}', b'{"detail-type": "CloudWatch Alarm State Change"}'])
async def test_what_bears_no_signature_is_unproven(sns: SimulatedSns, payload: bytes) -> None:
    with pytest.raises(Unproven):
        await gate(sns).admit(payload, {})


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"hello",
        b"[]",
        b"{" * 1000,
        b'{"Type": "Notification"}',
        b'{"Type": "Notification", "x": "' + b"y" * 600_000,
    ],
)
async def test_rubbish_is_forged_and_fetches_nothing(sns: SimulatedSns, payload: bytes) -> None:
    with pytest.raises(Forged):
        await gate(sns).admit(payload, {})
    assert sns.asked == []


async def test_where_the_certificate_cannot_be_had_the_sender_shall_try_again(sns: SimulatedSns) -> None:
    async def away(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    door = CloudwatchGate(frozenset({TOPIC}), Certificates(5.0, FakeClock(), httpx.MockTransport(away)), FakeClock())
    with pytest.raises(ToolError, match="ConnectError"):
        await door.admit(sns.message(ALARM), {})
