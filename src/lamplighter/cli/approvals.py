"""`lamplighter approvals`: list, show, approve, deny."""

from __future__ import annotations

from typing import Annotated

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client, named

app = typer.Typer(help="Answer what Lamplighter asks before it acts.", no_args_is_help=True)
ApprovalArgument = Annotated[str, typer.Argument(help="such as INC-142-9c1f02ab")]
HashOption = Annotated[str, typer.Option("--plan", help="The plan's hash; the answer counts for this plan only.")]
ReasonOption = Annotated[str, typer.Option("--message", "-m", help="Why.")]


@app.command("list")
@asks
def listed(
    client: Client,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are answered or expired.")] = False,
) -> Answer:
    """What waits for a person."""
    found = client.get("/api/v1/approvals", {"pending": not everything}, holds="approvals")
    rows = [(a["id"], a["state"], a["expires_at"][11:19], a["plan_hash"], a["summary"]) for a in found["approvals"]]
    return Answer(found, columns=("id", "state", "expires (UTC)", "plan", "question"), rows=rows)


@app.command()
@asks
def show(client: Client, approval: ApprovalArgument) -> Answer:
    """One question."""
    found = client.get(f"/api/v1/approvals/{named('approval', approval)}", holds="plan_hash")
    lines = (
        f"{found['id']}  {found['state']}  plan {found['plan_hash']}",
        f"  {found['summary']}",
        f"  asked {found['asked_at'][:19]}, expires {found['expires_at'][:19]} UTC",
    )
    return Answer(found, lines, names=(found["id"],))


@app.command()
@asks
def approve(client: Client, approval: ApprovalArgument, plan: HashOption = "", message: ReasonOption = "") -> Answer:
    """Say yes to exactly this plan."""
    return _answered(client, approval, "approve", plan, message)


@app.command()
@asks
def deny(client: Client, approval: ApprovalArgument, plan: HashOption = "", message: ReasonOption = "") -> Answer:
    """Say no; nothing is done."""
    return _answered(client, approval, "deny", plan, message)


def _answered(client: Client, approval: str, word: str, plan: str, message: str) -> Answer:
    body = {"reason": message, **({"plan_hash": plan} if plan else {})}
    found = client.post(f"/api/v1/approvals/{named('approval', approval)}/{word}", body, holds="plan_hash")
    return Answer(found, (f"{found['id']} is {found['state']}: {found['summary']}",), names=(found["id"],))
