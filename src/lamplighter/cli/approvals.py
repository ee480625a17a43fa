"""`lamplighter approvals`: list, show, approve, deny, amend."""

from __future__ import annotations

from typing import Annotated

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client, named
from lamplighter.cli.output import Code, Stop
from lamplighter.domain.plan import bytes_of

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


@app.command()
@asks
def amend(
    client: Client,
    approval: ApprovalArgument,
    plan: Annotated[str, typer.Option("--plan", help="The plan's hash, as `approvals show` prints it.")],
    keep: Annotated[
        list[int] | None,
        typer.Option("--keep", help="Number of an action that stays, in the question's order, from 1."),
    ] = None,
    memory: Annotated[
        list[str] | None, typer.Option("--memory", help="A lower limit for an action, such as 1=96MiB.")
    ] = None,
    message: ReasonOption = "",
) -> Answer:
    """Ask again with less of the plan. This is no yes: the amended plan is judged and asked anew."""
    name = named("approval", approval)
    limits = [_limit(word) for word in memory or ()]
    body = {"plan_hash": plan, "keep": sorted(keep) if keep else None, "limits": limits, "reason": message}
    found = client.post(f"/api/v1/approvals/{name}/amend", body, holds="plan_hash")
    lines = (f"{found['id']} is {found['state']}; what is left of the plan is judged, and then asked anew",)
    return Answer(found, lines, names=(found["id"],))


def _limit(word: str) -> dict[str, int]:
    """An action's number and bytes, of `1=96MiB`. Raises `Stop`."""
    number, _, size = word.partition("=")
    count = bytes_of(size)
    if not number.isascii() or not number.isdigit() or count is None:
        raise Stop(f"{word!r} is no limit of an action; write it like 1=96MiB", Code.USAGE)
    return {"action": int(number), "bytes": count}


def _answered(client: Client, approval: str, word: str, plan: str, message: str) -> Answer:
    body = {"reason": message, **({"plan_hash": plan} if plan else {})}
    found = client.post(f"/api/v1/approvals/{named('approval', approval)}/{word}", body, holds="plan_hash")
    return Answer(found, (f"{found['id']} is {found['state']}: {found['summary']}",), names=(found["id"],))
