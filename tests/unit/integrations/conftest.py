"""What the tests of all integrations share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lamplighter.testing import JsonServer, serving_json


@pytest.fixture
def json_server() -> Iterator[JsonServer]:
    with serving_json() as server:
        yield server
