"""`lamplighter incidents ask` and `postmortem`: what the record of an incident answers, and the draft of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.client import Client, named
from lamplighter.cli.output import Code, clock

POSTMORTEM_BYTES_MAX = 1_000_000
MARKDOWN = "text/markdown"
WIDE = 60
IncidentArgument = Annotated[str, typer.Argument(help="such as INC-142")]
Found = dict[str, Any]


def ask(
    client: Client,
    incident: IncidentArgument,
    question: Annotated[str, typer.Argument(help='such as "why did it happen?"')],
) -> Answer:
    """Ask about one incident. Answered by rules from what is stored; exit code 2 where it is not understood.

    lamplighter incidents ask INC-142 "why?"

    lamplighter incidents ask INC-142 "what changed before?"
    """
    path = f"/api/v1/incidents/{named('incident', incident)}/ask"
    reply = client.post(path, {"question": question}, holds="understood")
    code = Code.OK if reply["understood"] else Code.USAGE
    return Answer(reply, tuple(lines_of(reply)), names=(incident,), code=code)


def postmortem(client: Client, incident: IncidentArgument) -> Answer:
    """The draft of a post-mortem as Markdown, from the record of the incident.

    lamplighter incidents postmortem INC-142 > INC-142.md
    """
    path = f"/api/v1/incidents/{named('incident', incident)}/postmortem"
    text = client.download(path, POSTMORTEM_BYTES_MAX, MARKDOWN).decode("utf-8", "replace")
    return Answer({"id": incident, "markdown": text}, tuple(text.splitlines()), names=(incident,))


def lines_of(reply: Found) -> Iterator[str]:
    """An answer as people read it: the sentence and how sure it is, what it rests on, what is not proven, what next."""
    yield f"Q  {reply['question']}"
    said = f"A  {reply['answer']['text']} {_cites(reply['answer'])}".rstrip()
    yield f"{said:<{WIDE}}  {_sure(reply)}".rstrip()
    yield from (f"   {claim['text']} {_cites(claim)}".rstrip() for claim in reply["more"])
    if reply["evidence"]:
        yield "   Evidence"
    for one in reply["evidence"]:
        at = f", {clock(one['at'])}" if one["at"] else ""
        yield f"   [{one['key']}] {one['text']}  ({one['where']}{at})"
    yield from (f"   Not proven: {claim['text']} {_cites(claim)}".rstrip() for claim in reply["not_proven"])
    yield from (
        f"   {'Next' if number == 1 else '    '}   {number} {step}" for number, step in _numbered(reply["next"])
    )
    yield from (f"   You can ask: {question}" for question in reply["can_ask"])
    yield from (f"   I read {word!r} as {near!r}." for word, near in reply["read_as"])
    if reply["unused"]:
        yield f"   Not understood: {', '.join(reply['unused'])}"
    yield f"   - {_foot(reply['foot'])}"


def _sure(reply: Found) -> str:
    percent = f" · {reply['confidence']:.0%}" if reply["confidence"] is not None else ""
    return f"{reply['word'].upper()}{percent}"


def _cites(claim: Found) -> str:
    return "".join(f"[{key}]" for key in claim["cites"])


def _numbered(steps: list[str]) -> list[tuple[int, str]]:
    return list(enumerate(steps, start=1))


def _foot(foot: Found) -> str:
    queries = f"{foot['queries']} {'query' if foot['queries'] == 1 else 'queries'}"
    data_to = f" · data to {clock(foot['data_to'])} UTC" if foot["data_to"] else ""
    return f"{foot['engine']} only · {queries} · {foot['tokens']} tokens · ${foot['cost_usd']:.3f}{data_to}"
