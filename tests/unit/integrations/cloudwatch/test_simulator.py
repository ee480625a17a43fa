from __future__ import annotations

import pytest

from lamplighter.integrations.cloudwatch.simulator import SimulatedSns


def test_a_message_needs_the_keys_of_one(sns: SimulatedSns) -> None:
    with pytest.raises(ValueError, match="no SNS message"):
        sns.signed({"AlarmName": "x"})
