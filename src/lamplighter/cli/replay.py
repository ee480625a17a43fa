"""`lamplighter alerts replay`: a recorded stream through the placing of alerts, here; or sent to the running server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from lamplighter.cli.answer import Answer, Shape, print_answer
from lamplighter.cli.asking import JsonOption, ShapeOption
from lamplighter.cli.client import DataOption, ServerOption, TokenOption, connect
from lamplighter.cli.configuration import read
from lamplighter.cli.output import Code, Stop, print_lines, say
from lamplighter.cli.posting import Posted, post
from lamplighter.cli.progress import Progress
from lamplighter.integrations.prometheus.client import PrometheusClient, PrometheusConfig
from lamplighter.lab.replay import Replay
from lamplighter.lab.replay_prometheus import from_prometheus
from lamplighter.lab.replay_report import Decision
from lamplighter.lab.replay_stream import Broken, ClosedByHand, Recorded, recorded
from lamplighter.lab.replay_summary import COLUMNS, NARROW, rows, summary
from lamplighter.ports import ToolError
from lamplighter.settings import Settings
from lamplighter.settings.values import duration_seconds
from lamplighter.workflow.clock import SystemClock

PROMETHEUS_SECONDS_MAX = 60.0
Line = Recorded | ClosedByHand | Broken
FileArgument = Annotated[Path | None, typer.Argument(help="JSON lines, each a webhook's body; - is standard input")]
TopologyOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration, for its `depends` and the names of its sources.")
]


def replay(
    file: FileArgument = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would have been; needs no server.")
    ] = False,
    source: Annotated[str, typer.Option("--source", help="Whose bodies they are; default: told by their keys.")] = "",
    prometheus: Annotated[
        str, typer.Option("--from-prometheus", help="A Prometheus' URL; its history is replayed.")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="How far back that history goes.")] = "30d",
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    config: TopologyOption = None,
    output: ShapeOption = Shape.TABLE,
    as_json: JsonOption = False,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """How many incidents a recorded stream would have been, and why each alert went where. Begin with --dry-run.

    lamplighter alerts replay night.jsonl --dry-run

    lamplighter alerts replay --from-prometheus http://prometheus:9090 --since 30d --dry-run -o wide

    Without --dry-run each body is sent to the running server, in order.
    """
    if (file is None) is not bool(prometheus):
        raise Stop("give either a file (or -) or --from-prometheus URL", Code.USAGE)
    shape = Shape.JSON if as_json else output
    settings = read(config) if config is not None else None
    with _stream(file, source, prometheus, since, settings) as lines:
        if dry_run:
            _tell(lines, Replay(settings), shape)
            return
        client = connect(server, token, data)
        _confirm(client.address, yes=yes, asked_here=file is None or str(file) != "-")
        _tell_posted(post(client, lines), shape)


@contextmanager
def _stream(
    file: Path | None, source: str, prometheus: str, since: str, settings: Settings | None
) -> Iterator[Iterator[Line]]:
    if prometheus:
        try:
            yield _history(prometheus, since, settings)
        except ToolError as problem:
            raise Stop(f"Prometheus cannot be read: {problem}", Code.UNREACHABLE) from problem
    elif str(file) == "-":
        yield recorded(sys.stdin.buffer, source)
    elif file is not None:
        try:
            with file.open("rb") as opened:
                yield recorded(opened, source)
        except OSError as problem:
            raise Stop(f"{file} cannot be read: {problem.strerror}", Code.USAGE) from problem


def _history(url: str, since: str, settings: Settings | None) -> Iterator[Line]:
    try:
        seconds = duration_seconds(since)
        if seconds <= 0:
            raise Stop("--since: say how far back, such as 30d", Code.USAGE)
        config = PrometheusConfig(url=url, timeout_seconds=PROMETHEUS_SECONDS_MAX)
    except ValidationError as problem:
        raise Stop(f"--from-prometheus {problem.errors()[0]['msg']}", Code.USAGE) from problem
    except ValueError as problem:
        raise Stop(f"--since: {problem}", Code.USAGE) from problem
    ours = settings.sources.get("prometheus") if settings else None
    # The configuration's token is for its own server alone.
    if isinstance(ours, PrometheusConfig) and ours.url == config.url:
        config = ours.model_copy(update={"timeout_seconds": PROMETHEUS_SECONDS_MAX})
    return from_prometheus(PrometheusClient(config, SystemClock()), seconds)


def _tell(lines: Iterator[Line], played: Replay, shape: Shape) -> None:
    progress = Progress()
    for line in lines:
        for decision in played.feed(line):
            if shape is Shape.WIDE:
                print_lines(_words(decision))
        progress.at(
            f"{played.report.lines:,} lines, {played.report.alerts:,} alerts, {played.report.incidents:,} incidents"
        )
    progress.end()
    report = played.end()
    whole = report.as_json()
    code = Code.FAILED if report.lines and not report.deliveries else Code.OK
    answer = Answer(whole, summary(whole), COLUMNS if whole["list"] else (), rows(whole), NARROW, code=code)
    print_answer(answer, shape)
    if code:
        raise typer.Exit(code)


def _tell_posted(posted: Posted, shape: Shape) -> None:
    print_answer(Answer(posted.as_json(), posted.lines()), shape)
    if posted.bodies and not posted.accepted:
        raise typer.Exit(Code.FAILED)


def _words(decision: Decision) -> str:
    place = f" on {decision.component}" if decision.component else ""
    what = f"{decision.what} {decision.incident}".rstrip()
    return f"{decision.at:%Y-%m-%d %H:%M:%S}  {what:<18}  {decision.alert}{place}: {decision.reason}"


def _confirm(address: str, *, yes: bool, asked_here: bool) -> None:
    """People are asked; programs must say --yes."""
    words = f"every body will be sent to {address}, in order; it opens incidents and starts responses there"
    if yes:
        say(words)
        return
    if not (asked_here and sys.stdin.isatty()):
        raise Stop(f"{words}. Say --yes if that is meant, or --dry-run to change nothing", Code.USAGE)
    say(words)
    if not typer.confirm("Send them?", err=True):
        raise Stop("nothing was sent")
