"""`lamplighter init`: writes a small commented configuration to begin with, and overwrites none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from lamplighter.cli.output import Code, Stop, print_lines, say
from lamplighter.domain.policy import Mode
from lamplighter.settings.load import DOCKER_SOCKET, FILE_NAME

OWNER_ONLY = 0o600
TEXT = """\
# All here is optional. With no file at all Lamplighter watches the local Docker engine, and asks before every change.
# Check it: lamplighter config check     What works and what does not: lamplighter doctor
# Completion in editors: lamplighter config schema > lamplighter.schema.json, and the line below
# yaml-language-server: $schema=lamplighter.schema.json

site:
  name: {name}
  # url: https://ops.home.lan        # how people reach this server; used in links
  # timezone: Europe/London

autonomy:
  mode: {mode}                          # watch: only look | ask: ask first | auto: what labels and sentences allow
  # auto:                            # runs without asking, also in mode ask
  #   - restart container where label lamplighter.allow=restart
  # never:                           # always wins
  #   - "* container where name *-db"

sources:
  {docker}
  # prometheus:   {{url: http://127.0.0.1:9090}}
  # alertmanager: {{url: http://127.0.0.1:9093}}
  # systemd: {{}}                      # the units of this machine

# checks:                            # of its own, each every five minutes
#   - {{name: Website, http: https://example.com/, certificate: 14d}}
#   - {{name: Root disk, disk: /, below: 10%}}
#   - {{name: Backups, heartbeat: 24h, grace: 2h}}   # gives you a ping URL

# depends:                           # one outage is one incident, not twelve
#   jellyfin: [nas]
"""


def init(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path(FILE_NAME),
    name: Annotated[str, typer.Option(help="What this place is called in messages.")] = "homelab",
    mode: Annotated[Mode, typer.Option(help="How much may be done alone.")] = Mode.ASK,
) -> None:
    """Write a small commented configuration. A file that is there already is left as it is.

    Example: lamplighter init && lamplighter doctor
    """
    if not name or not name.isprintable() or any(letter in name for letter in ":#{}[]\"'"):
        raise Stop(f"{name!r} is no name that can be written so; use letters, digits and spaces", Code.USAGE)
    text = TEXT.format(name=name, mode=mode, docker=_docker_line())
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError as problem:
        raise Stop(f"{file} is there already, and is left as it is; name another file", Code.CONFLICT) from problem
    except OSError as problem:
        raise Stop(f"{file} cannot be written: {problem.strerror}", Code.FAILED) from problem
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    print_lines(str(file))
    say("check it with: lamplighter config check; see what works with: lamplighter doctor; then: lamplighter serve")


def _docker_line() -> str:
    """The local engine where it can be seen; a section may not be empty."""
    if DOCKER_SOCKET.exists():
        return (
            "docker: {}                         # the local engine; better through a socket proxy, see docs/install.md"
        )
    return "# docker: {}                       # the local engine\n  probe: {}"
