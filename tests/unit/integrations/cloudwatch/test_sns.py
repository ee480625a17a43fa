from __future__ import annotations

import json

import pytest

from lamplighter.integrations.cloudwatch.simulator import SimulatedSns
from lamplighter.integrations.cloudwatch.sns import Kind, Untrusted, read_envelope


def test_the_signed_text_has_the_keys_in_sns_order(sns: SimulatedSns) -> None:
    envelope = read_envelope(sns.message("hello", Subject="a subject"))
    assert envelope is not None
    names = envelope.signed.decode().split("\n")[::2]
    assert names == ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type", ""]
    subscription = read_envelope(sns.message("hello", kind="SubscriptionConfirmation"))
    assert subscription is not None
    assert subscription.kind is Kind.SUBSCRIPTION
    names = subscription.signed.decode().split("\n")[::2]
    assert names == ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type", ""]


@pytest.mark.parametrize("body", [{"AlarmName": "x"}, {"detail-type": "x"}, {"Type": "something else"}])
def test_other_bodies_are_no_envelopes(body: dict[str, str]) -> None:
    assert read_envelope(json.dumps(body).encode()) is None


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"Type": "Other"}, "Type"),
        ({"TopicArn": "arn:aws:sns:eu-west-1:1:short"}, "TopicArn"),
        ({"TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms\n"}, "TopicArn"),
        ({"TopicArn": 3}, "TopicArn"),
        ({"Message": None}, "Message"),
        ({"Timestamp": "soon"}, "Timestamp"),
    ],
)
def test_a_broken_envelope_names_the_key(sns: SimulatedSns, changes: dict[str, object], key: str) -> None:
    body = {**json.loads(sns.message("hello")), **changes}
    with pytest.raises(Untrusted, match=key):
        read_envelope(json.dumps(body).encode())
