from __future__ import annotations

from structlog.testing import capture_logs

from lamplighter.domain.incident import State
from lamplighter.integrations.log.channel import TEXT_CHARS_MAX, LogChannel
from lamplighter.ports import Message


async def test_one_event_says_it_all() -> None:
    message = Message(
        "k1", "INC-1", "opened", State.ANALYSING, "critical", "web is down", ("502\nfor 2 min", "\x1b[2J")
    )
    with capture_logs() as events:
        assert await LogChannel().send(message) == "k1"
    (event,) = events
    assert event["event"] == "notification"
    assert (event["incident"], event["state"], event["title"]) == ("INC-1", "analysing", "web is down")
    assert event["text"] == "502 for 2 min · \ufffd[2J"


async def test_an_endless_text_is_cut() -> None:
    message = Message("k1", "INC-1", "opened", State.ANALYSING, "critical", "web is down", ("x" * 100_000,))
    with capture_logs() as events:
        await LogChannel().send(message)
    assert len(events[0]["text"]) == TEXT_CHARS_MAX
