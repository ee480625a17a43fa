"""Every notification channel: it delivers, gives an id back, and keeps a hostile text from forging anything."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import structlog

from lamplighter.domain.incident import State
from lamplighter.integrations import BUILT_IN
from lamplighter.ports import ChannelError, Message, NotificationChannel
from lamplighter.testing import roles_of

CONFIGS: dict[str, dict[str, object]] = {
    "ansible": {"folder": "/no/such/folder"},
    "logfile": {"files": {"a": "/var/log/no-such-file"}},
    "loki": {"url": "http://127.0.0.1:9"},
    "postgresql": {"url": "postgresql://127.0.0.1:9/x", "components": ["db"]},
    "prometheus": {"url": "http://127.0.0.1:9"},
    "proxmox": {"url": "http://127.0.0.1:9", "token_id": "on@pve!call", "token": "t"},
}


def built() -> list[NotificationChannel]:
    return [role for name in BUILT_IN for role in roles_of(name, CONFIGS.get(name)).channels]


CHANNELS = built()
every_channel = pytest.mark.parametrize("channel", CHANNELS, ids=[channel.name for channel in CHANNELS])


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    out = io.StringIO()
    processors = [structlog.processors.KeyValueRenderer(sort_keys=True)]
    structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(out))
    yield out
    structlog.reset_defaults()


def message(title: str, *lines: str) -> Message:
    return Message("INC-1:opened", "INC-1", "opened", State.ANALYSING, "critical", title, lines)


def test_there_is_a_channel() -> None:
    assert "log" in {channel.name for channel in CHANNELS}


@every_channel
async def test_a_message_is_delivered_with_what_people_need(channel: NotificationChannel, written: io.StringIO) -> None:
    sent = await channel.send(message("web is down", "HTTP 502 for 2 min", "Looking into it"))
    assert sent
    assert all(word in written.getvalue() for word in ("INC-1", "analysing", "web is down", "HTTP 502", "Looking into"))


@every_channel
async def test_hostile_text_stays_one_plain_line(channel: NotificationChannel, written: io.StringIO) -> None:
    await channel.send(message("a\nnotification incident='INC-2'\r\x1b[2J", "\u202egnp.exe\x00", "b\u2028c"))
    line = written.getvalue()
    assert line.count("\n") == 1
    assert len(line.splitlines()) == 1
    assert not {"\x1b", "\x00", "\u202e", "\r"} & set(line)


@every_channel
async def test_a_failure_is_said_and_may_be_retried(channel: NotificationChannel) -> None:
    class FullDisk(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(FullDisk()))
    try:
        with pytest.raises(ChannelError, match="No space left") as caught:
            await channel.send(message("web is down"))
    finally:
        structlog.reset_defaults()
    assert caught.value.permanent is False
