"""`lamplighter serve`: the command and its flags; the server itself is run by serving.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lamplighter.cli.configuration import ConfigOption, read
from lamplighter.settings import load_settings


def serve(
    config: ConfigOption = None,
    data: Annotated[Path | None, typer.Option("--data", envvar="LAMPLIGHTER_DATA", help="Data folder.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; default: server.host.")] = "",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; default: server.port.")] = None,
) -> None:
    """Run the server until it is told to stop. Logs go to standard error; LOG_FORMAT=json makes them JSON."""
    flags = _flags(data, host, port)
    settings = read(config, flags)
    from lamplighter.cli.serving import run  # noqa: PLC0415 - pause and status must not wait for a server's imports

    # The same file again, even where it was found by itself: one that went away must not count as "nothing is set".
    run(settings, lambda: load_settings(settings.file, flags=flags))


def _flags(data: Path | None, host: str, port: int | None) -> dict[str, Any]:
    server = {**({"host": host} if host else {}), **({"port": port} if port else {})}
    return {**({"server": server} if server else {}), **({"data_folder": str(data)} if data else {})}
