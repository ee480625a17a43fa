from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.cloudwatch import CloudwatchConfig
from lamplighter.integrations.cloudwatch.simulator import TOPIC
from lamplighter.testing import roles_of


def test_the_signature_stands_in_for_the_token() -> None:
    roles = roles_of("cloudwatch", {"topics": [TOPIC]})
    assert [source.name for source in roles.sources] == ["cloudwatch"]
    assert [(gate.source, gate.sufficient) for gate in roles.gates] == [("cloudwatch", True)]


@pytest.mark.parametrize(
    "topic", ["alarms", "*", "arn:aws:sqs:eu-west-1:123456789012:alarms", f"{TOPIC} ", f"{TOPIC}*"]
)
def test_a_topic_is_written_in_full(topic: str) -> None:
    with pytest.raises(ValidationError, match="is not a topic"):
        CloudwatchConfig(topics=[topic])
