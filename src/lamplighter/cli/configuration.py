"""`lamplighter config`: check, show, describe and write out the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

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
from lamplighter.settings import BadConfiguration, Configuration, Settings, default_data_folder, load_settings
from lamplighter.settings.export import exported, secret_notes
from lamplighter.settings.schema import schema as made_schema
from lamplighter.settings.secrecy import masked

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
    values = dict(_flat(_tree(settings), ""))
    default_of = dict(_flat(_defaults(settings), "")) if defaults else {}
    rows = [_row(settings, key, value, default_of, sources, defaults) for key, value in values.items()]
    if output is Format.JSON:
        plain = not sources and not defaults
        print_json({row["key"]: row["value"] if plain else {k: row[k] for k in row if k != "key"} for row in rows})
        return
    columns = list(rows[0])
    print_table(columns, [list(row.values()) for row in rows])


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


def _defaults(settings: Settings) -> dict[str, Any]:
    """What would hold if nothing were set. A key without a default is left out."""
    parts = {
        section: {name: _default_values(part) for name, part in models.items()}
        for section, models in (("sources", settings.sources), ("notify", settings.channels))
    }
    return {**Configuration().model_dump(by_alias=True), "data_folder": default_data_folder(), **parts}


def _default_values(part: BaseModel) -> dict[str, Any]:
    fields = type(part).model_fields.items()
    return {
        info.alias or name: info.get_default(call_default_factory=True)
        for name, info in fields
        if not info.is_required()
    }


def _row(
    settings: Settings, key: str, value: str, default_of: dict[str, str], sources: bool, defaults: bool
) -> dict[str, str]:
    more = {"from": _origin(settings, key)} if sources else {}
    return {"key": key, "value": value, **more, **({"default": default_of.get(key, "")} if defaults else {})}


def _tree(settings: Settings) -> dict[str, Any]:
    tree = settings.configuration.model_dump(by_alias=True)
    tree["data_folder"] = settings.data_folder
    tree["sources"] = {name: _values(part) for name, part in settings.sources.items()}
    tree["notify"] = {name: _values(part) for name, part in settings.channels.items()}
    tree["notify"] |= {name: value for name, value in _values(settings.notify).items() if value is not None}
    return tree


def _values(part: BaseModel) -> dict[str, Any]:
    return part.model_dump(by_alias=True)


def _flat(node: Any, prefix: str) -> list[tuple[str, str]]:  # noqa: ANN401 - a tree of plain values
    if isinstance(node, dict) and node:
        return [pair for key, value in node.items() for pair in _flat(value, f"{prefix}{key}.")]
    if isinstance(node, list | tuple) and node:
        return [pair for index, value in enumerate(node) for pair in _flat(value, f"{prefix}{index}.")]
    key = prefix.removesuffix(".")
    return [(key, masked(key, node))]


def _origin(settings: Settings, key: str) -> str:
    while key:
        if key in settings.origins:
            return settings.origins[key]
        key = key.rpartition(".")[0]
    return "default"
