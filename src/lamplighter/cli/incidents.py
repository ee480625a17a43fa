"""`lamplighter incidents`: list, show, timeline, resolve."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lamplighter.cli.client import DataOption, ServerOption, TokenOption, connect, named
from lamplighter.cli.output import Format, Output, print_json, print_lines, print_table

app = typer.Typer(help="Look at incidents, and close them by hand.", no_args_is_help=True)
IncidentArgument = Annotated[str, typer.Argument(help="such as INC-142")]


@app.command("list")
def listed(
    state: Annotated[list[str] | None, typer.Option("--state", help="Only these states; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str, typer.Option(help="The `next` of the page before.")] = "",
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """Incidents, newest first."""
    client = connect(server, token, data)
    page = client.get("/api/v1/incidents", {"state": state or [], "limit": limit, "cursor": cursor}, holds="incidents")
    if output is Format.JSON:
        print_json(page)
        return
    rows = [
        (i["id"], i["state"], i["severity"], i["component"] or "-", _clock(i["opened_at"]), i["title"])
        for i in page["incidents"]
    ]
    print_table(("id", "state", "severity", "component", "opened (UTC)", "title"), rows)


@app.command()
def show(
    incident: IncidentArgument,
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """One incident: the cause with its facts, the plan, and what was done."""
    found = connect(server, token, data).get(f"/api/v1/incidents/{named('incident', incident)}", holds="incident")
    if output is Format.JSON:
        print_json(found)
    else:
        print_lines(*_page(found))


@app.command()
def timeline(
    incident: IncidentArgument,
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """Everything that happened to one incident."""
    found = connect(server, token, data).get(
        f"/api/v1/incidents/{named('incident', incident)}/timeline", holds="events"
    )
    if output is Format.JSON:
        print_json(found)
        return
    rows = [(_clock(e["at"]), e["crew"], _moment(e), e["text"]) for e in found["events"]]
    print_table(("time (UTC)", "who", "moment", "what"), rows)


@app.command()
def resolve(
    incident: IncidentArgument,
    resolution: Annotated[str, typer.Option("--message", "-m", help="What was wrong and what was done.")],
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """Close an incident by hand."""
    path = f"/api/v1/incidents/{named('incident', incident)}/resolve"
    closed = connect(server, token, data).post(path, {"resolution": resolution}, holds="state")
    if output is Format.JSON:
        print_json(closed)
    else:
        print_lines(f"{closed['id']} is {closed['state']}")


def _page(found: dict[str, Any]) -> list[str]:
    incident, diagnosis, plan = found["incident"], found["diagnosis"], found["plan"]
    lines = [f"{incident['id']}  {incident['title']}", f"  {incident['state']} · {incident['severity']}"]
    causes = diagnosis["causes"] if diagnosis else []
    if causes:
        best = causes[0]
        lines.append(f"  cause: {best['word']} ({best['confidence']:.0%}): {best['statement']}")
        texts = {fact["id"]: fact["text"] for fact in diagnosis["facts"]}
        lines += [f"    {key}: {texts[key]}" for key in best["facts"] if key in texts]
    elif diagnosis:
        needs = "; ".join(diagnosis["needs"])
        lines.append(f"  undetermined: needs {needs}" if diagnosis["undetermined"] else f"  {diagnosis['statement']}")
    if plan:
        steps = ", then ".join(f"{a['verb']} {a['target']['name']}" for a in plan["actions"])
        lines.append(f"  plan {found['plan_hash']}: {steps or plan['advice']}")
    lines += [f"  done: {a['verb']} {a['target_name']}: {a['state']}: {a['detail']}" for a in found["attempts"]]
    lines += [f"  approval {a['id']}: {a['state']}" for a in found["approvals"]]
    if incident["resolution"]:
        lines.append(f"  resolution: {incident['resolution']} ({incident['resolved_by']})")
    return lines


def _moment(event: dict[str, Any]) -> str:
    return f"→ {event['data'].get('state', '')}" if event["moment"] == "state" else str(event["moment"])


def _clock(at: str) -> str:
    return at[:19].replace("T", " ")
