"""Which values are secrets, and how they are masked."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from lamplighter.settings.secrecy import MASK, is_secret, masked


@pytest.mark.parametrize(
    "key",
    [
        "sources.proxmox.token",
        "store.password",
        "a.api_key",
        "a.hmac_secret",
        "notify.others.0",
        "notify.heartbeat_out",
        "notify.heartbeat_out.url",
        "notify.apprise.urls.3",
        "notify.ntfy.topic",
    ],
)
def test_secrets_are_known_by_their_names(key: str) -> None:
    assert is_secret(key)
    assert masked(key, "hunter2") == MASK
    assert masked(key, "") == ""


@pytest.mark.parametrize(
    "key",
    [
        "sources.proxmox.token_id",
        "sources.proxmox.token_file",
        "ssh.key_file",
        "site.name",
        "notify.telegram.topic",
        "checks.0.http",
        "",
    ],
)
def test_what_only_names_a_secret_is_none(key: str) -> None:
    assert not is_secret(key)
    assert masked(key, "plain") == "plain"


def test_a_secret_of_any_name_and_the_password_in_an_address_are_masked() -> None:
    assert masked("store.thing", SecretStr("hunter2")) == MASK
    assert "hunter2" not in masked("store.url", "postgresql://me:hunter2@db/x")
