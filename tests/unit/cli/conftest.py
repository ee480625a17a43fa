"""A small real server that answers what a test wants and keeps what it was asked; the command line in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from typer.testing import CliRunner

from lamplighter.cli import app
from lamplighter.cli.client import Client
from lamplighter.cli.output import Code, Stop, plain


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass
class Fake:
    """Answers by method and path. An answer is a status and JSON, or the bytes of a stream, an archive or Markdown."""

    url: str = ""
    answers: dict[tuple[str, str], list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def says(self, method: str, path: str, *answers: object, status: int = 200) -> None:
        """One answer after the other; the last one stays."""
        self.answers[method, path] = [(status, answer) for answer in answers]

    def problem(self, method: str, path: str, status: int, detail: str) -> None:
        self.says(method, path, {"detail": detail, "fix": "do that", "status": status}, status=status)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        self.asked.append(asked)
        known = self.answers.get((asked.method, unquote(asked.path)))
        if known is None:
            return 404, {"detail": f"there is no {asked.path}", "fix": "ask for something else"}
        return known.pop(0) if len(known) > 1 else known[0]

    @property
    def client(self) -> Client:
        return Client(self.url, "secret")


def _media(said: object) -> str:
    if not isinstance(said, bytes):
        return "application/json"
    if said.startswith(b"# "):
        return "text/markdown; charset=utf-8"
    return "application/gzip" if said.startswith(b"\x1f\x8b") else "text/event-stream"


@pytest.fixture
def fake() -> Iterator[Fake]:
    kept = Fake()

    class Answering(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            parts = urlsplit(self.path)
            asked = Asked(self.command, parts.path, parse_qsl(parts.query), dict(self.headers.items()), body)
            status, said = kept.answer(asked)
            stream = isinstance(said, bytes)
            text = said if stream else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", _media(said))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the library finds them by these names

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}"
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Command(Protocol):
    """Runs a command that asks the fake server."""

    def __call__(self, *words: str, given: bytes = b"") -> Ended: ...


def ran(*words: str, given: bytes = b"") -> Ended:
    """A whole run of the command line in this process."""
    ended = CliRunner().invoke(app, [*words], input=given)
    if isinstance(ended.exception, Stop):
        return Ended(ended.exception.code, ended.stdout, f"{ended.stderr}error: {plain(ended.exception)}")
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Ended(ended.exit_code or Code.OK, ended.stdout, ended.stderr)


class Local(Protocol):
    """Runs a command that asks nobody."""

    def __call__(self, *words: str) -> Ended: ...


@pytest.fixture
def local() -> Local:
    """Run a command that asks nobody."""
    return ran


@pytest.fixture
def command(fake: Fake) -> Command:
    """Run a command that asks the fake server."""
    return lambda *words, given=b"": ran(*words, "--server", fake.url, "--token", "secret", given=given)
