"""The command line; no logic of its own. Data goes to standard output, words to standard error."""

from __future__ import annotations

import io
import sys

import typer

from lamplighter.cli import (
    alerts,
    approvals,
    auditing,
    beginning,
    checks,
    completion,
    configuration,
    demo,
    diagnosing,
    doctoring,
    events,
    incidents,
    notify,
    operation,
    people,
    rehearsing,
    safekeeping,
    serve,
    silences,
)
from lamplighter.cli.output import Code, Stop, say

app = typer.Typer(
    help="An on-call engineer in software. Begin with demo, which touches nothing of yours, or with serve. "
    "Every command has --help with examples.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("doctor")(doctoring.doctor)
app.command("rehearse")(rehearsing.rehearse)
app.command("backup")(safekeeping.backup)
app.command("restore")(safekeeping.restore)
app.command("init")(beginning.init)
app.command("completion")(completion.completion)
app.command("diagnose")(diagnosing.diagnose)
app.command("replay")(diagnosing.replay)
app.command("exam")(diagnosing.exam)
app.command("events")(events.events)
app.add_typer(incidents.app, name="incidents")
app.add_typer(alerts.app, name="alerts")
app.add_typer(approvals.app, name="approvals")
app.add_typer(silences.app, name="silence")
app.add_typer(silences.windows, name="maint")
app.add_typer(checks.app, name="checks")
app.add_typer(notify.app, name="notify")
app.add_typer(people.users, name="user")
app.add_typer(people.tokens, name="token")
app.command("setup-url")(people.setup_url)
app.add_typer(configuration.app, name="config")
app.add_typer(auditing.app, name="audit")
for command in (
    operation.status,
    operation.pause,
    operation.resume,
    operation.reload,
    operation.healthcheck,
    operation.version,
):
    app.command()(command)


def main() -> None:
    """Run, and end with one of the exit codes of the manual; never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that knows only ASCII gets question marks, not a traceback.
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except Stop as stop:
        say(f"error: {stop}")
        sys.exit(stop.code)
    except KeyboardInterrupt:
        sys.exit(Code.INTERRUPTED)
