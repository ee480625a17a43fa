"""`lamplighter incidents`: look at incidents, and change by hand what became of them."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client, named, person
from lamplighter.cli.exporting import export
from lamplighter.cli.inquiring import ask, postmortem
from lamplighter.cli.output import Code, Stop, clock, has_unicode

app = typer.Typer(help="Look at incidents, and say what belongs to them.", no_args_is_help=True)
IncidentArgument = Annotated[str, typer.Argument(help="such as INC-142")]
app.command("export")(asks(export))
app.command("ask")(asks(ask))
app.command("postmortem")(asks(postmortem))
PAGE_MAX = 200
PAGES_MAX = 500
COLUMNS = ("id", "state", "severity", "component", "opened (UTC)", "title", "alerts", "notes")
NARROW = 6
ALERTS_SHOWN_MAX = 20
Pairs = list[tuple[str, str]]


@app.command("list")
@asks
def listed(
    client: Client,
    state: Annotated[list[str] | None, typer.Option("--state", help="Only these states; may be repeated.")] = None,
    status: Annotated[str, typer.Option("--status", help="open, closed, or one state.")] = "",
    severity: Annotated[list[str] | None, typer.Option("--severity", help="Only these; may be repeated.")] = None,
    component: Annotated[str, typer.Option("--component", help="What is in trouble.")] = "",
    text: Annotated[str, typer.Option("--query", "-q", help="Words of the title, component or alerts.")] = "",
    since: Annotated[str, typer.Option("--since", help='Opened since: "24h", or a time as ISO 8601.')] = "",
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="How many on a page.")] = 50,
    cursor: Annotated[str, typer.Option(help="The `next` of the page before.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every page, not only one.")] = False,
) -> Answer:
    """Incidents, newest first."""
    words = {"status": status, "component": component, "q": text, "since": since, "cursor": cursor}
    pairs: Pairs = [(key, word) for key, word in words.items() if word]
    pairs += [("state", word) for word in state or []] + [("severity", word) for word in severity or []]
    page = client.get(
        "/api/v1/incidents", [*pairs, ("limit", str(PAGE_MAX if everything else limit))], holds="incidents"
    )
    if everything:
        page = _all_pages(client, pairs, page)
    rows = [_row(incident) for incident in page["incidents"]]
    more = page.get("next")
    notes = (f"there are more: --cursor {more}, or --all",) if more else ()
    return Answer(page, columns=COLUMNS, rows=rows, narrow=NARROW, notes=notes)


def _all_pages(client: Client, pairs: Pairs, page: dict[str, Any]) -> dict[str, Any]:
    found = list(page["incidents"])
    asked = [pair for pair in pairs if pair[0] != "cursor"]
    for _ in range(PAGES_MAX):
        if not page.get("next"):
            return {"incidents": found, "next": None}
        more = [*asked, ("limit", str(PAGE_MAX)), ("cursor", page["next"])]
        page = client.get("/api/v1/incidents", more, holds="incidents")
        found += page["incidents"]
    raise Stop(f"there are more than {PAGES_MAX * PAGE_MAX} incidents; ask for fewer with --since", Code.USAGE)


@app.command()
@asks
def show(client: Client, incident: IncidentArgument) -> Answer:
    """One incident: what is known and how surely, numbered facts, what was seen before, and what was done."""
    path = f"/api/v1/incidents/{named('incident', incident)}"
    found = client.get(path, holds="incident")
    why = client.get(f"{path}/alerts", holds="alerts")
    lines = (*_page(found), *_alerts(why["alerts"], why["total"]))
    return Answer({**found, "alerts": why["alerts"]}, lines, names=(found["incident"]["id"],))


@app.command()
@asks
def timeline(client: Client, incident: IncidentArgument) -> Answer:
    """Everything that happened to one incident."""
    found = client.get(f"/api/v1/incidents/{named('incident', incident)}/timeline", holds="events")
    rows = [(clock(e["at"]), e["crew"], _moment(e), e["text"]) for e in found["events"]]
    return Answer(found, columns=("time (UTC)", "who", "moment", "what"), rows=rows)


@app.command()
@asks
def ack(
    client: Client,
    incident: IncidentArgument,
    message: Annotated[str, typer.Option("--message", "-m", help="What you are about to do.")] = "",
) -> Answer:
    """Say that you have it. The response goes on; only people know from now on whose it is."""
    found = client.post(_path(incident, "acknowledge"), {"text": message, "by": person()}, holds="state")
    return _told(found, f"{found['id']} is acknowledged by {found.get('acknowledged_by') or 'you'}")


@app.command()
@asks
def comment(
    client: Client, incident: IncidentArgument, text: Annotated[str, typer.Argument(help="What to note.")]
) -> Answer:
    """Add a note to the timeline."""
    found = client.post(_path(incident, "comments"), {"text": text, "by": person()}, holds="text")
    return Answer(found, (f"noted on {incident}",), names=(incident,))


@app.command()
@asks
def resolve(
    client: Client,
    incident: IncidentArgument,
    resolution: Annotated[
        str, typer.Option("--resolution", "--message", "-m", help="What was wrong, and what was done.")
    ],
) -> Answer:
    """Close an incident by hand."""
    found = client.post(_path(incident, "resolve"), {"resolution": resolution, "by": person()}, holds="state")
    return _told(found, f"{found['id']} is {found['state']}")


@app.command()
@asks
def reopen(
    client: Client,
    incident: IncidentArgument,
    message: Annotated[str, typer.Option("--message", "-m", help="Why.")] = "",
) -> Answer:
    """Open a closed incident again, with a further response."""
    found = client.post(_path(incident, "reopen"), {"reason": message, "by": person()}, holds="state")
    return _told(found, f"{found['id']} is {found['state']}")


@app.command()
@asks
def merge(
    client: Client,
    incident: Annotated[str, typer.Argument(help="the one that ends, such as INC-143")],
    into: Annotated[str, typer.Option("--into", help="The open incident that all its alerts move to.")],
) -> Answer:
    """Say that two incidents are one."""
    found = client.post(_path(incident, "merge"), {"into": named("incident", into), "by": person()}, holds="state")
    return _told(found, f"{incident} is merged into {found['id']}, which has {found['member_count']} troubles now")


@app.command()
@asks
def split(
    client: Client,
    incident: IncidentArgument,
    trouble: Annotated[str, typer.Argument(help="which of its alerts, as `incidents show` names it")],
) -> Answer:
    """Take one alert out into an incident of its own. It is remembered that the two stay apart."""
    found = client.post(_path(incident, "split"), {"trouble": trouble, "by": person()}, holds="state")
    return _told(found, f"{trouble} is {found['id']} now; it will not join {incident} again")


def _path(incident: str, verb: str) -> str:
    return f"/api/v1/incidents/{named('incident', incident)}/{verb}"


def _told(found: dict[str, Any], words: str) -> Answer:
    return Answer(found, (words,), names=(found["id"],))


def _row(incident: dict[str, Any]) -> tuple[object, ...]:
    notes = [word for word in ("flapping", "again") if incident.get(word)]
    labels = {"regression_of": "regression of", "merged_into": "merged into", "held": "held:"}
    notes += [f"{words} {incident[key]}" for key, words in labels.items() if incident.get(key)]
    component, opened = incident["component"] or "-", clock(incident["opened_at"])
    count = incident.get("alert_count", 1)
    return (
        incident["id"],
        incident["state"],
        incident["severity"],
        component,
        opened,
        incident["title"],
        count,
        ", ".join(notes),
    )


def _page(found: dict[str, Any]) -> list[str]:
    from lamplighter.cli.incident_page import page_of  # noqa: PLC0415 - its charts bring the engine with them

    incident = found["incident"]
    notes = _row(incident)[-1]
    lines = [f"{incident['id']}  {incident['title']}", f"  {incident['state']} · {incident['severity']}"]
    if notes:
        lines.append(f"  {notes}")
    lines += page_of(found, unicode=has_unicode(os.environ, sys.stdout.encoding))
    if incident["resolution"]:
        lines.append(f"  resolution: {incident['resolution']} ({incident['resolved_by']})")
    return lines


def _alerts(alerts: list[dict[str, Any]], total: int) -> list[str]:
    lines = [f"  alerts: {total}"]
    for one in alerts[:ALERTS_SHOWN_MAX]:
        place = f" on {one['component']}" if one["component"] else ""
        standing = "firing" if one["firing"] else "clear"
        lines.append(
            f"    {one['name']}{place}: {standing}, heard {one['count']} times; {one['reason']} [{one['trouble']}]"
        )
    if total > len(alerts[:ALERTS_SHOWN_MAX]):
        lines.append(f"    and {total - ALERTS_SHOWN_MAX} more; -o json shows the first {PAGE_MAX}")
    return lines


def _moment(event: dict[str, Any]) -> str:
    return f"→ {event['data'].get('state', '')}" if event["moment"] == "state" else str(event["moment"])
