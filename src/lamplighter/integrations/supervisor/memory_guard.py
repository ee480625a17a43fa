"""A supervisord event listener that gives its programs a hard memory limit. It judges nothing but resident memory.

    [eventlistener:memory-guard]
    command=python -P .../lamplighter/integrations/supervisor/memory_guard.py --state FILE store=64MiB orders=128MiB
    events=REMOTE_COMMUNICATION

Every 0.1 s each named program's own resident memory is read, and one over its limit is killed. An event of type
`memory_limit` with `name=bytes` changes a limit, which then outlives the guard in the state file. Started by its path,
it loads little: of Lamplighter only the words for bytes.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import re
import select
import signal
import socket
import sys
import time
import xmlrpc.client
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

import psutil

from lamplighter.domain.plan import bytes_words

POLL_SECONDS = 0.1
FIND_EVERY_SECONDS = 0.5
RPC_SECONDS = 2.0
INPUT_BYTES_MAX = 1024 * 1024
ANNOUNCE_EVERY_LINES = 200
UNITS = {"": 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"([0-9]{1,15})(B|KiB|MiB|GiB)?")


def size_bytes(text: str) -> int:
    """`64MiB` or `67108864` in bytes. Raises `ValueError`."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{text!r} is not a size such as 64MiB")
    return int(match[1]) * UNITS[match[2] or ""]


def parse_limit(text: str) -> tuple[str, int]:
    """`store=64MiB` as a name and bytes. Raises `ValueError`."""
    name, _, size = text.strip().partition("=")
    if not name or any(letter.isspace() for letter in name):
        raise ValueError(f"{text!r} is not name=size")
    return name, size_bytes(size)


class LimitFile:
    """Limits that were changed while the guard ran, each kept for as long as the command line says the same."""

    def __init__(self, path: Path, configured: Mapping[str, int]) -> None:
        self._path = path
        self._configured = dict(configured)

    def load(self) -> dict[str, int]:
        """The limits to start with. A file that cannot be read counts as none, and is spoken of."""
        limits = dict(self._configured)
        try:
            kept = json.loads(self._path.read_bytes())
            for name, (configured, limit) in kept.items():
                if limits.get(name) == configured and type(limit) is int and limit > 0:
                    limits[name] = limit
        except FileNotFoundError:
            return limits
        except (OSError, ValueError, TypeError, AttributeError) as problem:
            say(f"cannot read {self._path}: {problem}")
        return limits

    def save(self, limits: Mapping[str, int]) -> None:
        """Replace the file whole, so that a kill leaves the old one or the new one."""
        kept = {name: [self._configured.get(name, 0), limit] for name, limit in limits.items()}
        fresh = self._path.with_name(f"{self._path.name}.new")
        try:
            fresh.write_text(json.dumps(kept))
            fresh.replace(self._path)
        except OSError as problem:
            say(f"cannot write {self._path}: {problem}")


class Events:
    """Supervisord's listener protocol on raw bytes: READY, a header line, a body, RESULT."""

    def __init__(self) -> None:
        self._input = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, str], str]]:
        """Each whole event in what came in so far. Raises `ValueError` where it is not the protocol."""
        self._input += data
        while (end := self._input.find(b"\n")) >= 0:
            headers = dict(item.split(":", 1) for item in self._input[:end].decode().split())
            size = int(headers["len"])
            if len(self._input) < end + 1 + size:
                return
            body = self._input[end + 1 : end + 1 + size].decode("utf-8", "replace")
            del self._input[: end + 1 + size]
            yield headers, body
        if len(self._input) > INPUT_BYTES_MAX:
            raise ValueError("supervisord sent a line without end")


def wanted_limit(headers: Mapping[str, str], body: str) -> str:
    """The `name=bytes` of a `memory_limit` event; empty for any other event."""
    first, _, rest = body.partition("\n")
    is_ours = headers.get("eventname") == "REMOTE_COMMUNICATION" and first.strip() == "type:memory_limit"
    return rest.strip() if is_ours else ""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=RPC_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(RPC_SECONDS)
        self.sock.connect(self._path)


def running_pids(environment: Mapping[str, str]) -> dict[str, int]:
    """The pid of each process that supervisord runs now; none where it does not answer."""
    url = urlsplit(environment["SUPERVISOR_SERVER_URL"])
    connection: http.client.HTTPConnection
    if url.scheme == "unix":
        connection = _UnixConnection(url.path)
    else:
        connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=RPC_SECONDS)
    headers = {"Content-Type": "text/xml"}
    user, password = environment.get("SUPERVISOR_USERNAME", ""), environment.get("SUPERVISOR_PASSWORD", "")
    if user:
        headers["Authorization"] = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    with closing(connection):
        try:
            connection.request("POST", "/RPC2", xmlrpc.client.dumps((), "supervisor.getAllProcessInfo"), headers)
            with connection.getresponse() as response:
                return read_pids(response.read(INPUT_BYTES_MAX))
        except (OSError, http.client.HTTPException) as problem:
            say(f"cannot ask supervisord: {problem}")
            return {}


def read_pids(answer: bytes) -> dict[str, int]:
    """The pids in an answer to getAllProcessInfo; none where it is not one."""
    try:
        found: Any = xmlrpc.client.loads(answer)[0][0]
        return {str(item["name"]): int(item["pid"]) for item in found if item["pid"]}
    except (xmlrpc.client.Error, ExpatError, LookupError, TypeError, ValueError) as problem:
        say(f"cannot read what supervisord says: {problem}")
        return {}


class Guard:
    """The limits, the processes they hold, and what was said."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self.limits = dict(limits)
        self._watched: dict[str, psutil.Process] = {}
        self._find_at = 0.0
        self._lines = 0

    def announce(self, name: str) -> None:
        """Say a limit in the words that others read it by."""
        self._say(f"limit of {name} is now {self.limits[name]} bytes")

    def look(self, environment: Mapping[str, str]) -> None:
        """Find processes that are not watched yet, and kill those that are over their limit."""
        for name, process in list(self._watched.items()):
            if not self._holds(name, process):
                del self._watched[name]
        if set(self.limits) - set(self._watched) and time.monotonic() >= self._find_at:
            self._find_at = time.monotonic() + FIND_EVERY_SECONDS
            self._find(running_pids(environment))

    def _find(self, pids: Mapping[str, int]) -> None:
        for name in set(self.limits) - set(self._watched):
            if name in pids and psutil.pid_exists(pids[name]):
                try:
                    self._watched[name] = psutil.Process(pids[name])
                except psutil.Error as problem:
                    self._say(f"cannot watch {name}: {problem}")

    def _holds(self, name: str, process: psutil.Process) -> bool:
        """Whether the process is still there to be watched."""
        try:
            used = process.memory_info().rss
            if used <= self.limits[name]:
                return process.is_running()
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return False
        except psutil.Error as problem:
            self._say(f"cannot watch {name}: {problem}")
            return False
        self._say(f"{name} killed: it used {bytes_words(used)}, its limit is {bytes_words(self.limits[name])}")
        return False

    def _say(self, text: str) -> None:
        say(text)
        self._lines += 1
        if self._lines % ANNOUNCE_EVERY_LINES == 0:
            # Readers see only the end of the log, so the limits must stay within it.
            for name, limit in self.limits.items():
                say(f"limit of {name} is now {limit} bytes")


def say(text: str) -> None:
    """One line with its time in UTC to standard error, which supervisord keeps."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(f"{stamp} memory guard: {text}\n")
    sys.stderr.flush()


def serve(guard: Guard, kept: LimitFile, environment: Mapping[str, str]) -> None:
    """Watch until supervisord closes the pipe."""
    events = Events()
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    while True:
        readable, _, _ = select.select([0], [], [], POLL_SECONDS)
        if readable:
            data = os.read(0, 65_536)
            if not data:
                return
            for headers, body in events.feed(data):
                change(guard, kept, wanted_limit(headers, body))
                sys.stdout.write("RESULT 2\nOKREADY\n")
                sys.stdout.flush()
        guard.look(environment)


def change(guard: Guard, kept: LimitFile, wanted: str) -> None:
    """Take over a limit that was asked for; only programs named at the start have one."""
    if not wanted:
        return
    try:
        name, limit = parse_limit(wanted)
    except ValueError as problem:
        say(str(problem))
        return
    if name not in guard.limits:
        say(f"{name} has no limit to change")
        return
    guard.limits[name] = limit
    kept.save(guard.limits)
    guard.announce(name)


def main() -> None:
    """Read the command line, say the limits, and watch."""
    parser = argparse.ArgumentParser(prog="memory_guard")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("limits", nargs="+", type=parse_limit, metavar="name=64MiB")
    words = parser.parse_args()
    kept = LimitFile(words.state, dict(words.limits))
    guard = Guard(kept.load())
    for name in guard.limits:
        guard.announce(name)
    serve(guard, kept, os.environ)


if __name__ == "__main__":
    main()
