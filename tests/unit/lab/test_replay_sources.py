"""The receivers' own parsers, found by name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.domain.alert import BadSignal
from lamplighter.lab.replay import StreamClock
from lamplighter.lab.replay_sources import NoSamples, Readers


@pytest.mark.parametrize("name", ["alertmanager", "grafana", "pagerduty", "uptime_kuma", "manual"])
def test_every_receiver_has_its_own_parser(name: str) -> None:
    readers = Readers(StreamClock(), {})
    assert readers.reader(name).name == name
    assert readers.reader(name) is readers.reader(name)


@pytest.mark.parametrize("name", ["", "nagios", "docker", "prometheus", "../x"])
def test_what_receives_nothing_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(BadSignal, match=r"Name the source|docs/integrations\.md"):
        Readers(StreamClock(), {}).reader(name)


def test_a_stream_has_no_samples() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    samples = NoSamples()
    samples.keep(())
    assert samples.window("x", at, at) == ()
