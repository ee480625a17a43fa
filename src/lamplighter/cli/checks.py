"""`lamplighter checks`: what Lamplighter looks at by itself, and looking now."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client
from lamplighter.cli.output import Code, clock

app = typer.Typer(help="Lamplighter's own checks.", no_args_is_help=True)
COLUMNS = ("name", "state", "since (UTC)", "detail", "kind", "target", "last look (UTC)", "ping URL")
NARROW = 4
GOOD = "ok"
ExitCodeOption = Annotated[bool, typer.Option("--exit-code", help="End with 6 where one is not ok.")]


@app.command("list")
@asks
def listed(client: Client, exit_code: ExitCodeOption = False) -> Answer:
    """Every check and how it stands. What cannot be seen is a state of its own, and never good."""
    found = client.get("/api/v1/checks", holds="checks")
    return _table(found, found["checks"], exit_code=exit_code)


@app.command("run")
@asks
def run(
    client: Client, check: Annotated[str, typer.Argument(help="its name")], exit_code: ExitCodeOption = False
) -> Answer:
    """Look now."""
    found = client.post(f"/api/v1/checks/{quote(check, safe='')}/run", {}, holds="name")
    return _table(found, [found], exit_code=exit_code)


def _table(data: object, checks: list[dict[str, Any]], *, exit_code: bool) -> Answer:
    bad = any(one["state"] != GOOD for one in checks)
    code = Code.FOUND_SOMETHING if exit_code and bad else Code.OK
    return Answer(data, columns=COLUMNS, rows=[_row(one) for one in checks], narrow=NARROW, code=code)


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    since, looked = clock(one.get("since") or ""), clock(one.get("at") or "")
    state = str(one["state"]).replace("_", " ")
    return (
        one["name"],
        state,
        since,
        one.get("detail", ""),
        one.get("kind", ""),
        one.get("target", ""),
        looked,
        one.get("ping_url") or "",
    )
