"""What the tests of this integration share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from lamplighter.domain.check import Sample


class NoSamples:
    def keep(self, samples: Sequence[Sample]) -> None:
        raise AssertionError("nothing is kept here")

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:
        return ()


@pytest.fixture
def samples() -> NoSamples:
    return NoSamples()
