"""`lamplighter config`: check, show, describe and write out the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lamplighter.cli.output import (
    Code,
    Format,
    Output,
    Stop,
    print_json,
    print_lines,
    print_table,
    say,
)
from lamplighter.settings import BadConfiguration, Settings, load_settings
from lamplighter.settings.export import exported, secret_notes
from lamplighter.settings.listing import Listed, listed
from lamplighter.settings.listing import defaults as default_values
from lamplighter.settings.schema import schema as made_schema

app = typer.Typer(
    help="Check the configuration, see where each value came from, and write it out.", no_args_is_help=True
)
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", envvar="LAMPLIGHTER_CONFIG", help="Configuration file; default: lamplighter.yaml."),
]
FileArgument = Annotated[Path | None, typer.Argument(help="Configuration file; the same as --config.")]


@app.command()
def check(
    file: FileArgument = None,
    config: ConfigOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no engine what the sentences mean now.")] = False,
) -> None:
    """Read everything and say what is wrong, or what it lets me do now, by name. Ends with 2 where something is wrong.

    Example: lamplighter config check examples/homelab.yaml
    """
    settings = read(file or config)
    for warning in settings.warnings:
        say(f"warning: {warning}")
    configuration = settings.configuration
    where = settings.file or "no file; defaults and environment"
    print_lines(
        f"ok: {where}",
        f"mode {configuration.autonomy.mode}; data in {settings.data_folder}",
        f"sources: {', '.join(sorted(settings.sources))}; checks: {len(configuration.checks)}",
        f"people are told by: {', '.join(sorted(settings.channels))}",
    )
    if offline:
        print_lines(*(f'lets me alone: "{line}"' for line in configuration.autonomy.auto))
        print_lines(*(f'never: "{line}"' for line in configuration.autonomy.never))
        return
    from lamplighter.cli.echoing import sentences  # noqa: PLC0415 - brings every integration with it

    print_lines(*sentences(settings))


@app.command()
def show(
    config: ConfigOption = None,
    sources: Annotated[bool, typer.Option("--sources", help="Also where each value came from.")] = False,
    defaults: Annotated[bool, typer.Option("--defaults", help="Also what each value is by default.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Every key and its value; secrets are masked."""
    settings = read(config)
    default_of = default_values(settings) if defaults else {}
    rows = [_row(one, default_of, sources, defaults) for one in listed(settings)]
    if output is Format.JSON:
        plain = not sources and not defaults
        print_json({row["key"]: row["value"] if plain else {k: row[k] for k in row if k != "key"} for row in rows})
        return
    print_table(list(rows[0]), [list(row.values()) for row in rows])


@app.command()
def schema() -> None:
    """The configuration as JSON Schema, for completion in editors.

    Example: lamplighter config schema > lamplighter.schema.json, and in lamplighter.yaml the line
    # yaml-language-server: $schema=lamplighter.schema.json
    """
    print_json(made_schema())


@app.command()
def export(
    file: FileArgument = None,
    config: ConfigOption = None,
) -> None:
    """What file, environment and flags set together, as one file that can be read again; without secrets."""
    text, left_out = exported(read(file or config))
    print_lines(*text.splitlines())
    for note in secret_notes(left_out):
        say(f"note: {note}")


def read(config: Path | None, flags: dict[str, Any] | None = None) -> Settings:
    """The settings; every problem on a line of its own, and exit code 2, where there are any."""
    try:
        return load_settings(config, flags=flags)
    except BadConfiguration as problem:
        raise Stop("the configuration cannot be used\n" + "\n".join(problem.problems), Code.USAGE) from problem


def _row(one: Listed, default_of: dict[str, str], sources: bool, defaults: bool) -> dict[str, str]:
    more = {"from": one.origin} if sources else {}
    return {
        "key": one.key,
        "value": one.value,
        **more,
        **({"default": default_of.get(one.key, "")} if defaults else {}),
    }
