"""The keys beside the channels: read strictly, with the key and the fix, and as EXPERIENCE.md's example has them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from lamplighter.settings import BadConfiguration, Settings, load_settings

EXAMPLE = """
site: {timezone: Europe/London}
notify:
  telegram: {token_file: %s, chat: 123456789, approvers: [123456789]}
  others: ["ntfy://ntfy.home.lan/ops"]
  quiet: {hours: "23:00-07:00", let_through: critical}
  digest: "08:00"
  heartbeat_out: https://hc-ping.com/your-uuid
"""


def read(tmp_path: Path, text: str, **environment: str) -> Settings:
    file = tmp_path / "lamplighter.yaml"
    file.write_text(text)
    return load_settings(file, {"HOME": str(tmp_path), **environment})


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(BadConfiguration) as caught:
        read(tmp_path, text)
    return "\n".join(caught.value.problems)


def test_the_example_is_read(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("123456:ABC-DEF\n")
    token.chmod(0o600)
    settings = read(tmp_path, EXAMPLE % token)
    assert set(settings.channels) == {"telegram", "apprise", "heartbeat_out"}
    assert settings.notify.digest == time(8)
    hours = settings.notify.hours("Europe/London")
    assert hours is not None
    assert hours.hold(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert "123456:ABC-DEF" not in repr(settings)


def test_the_line_of_a_short_form_is_known(tmp_path: Path) -> None:
    said = refused(tmp_path, 'site: {name: x}\nnotify:\n  others:\n    - "ntfy://h/x"\n    - "json://h"\n')
    assert "lamplighter.yaml:3: notify.others: entry 1: json://" in said
    settings = read(tmp_path, 'site: {name: x}\nnotify:\n  others: ["ntfy://h/x"]\n')
    assert settings.origins["notify.apprise.urls"] == "file:3"


def test_without_a_channel_the_log_is_one(tmp_path: Path) -> None:
    assert set(read(tmp_path, 'notify: {digest: "08:00"}').channels) == {"log"}
    assert set(read(tmp_path, "site: {name: x}").channels) == {"log"}
    assert read(tmp_path, "notify: {}").channels == {}
    settings = read(tmp_path, "notify: {heartbeat_out: http://hc.lan/x}")
    assert set(settings.channels) == {"log", "heartbeat_out"}


def test_a_secret_may_come_from_the_environment(tmp_path: Path) -> None:
    settings = read(
        tmp_path, "notify: {telegram: {chat: 42}}", LAMPLIGHTER_NOTIFY__TELEGRAM__TOKEN="123456:from-environment"
    )
    assert settings.channels["telegram"].token.get_secret_value() == "123456:from-environment"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('notify: {quiet: {hours: "23-7"}}', ("notify.quiet.hours", '"08:00"')),
        ('notify: {quiet: {hours: "23:00"}}', ("notify.quiet.hours", "23:00-07:00")),
        ('notify: {quiet: {hours: "07:00-07:00"}}', ("notify.quiet.hours", "same time")),
        ("notify: {quiet: {}}", ("notify.quiet.hours",)),
        ('notify: {quiet: {hours: "23:00-07:00", let_trough: critical}}', ("let_trough", 'mean "let_through"')),
        ('notify: {quiet: {hours: "23:00-07:00", let_through: all}}', ("notify.quiet.let_through", "critical")),
        ('notify: {digest: "8"}', ("notify.digest", '"08:00"')),
        ('notify: {digest: "24:00"}', ("notify.digest",)),
        ("notify: {digest: 800}", ("notify.digest",)),
        ("notify: {telegramm: {}}", ("notify.telegramm", 'mean "telegram"')),
        ("notify: {heartbeat_out: ftp://x}", ("notify.heartbeat_out", "http")),
        ('notify: {others: ["json://host"]}', ("notify.others: ", "json:// is not allowed")),
        ('notify: {others: "file:///etc/passwd"}', ("notify.others: ", "file:// is not allowed")),
        ('notify: {apprise: {urls: ["json://host"]}}', ("notify.apprise.urls: ", "json:// is not allowed")),
        ("notify: {telegram: {token: abc, chat: 1}}", ("notify.telegram.token", "@BotFather")),
        ("notify: {telegram: {chat: 1}}", ("notify.telegram.token",)),
        ('notify: {ntfy: {topic: "a b"}}', ("notify.ntfy.topic",)),
    ],
)
def test_what_is_wrong_is_said_with_the_key_and_the_fix(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    said = refused(tmp_path, text)
    assert all(word in said for word in words), said
    assert "lamplighter.yaml:1" in said
