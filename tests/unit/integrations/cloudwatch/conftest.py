"""One simulated SNS for the suites of this folder; its keys take a while to make."""

from __future__ import annotations

import pytest

from lamplighter.integrations.cloudwatch.simulator import SimulatedSns
from lamplighter.testing import NOON


@pytest.fixture(scope="session")
def sns() -> SimulatedSns:
    return SimulatedSns(NOON)
