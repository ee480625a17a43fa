"""Which values are secrets, and how they are masked."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from lamplighter.settings.secrecy import MASK, is_secret, masked


@pytest.mark.parametrize(
    "key", ["notify.telegram.token", "sources.pg.password", "auth.oidc.client_secret", "a.api_key"]
)
def test_what_is_called_a_secret_is_masked(key: str) -> None:
    assert is_secret(key)
    assert masked(key, "planted") == MASK
    assert masked(key, "") == ""


@pytest.mark.parametrize("key", ["sources.proxmox.token_id", "notify.telegram.token_file", "site.name"])
def test_what_only_sounds_like_one_is_told(key: str) -> None:
    assert masked(key, "told") == "told"


def test_a_value_that_knows_it_is_a_secret_is_masked_whatever_it_is_called() -> None:
    assert masked("plain", SecretStr("planted")) == MASK
    assert "planted" not in masked("store.url", "postgresql://me:planted@db/x")
