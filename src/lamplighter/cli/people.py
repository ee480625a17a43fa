"""`lamplighter user`, `lamplighter token`, `lamplighter setup-url`: who may come in. Passwords are never arguments."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client, named
from lamplighter.cli.output import Code, Stop, clock
from lamplighter.domain.access import Scope
from lamplighter.domain.account import PASSWORD_CHARS_MAX

users = typer.Typer(help="People with a password here, and their roles.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens for programs: with scopes, shown once, revocable.", no_args_is_help=True)
UserArgument = Annotated[str, typer.Argument(help="the person's name")]
RoleOption = Annotated[str, typer.Option("--role", help="viewer, operator, approver or admin.")]


@users.command("list")
@asks
def user_list(client: Client) -> Answer:
    """Everybody with a password here."""
    found = client.get("/api/v1/users", holds="users")
    rows = [
        (one["name"], one["role"], "invited" if one.get("invited") else "password", clock(one["changed_at"]))
        for one in found["users"]
    ]
    return Answer(found, columns=("name", "role", "signs in", "changed (UTC)"), rows=rows)


@users.command("add")
@asks
def user_add(client: Client, name: UserArgument, role: RoleOption = "viewer") -> Answer:
    """Let somebody in: asks for a password, or reads it from standard input's first line."""
    body = {"name": name, "role": role, "password": _password(f"Password of {name}")}
    return _told(client.post("/api/v1/users", body, holds="name"), "may come in")


@users.command("invite")
@asks
def user_invite(client: Client, name: UserArgument, role: RoleOption = "viewer") -> Answer:
    """Print a link that works once, behind which that person chooses a password; an earlier one ends."""
    made = client.post("/api/v1/invitations", {"name": name, "role": role}, holds="url")
    notes = (f"for {made['name']} ({made['role']}), until {clock(made['expires_at'])} UTC; it is not shown again",)
    return Answer(made, (made["url"],), names=(made["url"],), notes=notes)


@users.command("passwd")
@asks
def user_passwd(client: Client, name: UserArgument) -> Answer:
    """Give somebody another password; every session of that person ends."""
    body = {"password": _password(f"Another password of {name}")}
    return _told(client.post(f"{_path(name)}/password", body, holds="name"), "has another password")


@users.command("role")
@asks
def user_role(client: Client, name: UserArgument, role: Annotated[str, typer.Argument(help="the role")]) -> Answer:
    """Give somebody another role; it counts at once."""
    return _told(client.post(f"{_path(name)}/role", {"role": role}, holds="name"), "has another role")


@users.command("sign-out")
@asks
def user_sign_out(client: Client, name: UserArgument) -> Answer:
    """End every session of that name in browsers, also of somebody for whom another system vouched."""
    done = client.post(f"{_path(name)}/sign-out", {}, holds="sessions_ended")
    return Answer(done, (f"{done['name']}: {done['sessions_ended']} sessions ended",), names=(done["name"],))


@users.command("remove")
@asks
def user_remove(client: Client, name: UserArgument) -> Answer:
    """Let somebody in no more."""
    return _told(client.delete(_path(name), holds="name"), "may not come in any more")


@tokens.command("list")
@asks
def token_list(client: Client) -> Answer:
    """Every token; never its text."""
    found = client.get("/api/v1/tokens", holds="tokens")
    columns = ("id", "name", "scopes", "state", "used (UTC)", "made by")
    return Answer(found, columns=columns, rows=[_row(one) for one in found["tokens"]])


@tokens.command("add")
@asks
def token_add(
    client: Client,
    name: Annotated[str, typer.Argument(help="what it is for")],
    scope: Annotated[list[Scope], typer.Option("--scope", help="What it may be used for; may be given again.")],
    expires: Annotated[str, typer.Option("--expires", help='Such as "90d"; default: until it is revoked.')] = "",
) -> Answer:
    """Make a token, and show it once: `token add grafana --scope deliver`."""
    body: dict[str, Any] = {"name": name, "scopes": [str(one) for one in scope]}
    if expires:
        body["expires_in"] = expires
    made = client.post("/api/v1/tokens", body, holds="token")
    notes = (f"{made['id']} ({', '.join(made['scopes'])}); it is not shown again",)
    return Answer(made, (made["token"],), names=(made["id"],), notes=notes)


@tokens.command("revoke")
@asks
def token_revoke(client: Client, token_id: Annotated[str, typer.Argument(help="its id, such as TOK-3")]) -> Answer:
    """Let a token in no more."""
    gone = client.delete(f"/api/v1/tokens/{named('token', token_id)}", holds="id")
    return Answer(gone, (f"{gone['id']} ({gone['name']}) is revoked",), names=(gone["id"],))


@asks
def setup_url(client: Client) -> Answer:
    """Print another set-up link, where an admin is made; earlier links end."""
    made = client.post("/api/v1/setup-link", {}, holds="url")
    return Answer(made, (made["url"],), names=(made["url"],))


def _told(user: dict[str, Any], what: str) -> Answer:
    return Answer(user, (f"{user['name']} ({user['role']}) {what}",), names=(user["name"],))


def _path(name: str) -> str:
    return f"/api/v1/users/{quote(name.strip().lower(), safe='')}"


def _password(what: str) -> str:
    """A password from the terminal, twice, or from standard input's first line. Raises `Stop`."""
    if sys.stdin.isatty():
        typed: str = typer.prompt(what, hide_input=True, confirmation_prompt=True, err=True)
        return typed
    line = sys.stdin.readline(PASSWORD_CHARS_MAX + 2).rstrip("\r\n")
    if not line:
        raise Stop("no password came on standard input; pipe it in, or run this in a terminal", Code.USAGE)
    return line


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    ends, revoked, used = one.get("expires_at"), one.get("revoked_at"), one.get("used_at")
    over = ends and datetime.fromisoformat(ends) <= datetime.now(UTC)
    holds = f"{'expired' if over else 'until'} {clock(ends)}" if ends else "until revoked"
    state = f"revoked {clock(revoked)}" if revoked else holds
    return one["id"], one["name"], " ".join(one["scopes"]), state, clock(used) if used else "never", one["created_by"]
