"""The keys of `auth`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lamplighter.domain.access import Role
from lamplighter.settings import BadConfiguration, load_settings

OIDC = "auth: {oidc: {issuer: 'https://id.lan/', client_id: lamp"


def written(folder: Path, text: str) -> Path:
    file = folder / "lamplighter.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_it_people_sign_in_with_a_password_for_a_week(tmp_path: Path) -> None:
    auth = load_settings(written(tmp_path, "{}"), {}).configuration.auth
    assert (auth.session_lifetime, auth.oidc, auth.proxy) == (7 * 86_400, None, None)


def test_the_secret_may_be_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("between us\n", encoding="utf-8")
    secret.chmod(0o600)
    file = written(tmp_path, f"{OIDC}, client_secret_file: {secret}, roles: {{ops: Operator}}}}}}")
    oidc = load_settings(file, {}).configuration.auth.oidc
    assert oidc is not None
    assert oidc.client_secret.get_secret_value() == "between us"
    assert "between us" not in repr(oidc)
    assert (oidc.issuer, oidc.role_of_group) == ("https://id.lan", {"ops": Role.OPERATOR})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OIDC + ", roles: {ops: root}}}", "is not a role; write one of viewer"),
        (OIDC + ", default_role: boss}}", "is not a role"),
        (OIDC + ", client_secret_file: /nowhere}}", "cannot be read"),
        ("auth: {oidc: {issuer: x, client_id: y}}", "is not a URL"),
        ("auth: {proxy: {addresses: []}}", "addresses"),
        ("auth: {proxy: {addresses: [proxy]}}", "is not an address or a network"),
        ("auth: {proxy: {addresses: ['0.0.0.0/0']}}", "is everybody"),
        ("auth: {proxy: {addresses: ['::/0']}}", "is everybody"),
        ("auth: {proxy: {adresses: ['10.0.0.1']}}", 'did you mean "addresses"'),
        ("auth: {proxy: {addresses: ['10.0.0.1'], user_header: 'X User'}}", "user_header"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadConfiguration, match="auth") as wrong:
        load_settings(written(tmp_path, text), {})
    assert words in str(wrong.value)


def test_the_environment_reaches_it_too(tmp_path: Path) -> None:
    environment = {"LAMPLIGHTER_AUTH__SESSION_LIFETIME": "1h", "PATH": os.environ.get("PATH", "")}
    assert load_settings(written(tmp_path, "{}"), environment).configuration.auth.session_lifetime == 3600
