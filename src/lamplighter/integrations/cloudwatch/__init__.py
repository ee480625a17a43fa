"""The integration `cloudwatch`: alarms through SNS or EventBridge. Nothing is asked of CloudWatch itself."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lamplighter.integrations.cloudwatch.certificates import Certificates
from lamplighter.integrations.cloudwatch.gate import CloudwatchGate
from lamplighter.integrations.cloudwatch.signal import CloudwatchSource
from lamplighter.integrations.cloudwatch.sns import TOPIC
from lamplighter.ports import Integration, Roles, Surroundings


class CloudwatchConfig(BaseModel):
    """`topics` are the ARNs whose messages are taken; `severity` is that of an alarm, because CloudWatch knows none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topics: list[str] = Field(default=[], max_length=100)
    severity: Literal["critical", "warning", "info"] = "critical"
    timeout_seconds: float = Field(default=5.0, gt=0, le=30, allow_inf_nan=False)

    @field_validator("topics")
    @classmethod
    def _are_topics(cls, topics: list[str]) -> list[str]:
        for topic in topics:
            if not re.fullmatch(TOPIC, topic):
                raise ValueError(
                    f'"{topic[:100]}" is not a topic; write it as arn:aws:sns:eu-west-1:123456789012:alarms'
                )
        return topics


def _build(config: CloudwatchConfig, surroundings: Surroundings) -> Roles:
    clock = surroundings.clock
    gate = CloudwatchGate(frozenset(config.topics), Certificates(config.timeout_seconds, clock), clock)
    return Roles(sources=(CloudwatchSource(clock.now, config.severity),), gates=(gate,))


INTEGRATION = Integration(name="cloudwatch", config=CloudwatchConfig, build=_build)
