"""Every notification channel: it delivers, gives an id back, keeps hostile text inert, and says how it failed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import structlog

from lamplighter.domain.incident import State
from lamplighter.domain.message import Button, Detail, Message, Press
from lamplighter.integrations import load
from lamplighter.integrations.ntfy.simulator import SimulatedNtfy, simulated_ntfy
from lamplighter.integrations.telegram.simulator import SimulatedBot, simulated_bot
from lamplighter.ports import ChannelError, NotificationChannel, Surroundings
from lamplighter.testing import NOON, FakeClock, FakeSamples, roles_of

SECRET = "123456:simulated-token"
HOSTILE = "<script>x</script> <b>fat</b> [a](http://evil) & \x1b[2J \u202e \x00"


@dataclass
class Rig:
    """One channel with what stands for its service: what was shown to people there, and how to break it."""

    channel: NotificationChannel
    shown: Callable[[], str]
    break_with: Callable[[int, dict[str, str]], None]
    closed: list[str] = field(default_factory=list)


def built(name: str, config: dict[str, Any]) -> NotificationChannel:
    integration = load(name)
    parsed = integration.config.model_validate(config)
    surroundings = Surroundings(FakeClock(NOON), (), FakeSamples(), lambda token: f"http://ops.lan/act/{token}")
    return integration.build(parsed, surroundings).channels[0]


@contextmanager
def telegram() -> Iterator[Rig]:
    with simulated_bot() as bot:
        config = {"token": bot.token, "chat": 42, "approvers": [7], "api_url": bot.url, "timeout_seconds": 1}

        def break_with(status: int, extra: dict[str, str]) -> None:
            given: dict[str, object] = dict(extra)
            if "retry-after" in extra:
                given = {"retry_after": int(extra["retry-after"])}
            bot.faults.append((status, given))

        yield Rig(built("telegram", config), lambda: json.dumps(bot.messages, ensure_ascii=False), break_with)


@contextmanager
def ntfy() -> Iterator[Rig]:
    with simulated_ntfy(SimulatedNtfy(token="tk_secretsecretsecret")) as server:
        config = {
            "url": server.url,
            "topic": "ops",
            "token": "tk_secretsecretsecret",
            "approver": "alex",
            "timeout_seconds": 1,
        }
        shown = lambda: json.dumps(server.published, ensure_ascii=False)  # noqa: E731 - as the others
        yield Rig(built("ntfy", config), shown, lambda status, extra: server.faults.append((status, extra)))


@contextmanager
def apprise() -> Iterator[Rig]:
    with simulated_ntfy() as server:
        url = server.url.replace("http://", "ntfy://") + "/ops"
        channel = built("apprise", {"urls": [url], "timeout_seconds": 3})
        shown = lambda: json.dumps(server.published, ensure_ascii=False)  # noqa: E731 - as the others
        yield Rig(channel, shown, lambda status, extra: server.faults.append((status, extra)))


RIGS = {"telegram": telegram, "ntfy": ntfy, "apprise": apprise}


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with RIGS[request.param]() as made:
        yield made


def message(title: str = "web is down", *lines: str, **changes: object) -> Message:
    made = Message(
        key="INC-1:opened",
        incident_id="INC-1",
        moment="opened",
        state=State.ANALYSING,
        severity="critical",
        title=title,
        lines=lines or ("HTTP 502 for 2 min", "Looking into it"),
        at=NOON,
        detail=Detail(since=NOON),
    )
    return replace(made, **changes)


async def test_a_message_is_delivered_with_what_people_need(rig: Rig) -> None:
    assert await rig.channel.send(message())
    assert all(word in rig.shown() for word in ("INC-1", "Trouble", "critical", "web is down", "HTTP 502", "12:00"))


async def test_hostile_text_is_delivered_as_text(rig: Rig) -> None:
    assert await rig.channel.send(message(HOSTILE, HOSTILE, detail=Detail(cause=HOSTILE, confidence=0.5)))
    assert "fat" in rig.shown()


async def test_a_text_of_any_length_is_delivered(rig: Rig) -> None:
    long = "ü" * 1_200
    assert await rig.channel.send(message(long, *(long,) * 40, detail=Detail(cause=long, evidence=(long,) * 5)))


@pytest.mark.parametrize("status", [500, 502, 429])
async def test_trouble_that_passes_may_be_retried(rig: Rig, status: int) -> None:
    rig.break_with(status, {})
    with pytest.raises(ChannelError) as caught:
        await rig.channel.send(message())
    assert caught.value.permanent is False
    assert await rig.channel.send(message())


async def test_silence_is_waited_for_only_so_long(rig: Rig) -> None:
    rig.break_with(0, {"silence": "5"})
    with pytest.raises(ChannelError, match=r"no (whole )?answer|did not take") as caught:
        await rig.channel.send(message())
    assert caught.value.permanent is False


@pytest.mark.parametrize("name", ["telegram", "ntfy"])
async def test_retry_after_is_handed_on_and_a_refusal_is_for_good(name: str) -> None:
    with RIGS[name]() as rig:
        rig.break_with(429, {"retry-after": "17"})
        with pytest.raises(ChannelError) as caught:
            await rig.channel.send(message())
        assert caught.value.retry_after_seconds == 17
        rig.break_with(403, {})
        with pytest.raises(ChannelError, match="403") as caught:
            await rig.channel.send(message())
        assert caught.value.permanent is True


async def test_a_redirect_is_not_followed() -> None:
    with ntfy() as rig:
        rig.break_with(307, {"location": "http://169.254.169.254/latest"})
        with pytest.raises(ChannelError, match="do not follow") as caught:
            await rig.channel.send(message())
        assert caught.value.permanent is True


async def test_apprise_follows_no_redirect_either() -> None:
    with simulated_ntfy() as elsewhere, apprise() as rig:
        rig.break_with(307, {"location": f"{elsewhere.url}/"})
        with pytest.raises(ChannelError):
            await rig.channel.send(message())
        assert elsewhere.asked == 0


async def test_no_error_names_a_secret() -> None:
    bot = SimulatedBot()
    refused = {"token": bot.token, "chat": 42, "api_url": "http://127.0.0.1:9", "timeout_seconds": 1}
    nowhere = {"url": "http://no-such-host.invalid", "topic": "ops", "token": "tk_secretsecretsecret"}
    for channel in (built("telegram", refused), built("ntfy", nowhere)):
        with pytest.raises(ChannelError) as caught:
            await channel.send(message())
        assert caught.value.permanent is False
        assert "simulated-token" not in str(caught.value)
        assert "tk_secret" not in str(caught.value)


async def test_buttons_are_shown_where_they_can_be_pressed() -> None:
    buttons = tuple(Button(press, str(press), f"token-{press}") for press in (Press.APPROVE, Press.DENY))
    for name in ("telegram", "ntfy"):
        with RIGS[name]() as rig:
            assert rig.channel.can.buttons_max >= 3
            await rig.channel.send(message(buttons=buttons))
            assert all(f"token-{press}" in rig.shown() for press in (Press.APPROVE, Press.DENY))
    with apprise() as rig:
        assert rig.channel.can.buttons_max == 0


async def test_a_question_is_no_link_that_a_preview_could_follow() -> None:
    with ntfy() as rig:
        await rig.channel.send(message(buttons=(Button(Press.APPROVE, "yes", "abc"),)))
        (published,) = json.loads(rig.shown())
        (action,) = published["actions"]
        assert (action["action"], action["method"]) == ("http", "POST")
        assert "click" not in published


def test_who_names_no_approver_gets_no_buttons() -> None:
    assert built("telegram", {"token": SECRET, "chat": 42}).can.buttons_max == 0
    assert built("ntfy", {"topic": "ops"}).can.buttons_max == 0
    quiet = load("telegram")
    assert quiet.build(quiet.config.model_validate({"token": SECRET, "chat": 1}), _nowhere()).listeners == ()
    unreachable = load("ntfy")
    config = unreachable.config.model_validate(
        {"url": "http://ntfy.lan", "topic": "ops", "token": "t", "approver": "alex"}
    )
    assert unreachable.build(config, _nowhere()).channels[0].can.buttons_max == 0


def _nowhere() -> Surroundings:
    return Surroundings(FakeClock(NOON), (), FakeSamples())


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    out = io.StringIO()
    processors = [structlog.processors.KeyValueRenderer(sort_keys=True)]
    structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(out))
    yield out
    structlog.reset_defaults()


async def test_the_log_says_what_people_need(written: io.StringIO) -> None:
    (channel,) = roles_of("log").channels
    assert await channel.send(message())
    assert all(word in written.getvalue() for word in ("INC-1", "analysing", "web is down", "HTTP 502", "Looking into"))


async def test_hostile_text_stays_one_plain_line_of_the_log(written: io.StringIO) -> None:
    (channel,) = roles_of("log").channels
    await channel.send(message("a\nnotification incident='INC-2'\r\x1b[2J", "\u202egnp.exe\x00", "b\u2028c"))
    line = written.getvalue()
    assert line.count("\n") == 1
    assert len(line.splitlines()) == 1
    assert not {"\x1b", "\x00", "\u202e", "\r"} & set(line)


async def test_a_log_that_cannot_be_written_may_be_retried() -> None:
    class FullDisk(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    (channel,) = roles_of("log").channels
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(FullDisk()))
    try:
        with pytest.raises(ChannelError, match="No space left") as caught:
            await channel.send(message())
    finally:
        structlog.reset_defaults()
    assert caught.value.permanent is False
