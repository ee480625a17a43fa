"""What `lamplighter user`, `token` and `setup-url` ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from lamplighter.cli import app

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

ANN = {"name": "ann", "role": "operator", "created_at": "2026-01-01T02:00:00Z", "changed_at": "2026-01-01T02:00:00Z"}
TOKEN = {
    "id": "TOK-1",
    "name": "grafana",
    "scopes": ["deliver"],
    "created_by": "ann",
    "created_at": "2026-01-01T02:00:00Z",
    "expires_at": None,
    "revoked_at": None,
    "used_at": None,
    "token": "lmp_abc",
}


def piped(fake: Fake, text: str, *words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app, [*words, "--server", fake.url, "--token", "secret"], input=text)
    return ended.exit_code, ended.output


def test_a_password_comes_from_standard_input_and_never_from_the_arguments(fake: Fake) -> None:
    fake.says("POST", "/api/v1/users", ANN, status=201)
    code, out = piped(fake, "four words will do\n", "user", "add", "ann", "--role", "operator")
    assert (code, out) == (0, "ann (operator) may come in\n")
    assert fake.asked[0].json == {"name": "ann", "role": "operator", "password": "four words will do"}
    assert piped(fake, "", "user", "add", "ann")[0] != 0
    assert len(fake.asked) == 1


def test_people_are_listed_changed_and_removed(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/users", {"users": [ANN]})
    fake.says("POST", "/api/v1/users/ann/role", ANN)
    fake.says("POST", "/api/v1/users/ann/password", ANN)
    fake.says("DELETE", "/api/v1/users/ann", ANN)
    fake.says("POST", "/api/v1/users/ann/sign-out", {"name": "ann", "sessions_ended": 2})
    assert command("user", "sign-out", "ann").out == "ann: 2 sessions ended\n"
    fake.asked.clear()
    assert "operator" in command("user", "list").out
    assert command("user", "role", "Ann", "operator").out == "ann (operator) has another role\n"
    assert piped(fake, "four other words\n", "user", "passwd", "ann")[0] == 0
    assert command("user", "remove", "ann").code == 0
    assert [asked.json for asked in fake.asked[1:3]] == [{"role": "operator"}, {"password": "four other words"}]


def test_a_name_cannot_lead_to_another_address(fake: Fake, command: Command) -> None:
    assert command("user", "remove", "../tokens/TOK-1").code != 0
    assert [asked.path for asked in fake.asked] == ["/api/v1/users/..%2Ftokens%2Ftok-1"]
    assert command("token", "revoke", "../users/ann").code == 2


def test_a_token_is_shown_once_and_alone_on_standard_output(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/tokens", TOKEN, status=201)
    made = command("token", "add", "grafana", "--scope", "deliver", "--expires", "90d")
    assert made.out == "lmp_abc\n"
    assert "not shown again" in made.err
    assert fake.asked[0].json == {"name": "grafana", "scopes": ["deliver"], "expires_in": "90d"}
    assert command("token", "add", "grafana").code == 2, "a token without a scope"


def test_tokens_are_listed_and_revoked(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/tokens", {"tokens": [TOKEN | {"token": ""}]})
    fake.says("DELETE", "/api/v1/tokens/TOK-1", TOKEN)
    assert "until revoked" in command("token", "list").out
    fake.says("GET", "/api/v1/tokens", {"tokens": [TOKEN | {"token": "", "expires_at": "2020-01-01T00:00:00Z"}]})
    assert "expired 2020-01-01" in command("token", "list").out
    assert command("token", "revoke", "TOK-1").out == "TOK-1 (grafana) is revoked\n"


def test_the_setup_link_is_alone_on_standard_output(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/setup-link", {"url": "http://lamp.lan:8460/setup?t=x"}, status=201)
    assert command("setup-url").out == "http://lamp.lan:8460/setup?t=x\n"


def test_an_invitation_is_a_link_and_nothing_else_on_standard_output(fake: Fake, command: Command) -> None:
    link = "http://lamp.lan:8460/invitation?t=abc"
    made = {"name": "kim", "role": "viewer", "url": link, "expires_at": "2026-01-08T02:00:00Z"}
    fake.says("POST", "/api/v1/invitations", made, status=201)
    fake.says("GET", "/api/v1/users", {"users": [ANN, {**ANN, "name": "kim", "invited": True}]})
    done = command("user", "invite", "kim")
    assert done.out == f"{link}\n"
    assert "for kim (viewer), until" in done.err
    assert fake.asked[0].json == {"name": "kim", "role": "viewer"}
    listed = command("user", "list").out.splitlines()
    assert [("password" in line, "invited" in line) for line in listed[-2:]] == [(True, False), (False, True)]
