from __future__ import annotations

import pytest

from lamplighter.integrations.recognition import is_grafanas, source_of


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"alerts": [], "orgId": 1}', "grafana"),
        (b'{"alerts": [{"labels": {"orgId": "1"}}]}', "alertmanager"),
        (b'{"alerts": [{"annotations": {"x": "\\"orgId\\": 1"}}]}', "alertmanager"),
        (b'{"event_action": "trigger"}', "pagerduty"),
        (b'{"log": "x", "service": "y"}', "manual"),
        (b'{"hello": 1}', ""),
        (b"", ""),
    ],
)
def test_the_keys_tell_whose_a_body_is(payload: bytes, expected: str) -> None:
    assert source_of(payload) == expected
    assert is_grafanas(payload) is (expected == "grafana")
