"""A9: only services that carry messages to people; nothing that posts anywhere, acts here, or reads files."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.apprise import AppriseConfig
from lamplighter.integrations.apprise.allowing import ALLOWED, why_refused
from lamplighter.testing import roles_of


@pytest.mark.parametrize(
    "url",
    [
        "json://169.254.169.254/latest",
        "jsons://user:secret@host/path",
        "xml://host",
        "form://host",
        "apprise://host/key",
        "dbus://",
        "gnome://",
        "glib://",
        "kde://",
        "macosx://",
        "windows://",
        "syslog://",
        "rsyslog://host",
        "mqtt://host/topic",
        "amqp://host/queue",
        "ifttt://key@event",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "https://host/hook",
        "exec:///bin/sh",
        "JSON://host",
        "unix:///var/run/docker.sock",
        "nothing",
        "",
        "ntfy://host/topic json://host",
        "ntfy://host/topic\njson://host",
        "ntfy://host/topic?redirect=yes",
        "workflows://host/a/b/c?template=/etc/passwd",
        "discord://1/2?attach=file:///etc/passwd",
        "mailto://u:p@host?pgpkey=/root/key",
        "ntfy://h/t,json://169.254.169.254/latest",
        "ntfy://h/t;json://169.254.169.254/latest",
        "ntfy://h/t,,json:/169.254.169.254/latest",
        "ntfy://h/t?to=a,json://169.254.169.254/latest",
        "ntfy://h/t#?redirect=yes",
        "ntfy://h/t#x?a=b&redirect=yes",
        "ntfy://h/t?to=x;redirect=yes",
        "ntfy://h/t?to=x?redirect=yes&redirect=yes",
        "ntfy://h/t?to=x#&redirect=yes",
        "ntfy://h/t?re%64irect=yes",
        "ntfy://h/t?REDIRECT=yes",
        "ntfy://h/t?+X-Header=yes",
        "ntfy://h/t?secretword",
        "ntfy://h/t?unheard=of",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general?template=/etc/passwd",
        "ntfy://" + "x" * 5_000,
    ],
)
def test_what_is_no_message_service_is_refused_with_the_fix_and_without_the_secret(url: str) -> None:
    why = why_refused(url)
    assert any(word in why for word in ("use one of", "write", "drop it"))
    assert "secret" not in why
    with pytest.raises(ValidationError, match="entry 0"):
        AppriseConfig.model_validate({"urls": [url]})


@pytest.mark.parametrize(
    "url",
    [
        "ntfy://ntfy.home.lan/ops",
        "mailtos://user:password@example.com",
        "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01234567",
        "gotify://192.168.1.2:8080/AbCdEfGh123456",
        "gotify://192.168.1.2:8080/AbCdEfGh123456?priority=high&verify=no",
        "mailtos://example.com?user=me&pass=it&smtp=mail.example.com&from=me@example.com&to=you@example.com",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general?image=no",
    ],
)
def test_what_carries_messages_is_taken(url: str) -> None:
    assert why_refused(url) == ""
    assert AppriseConfig.model_validate({"urls": [url]})


def test_a_url_that_apprise_cannot_read_is_said() -> None:
    with pytest.raises(ValidationError, match="Apprise cannot read it"):
        AppriseConfig.model_validate({"urls": ["discord://"]})


def test_each_url_is_a_channel_of_its_own_by_a_name_without_secrets() -> None:
    urls = ["ntfy://a/x", "gotify://h/AbCdEfGh123456", "ntfy://b/y"]
    names = [channel.name for channel in roles_of("apprise", {"urls": urls}).channels]
    assert names == ["apprise-ntfy", "apprise-gotify", "apprise-ntfy-2"]


def test_no_scheme_is_allowed_that_posts_anywhere_or_acts_here() -> None:
    assert not ALLOWED & {"json", "jsons", "xml", "xmls", "form", "forms", "apprise", "dbus", "qt", "syslog", "windows"}
