"""`lamplighter config`: check and show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, SecretStr

from lamplighter.cli.output import Code, Format, Output, Stop, print_json, print_lines, print_table, say
from lamplighter.domain.redaction import redact
from lamplighter.settings import BadConfiguration, Settings, load_settings

app = typer.Typer(help="Check the configuration, and see where each value came from.", no_args_is_help=True)
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", envvar="LAMPLIGHTER_CONFIG", help="Configuration file; default: lamplighter.yaml."),
]
MASK = "********"
SECRET_WORDS = ("password", "token", "secret", "key")


@app.command()
def check(config: ConfigOption = None) -> None:
    """Read everything and say what is wrong, or what it comes to. Ends with 2 where something is wrong."""
    settings = read(config)
    for warning in settings.warnings:
        say(f"warning: {warning}")
    configuration = settings.configuration
    where = settings.file or "no file; defaults and environment"
    print_lines(
        f"ok: {where}",
        f"mode {configuration.autonomy.mode}; data in {settings.data_folder}",
        f"sources: {', '.join(sorted(settings.sources))}; checks: {len(configuration.checks)}",
    )
    print_lines(*(f'lets me alone: "{line}"' for line in configuration.autonomy.auto))
    print_lines(*(f'never: "{line}"' for line in configuration.autonomy.never))


@app.command()
def show(
    config: ConfigOption = None,
    sources: Annotated[bool, typer.Option("--sources", help="Also where each value came from.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Every key and its value; secrets are masked."""
    settings = read(config)
    values = dict(_flat(_tree(settings), ""))
    if output is Format.JSON:
        print_json({k: {"value": v, "from": _origin(settings, k)} if sources else v for k, v in values.items()})
        return
    columns = ("key", "value", "from") if sources else ("key", "value")
    rows = [(key, value, _origin(settings, key))[: len(columns)] for key, value in values.items()]
    print_table(columns, rows)


def read(config: Path | None, flags: dict[str, Any] | None = None) -> Settings:
    """The settings; every problem on a line of its own, and exit code 2, where there are any."""
    try:
        return load_settings(config, flags=flags)
    except BadConfiguration as problem:
        raise Stop("the configuration cannot be used\n" + "\n".join(problem.problems), Code.USAGE) from problem


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
    return [(prefix.removesuffix("."), _masked(prefix, node))]


def _masked(key: str, value: Any) -> str:  # noqa: ANN401 - a plain value
    last = key.removesuffix(".").rpartition(".")[2]
    if isinstance(value, SecretStr) or (any(word in last for word in SECRET_WORDS) and value):
        return MASK if str(value) else ""
    return redact(str(value))


def _origin(settings: Settings, key: str) -> str:
    while key:
        if key in settings.origins:
            return settings.origins[key]
        key = key.rpartition(".")[0]
    return "default"
