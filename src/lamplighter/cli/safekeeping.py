"""`lamplighter backup` and `lamplighter restore`: everything durable as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from lamplighter import __version__
from lamplighter.cli.client import DataOption, data_folder, person
from lamplighter.cli.configuration import ConfigOption, read
from lamplighter.cli.output import Code, Format, Output, Stop, print_json, print_lines, say
from lamplighter.domain.audit import Act, What, act
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.notebook import Notebook
from lamplighter.workflow.switch import FileSwitch

POSTGRESQL = "postgresql"
ASIDE = "before-restore"


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; must not exist yet.")],
    config: ConfigOption = None,
    output: Output = Format.TABLE,
    data: DataOption = None,
) -> None:
    """Write everything durable into one file, while the server runs or not: store, checkpoints, token, configuration.

    It holds the token, so it is readable by its owner alone. Secrets that lie in files of their own are not in it.
    Example: lamplighter backup /backup/lamplighter-$(date +%F).tar.gz
    """
    from lamplighter.store.archive import BadArchive, make_archive  # noqa: PLC0415 - the store's library is slow to come

    settings = read(config, {"data_folder": str(data)} if data else None)
    try:
        found = make_archive(settings.data_folder, settings.file, file, now=SystemClock().now(), version=__version__)
    except BadArchive as problem:
        raise Stop(str(problem)) from problem
    done = act(SystemClock().now(), person(), What.BACKUP_MADE, str(file), newest=found.audit_newest)
    _note(settings.data_folder, done)
    _say_where_the_store_is(settings.configuration.store.url)
    for origin in sorted({origin for origin in settings.origins.values() if ", in " in origin}):
        say(f"note: the secret in {origin.partition(', in ')[2]} is not in the backup")
    if output is Format.JSON:
        told = {"file": str(file), "files": sorted(found.files), "configuration": found.configuration}
        print_json(told | {"audit_newest": found.audit_newest})
    else:
        print_lines(
            f"{file}: {', '.join(sorted(found.files))}{' and the configuration' if found.configuration else ''}"
        )
        if found.audit_newest:
            print_lines(f"newest row of the audit log: {found.audit_newest}")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Move a store that is there aside.")] = False,
    configuration: Annotated[
        Path | None, typer.Option("--configuration", help="Write the configuration to this file, which must be new.")
    ] = None,
    output: Output = Format.TABLE,
    data: DataOption = None,
) -> None:
    """Put a backup back. No server may run on the data folder; the pause switch is pressed before anything changes.

    What was done since the backup is not known to it, so a person looks at what is open before actions may run again.
    """
    from lamplighter.store.archive import BadArchive, Contents, restore_archive  # noqa: PLC0415 - as above

    folder = data_folder(data)
    now = SystemClock().now()
    aside = f"{ASIDE}-{now:%Y%m%d-%H%M%S}" if replace else ""

    def press(found: Contents) -> None:
        reason = f"restored from a backup of {found.made_at[:16]}; look at what is open, then resume"
        FileSwitch(folder, SystemClock()).pause(by=person(), reason=reason, duration=None)

    try:
        found, moved = restore_archive(file, folder, press=press, configuration=configuration, aside=aside)
    except BadArchive as problem:
        code = Code.CONFLICT if "runs on" in str(problem) or "already" in str(problem) else Code.FAILED
        raise Stop(str(problem), code) from problem
    told = {"made": found.made_at, "newest": found.audit_newest, "aside": str(moved or "")}
    _note(folder, act(SystemClock().now(), person(), What.BACKUP_RESTORED, str(file), **told))
    if moved is not None:
        say(f"what was there is in {moved}")
    say("paused: after the start look at what is open, then: lamplighter resume")
    if output is Format.JSON:
        print_json({"folder": str(folder), "files": sorted(found.files), "made_at": found.made_at})
    else:
        print_lines(f"restored to {folder}: {', '.join(sorted(found.files))}; made at {found.made_at}")


def _note(folder: Path, done: Act) -> None:
    """Let the server write it into the audit log when it runs."""
    if not Notebook(folder).note(done):
        say(f"note: this is not in the audit log, because {folder} takes no file from you")


def _say_where_the_store_is(url: str) -> None:
    if url.startswith(POSTGRESQL):
        parts = urlsplit(url)
        place = f"-h {parts.hostname or 'localhost'} -p {parts.port or 5432} -U {parts.username or 'lamplighter'}"
        line = f"pg_dump -Fc {place} {parts.path.strip('/') or 'lamplighter'} > lamplighter.pgdump"
        say(f"note: the store is in PostgreSQL, which this does not back up; take it with: {line}")
