"""`lamplighter status | pause | resume | healthcheck | version`."""

from __future__ import annotations

import fcntl
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer

from lamplighter import __version__
from lamplighter.cli.client import (
    ADDRESS_FILE,
    DEFAULT_ADDRESS,
    DataOption,
    ServerOption,
    TokenOption,
    connect,
    data_folder,
    kept,
    person,
)
from lamplighter.cli.output import Code, Format, Output, Stop, print_json, print_lines, say
from lamplighter.settings.values import duration_seconds
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.switch import FileSwitch

HEALTH_SECONDS_MAX = 5.0


def status(
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 6 where something is open or not ready.")
    ] = False,
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """One screen of how things stand."""
    found = connect(server, token, data).get("/api/v1/status", holds="incidents")
    closed = {"resolved", "self_cleared", "merged"}
    still_open = {state: number for state, number in found["incidents"].items() if number and state not in closed}
    if output is Format.JSON:
        print_json(found)
    else:
        ready = "ready" if found["ready"] else f"not ready: {'; '.join(found['reasons'])}"
        print_lines(f"Lamplighter {found['version']}: {ready}; mode {found['mode']}")
        if found["paused"]:
            print_lines(f"PAUSED {found['paused']}")
        print_lines("open: " + (", ".join(f"{number} {state}" for state, number in still_open.items()) or "nothing"))
        print_lines(f"waiting for your answer: {found['approvals_pending']}")
        print_lines(*(f"check {name}: {state.replace('_', ' ')}" for name, state in sorted(found["checks"].items())))
    if exit_code and (still_open or not found["ready"]):
        raise typer.Exit(Code.FOUND_SOMETHING)


def pause(
    duration: Annotated[str, typer.Argument(help='such as "30m"; without it, until resume')] = "",
    message: Annotated[str, typer.Option("--message", "-m", help="Why.")] = "",
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """The big red button: no action begins until resume. Works with the server down too."""
    try:
        seconds = duration_seconds(duration) if duration else None
    except ValueError as problem:
        raise Stop(str(problem), Code.USAGE) from problem
    if seconds == 0:
        raise Stop("a pause must be longer than nothing; leave the time out to pause until resume", Code.USAGE)
    if server and (data is None or _answers(server)):
        body = {"reason": message, **({"duration": duration} if duration else {})}
        words = connect(server, token, data).post("/api/v1/pause", body, holds="paused")["paused"]
    else:
        folder = _present(data_folder(data))
        _say_who_listens(folder)
        until = timedelta(seconds=seconds) if seconds else None
        try:
            words = FileSwitch(folder, SystemClock()).pause(by=person(), reason=message, duration=until)
        except OSError as problem:
            raise Stop(
                f"{folder} cannot be written: {problem.strerror}; run as its owner", Code.NOT_ALLOWED
            ) from problem
    _say_switch(words, output)


def resume(
    output: Output = Format.TABLE, server: ServerOption = "", token: TokenOption = "", data: DataOption = None
) -> None:
    """Let actions run again."""
    if server and (data is None or _answers(server)):
        words = connect(server, token, data).post("/api/v1/resume", {}, holds="paused")["paused"]
    else:
        folder = _present(data_folder(data))
        _say_who_listens(folder)
        switch = FileSwitch(folder, SystemClock())
        try:
            switch.resume(by=person())
        except OSError as problem:
            raise Stop(
                f"{folder} cannot be written: {problem.strerror}; run as its owner", Code.NOT_ALLOWED
            ) from problem
        words = switch.paused()
    _say_switch(words, output)


def reload(
    output: Output = Format.TABLE, server: ServerOption = "", token: TokenOption = "", data: DataOption = None
) -> None:
    """Let the server read its configuration again. What is wrong ends with 2, and the old one holds."""
    found = connect(server, token, data).post("/-/reload", {}, holds="applied")
    if output is Format.JSON:
        print_json(found)
        return
    print_lines(*(f"holds now: {key}" for key in found["applied"]))
    print_lines(*(f"waits for a restart: {key}" for key in found["restart"]))
    if not found["applied"] and not found["restart"]:
        print_lines("nothing has changed")
    for words in found["warnings"]:
        say(f"warning: {words}")


def healthcheck(server: ServerOption = "", data: DataOption = None) -> None:
    """End with 0 where the server is ready; for container health checks."""
    address = server or _address(data)
    try:
        answer = httpx.get(f"{address}/-/ready", timeout=HEALTH_SECONDS_MAX, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise Stop(f"no server answers at {address} ({problem})", Code.UNREACHABLE) from problem
    if answer.status_code != httpx.codes.OK:
        raise Stop(f"not ready: {answer.text[:500]}")
    print_lines("ready")


def version(output: Output = Format.TABLE) -> None:
    """The version."""
    if output is Format.JSON:
        print_json({"version": __version__})
    else:
        print_lines(f"lamplighter {__version__}")


def _address(data: Path | None) -> str:
    return kept(data_folder(data) / ADDRESS_FILE) or DEFAULT_ADDRESS


def _present(folder: Path) -> Path:
    if not folder.is_dir():
        raise Stop(f"there is no data folder {folder}; name it with --data", Code.NOT_FOUND)
    return folder


def _answers(server: str) -> bool:
    """Whether the server is there to press the switch; where it is not, the folder that --data names is used."""
    try:
        httpx.get(f"{server.rstrip('/')}/-/healthy", timeout=HEALTH_SECONDS_MAX, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        say(f"no server answers at {server} ({problem}); the switch in the data folder is used")
        return False
    return True


def _say_who_listens(folder: Path) -> None:
    """A switch in a folder that no server uses stops nothing now, and people must know."""
    try:
        with (folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    say(f"note: no server runs on {folder} now; the switch holds for the next one that does")


def _say_switch(words: str, output: Format) -> None:
    if output is Format.JSON:
        print_json({"paused": words})
    else:
        print_lines(f"paused {words}" if words else "running: actions may begin")
