"""`lamplighter approvals`: list, show, approve, deny."""

from __future__ import annotations

from typing import Annotated

import typer

from lamplighter.cli.client import Client, DataOption, ServerOption, TokenOption, connect, named
from lamplighter.cli.output import Format, Output, print_json, print_lines, print_table

app = typer.Typer(help="Answer what Lamplighter asks before it acts.", no_args_is_help=True)
ApprovalArgument = Annotated[str, typer.Argument(help="such as INC-142-9c1f02ab")]
HashOption = Annotated[str, typer.Option("--plan", help="The plan's hash; the answer counts for this plan only.")]
ReasonOption = Annotated[str, typer.Option("--message", "-m", help="Why.")]


@app.command("list")
def listed(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are answered or expired.")] = False,
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """What waits for a person."""
    found = connect(server, token, data).get("/api/v1/approvals", {"pending": not everything}, holds="approvals")
    if output is Format.JSON:
        print_json(found)
        return
    rows = [(a["id"], a["state"], a["expires_at"][11:19], a["plan_hash"], a["summary"]) for a in found["approvals"]]
    print_table(("id", "state", "expires (UTC)", "plan", "question"), rows)


@app.command()
def show(
    approval: ApprovalArgument,
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """One question."""
    found = connect(server, token, data).get(f"/api/v1/approvals/{named('approval', approval)}", holds="plan_hash")
    if output is Format.JSON:
        print_json(found)
        return
    print_lines(f"{found['id']}  {found['state']}  plan {found['plan_hash']}", f"  {found['summary']}")
    print_lines(f"  asked {found['asked_at'][:19]}, expires {found['expires_at'][:19]} UTC")


@app.command()
def approve(
    approval: ApprovalArgument,
    plan: HashOption = "",
    message: ReasonOption = "",
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """Say yes to exactly this plan."""
    _answer(connect(server, token, data), approval, "approve", plan, message, output)


@app.command()
def deny(
    approval: ApprovalArgument,
    plan: HashOption = "",
    message: ReasonOption = "",
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """Say no; nothing is done."""
    _answer(connect(server, token, data), approval, "deny", plan, message, output)


def _answer(client: Client, approval: str, word: str, plan: str, message: str, output: Format) -> None:
    body = {"reason": message, **({"plan_hash": plan} if plan else {})}
    found = client.post(f"/api/v1/approvals/{named('approval', approval)}/{word}", body, holds="plan_hash")
    if output is Format.JSON:
        print_json(found)
    else:
        print_lines(f"{found['id']} is {found['state']}: {found['summary']}")
