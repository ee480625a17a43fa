"""Talks REST to the running server; its address and token come from the data folder, or from flags."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from lamplighter.cli.output import Code, Stop
from lamplighter.settings import BadConfiguration, default_data_folder, load_settings

TIMEOUT_SECONDS = 15.0
ADDRESS_FILE = "server"
TOKEN_FILE = "token"  # noqa: S105 - the name of a file
TOKEN_FILE_VARIABLE = "LAMPLIGHTER_TOKEN_FILE"  # noqa: S105 - the name of a variable
DEFAULT_ADDRESS = "http://127.0.0.1:8460"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,79}")
TOKEN = re.compile(r"[!-~]+")
CODES = {
    400: Code.USAGE,
    401: Code.NOT_ALLOWED,
    403: Code.NOT_ALLOWED,
    404: Code.NOT_FOUND,
    409: Code.CONFLICT,
    422: Code.USAGE,
}

ServerOption = Annotated[
    str,
    typer.Option("--server", envvar="LAMPLIGHTER_SERVER", help="Address of the server; default: from the data folder."),
]
TokenOption = Annotated[
    str,
    typer.Option(
        "--token", envvar="LAMPLIGHTER_TOKEN", help="Token; default: from the data folder.", show_default=False
    ),
]
DataOption = Annotated[
    Path | None, typer.Option("--data", envvar="LAMPLIGHTER_DATA", help="Data folder; default: from the configuration.")
]
Params = Mapping[str, Any] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Client:
    """A server and the right to ask it."""

    address: str
    token: str

    def get(self, path: str, params: Params | None = None, *, holds: str) -> dict[str, Any]:
        """What the server answers, which has the key `holds`. Raises `Stop` with the exit code that fits."""
        return self._ask("GET", path, holds, params=params)

    def post(self, path: str, body: dict[str, Any], *, holds: str) -> dict[str, Any]:
        """What the server answers, which has the key `holds`. Raises `Stop` with the exit code that fits."""
        return self._ask("POST", path, holds, json=body)

    def delete(self, path: str, *, holds: str) -> dict[str, Any]:
        """What the server answers, which has the key `holds`. Raises `Stop` with the exit code that fits."""
        return self._ask("DELETE", path, holds)

    def deliver(self, path: str, body: bytes, params: Params | None = None) -> dict[str, Any]:
        """Post a webhook's body as it is. Raises `Stop` with the exit code that fits."""
        return self._ask("POST", path, "status", content=body, params=params)

    def download(self, path: str, bytes_max: int, media: str = "application/gzip") -> bytes:
        """A file that the server holds, of this media type. Raises `Stop` with the exit code that fits."""
        with self.opened() as http, http.stream("GET", path) as answer:
            if answer.is_error or not answer.headers.get("content-type", "").startswith(media):
                answer.read()
                self.understood(answer, "the file")
            data = bytearray()
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > bytes_max:
                    raise Stop(f"{self.address} sends more than {bytes_max} bytes", Code.UNREACHABLE)
            return bytes(data)

    def _ask(self, method: str, path: str, holds: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - passed on to httpx
        with self.opened() as http:
            return self.understood(http.request(method, path, **more), holds)

    @contextmanager
    def opened(self, timeout: float | httpx.Timeout = TIMEOUT_SECONDS) -> Iterator[httpx.Client]:
        """A connection for one question or many. Raises `Stop` where there is no token, or no server answers."""
        if not TOKEN.fullmatch(self.token):
            words = "there is no token that could be sent; name the data folder with --data, or give --token"
            raise Stop(words, Code.NOT_ALLOWED)
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            with httpx.Client(base_url=self.address, timeout=timeout, trust_env=False, headers=headers) as http:
                yield http
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            words = f"no server answers at {self.address} ({problem}); start one with: lamplighter serve"
            raise Stop(words, Code.UNREACHABLE) from problem

    def understood(self, answer: httpx.Response, holds: str) -> dict[str, Any]:
        """The answer's JSON, which has the key `holds`. Raises `Stop` with the exit code that fits."""
        body = _read(answer)
        if answer.is_error and "fix" in body:
            words = f"{body.get('detail', answer.reason_phrase)}; {body['fix']}"
            raise Stop(words, CODES.get(answer.status_code, Code.FAILED))
        if answer.is_error or holds not in body:
            raise Stop(f"{self.address} does not answer like a Lamplighter server", Code.UNREACHABLE)
        return body


def _read(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object; an empty one where it is none."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def named(kind: str, word: str) -> str:
    """An id that may stand in a path. Raises `Stop` where it could lead to another place."""
    if not NAME.fullmatch(word):
        raise Stop(f"{word!r} is not the id of an {kind}; the list shows them", Code.USAGE)
    return word


def person() -> str:
    """Who sits here. In a container the number of the user often has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def data_folder(given: Path | None) -> Path:
    """The data folder that the configuration names, or the given one."""
    if given is not None:
        return given
    try:
        return load_settings().data_folder
    except BadConfiguration as problem:
        folder = default_data_folder()
        words = f"the configuration cannot be read, so name the data folder with --data (default: {folder})\n{problem}"
        raise Stop(words, Code.USAGE) from problem


def connect(server: str, token: str, data: Path | None) -> Client:
    """A client for the flags given; what is not given comes from the data folder."""
    token = token or _token_of_file(os.environ.get(TOKEN_FILE_VARIABLE, ""))
    if server and token:
        return Client(server, token)
    folder = data_folder(data)
    if not server and not token and not (folder / TOKEN_FILE).exists():
        words = f"no server was ever started on {folder}; start one with: lamplighter serve; or name its folder: --data"
        raise Stop(words, Code.UNREACHABLE)
    return Client(server or kept(folder / ADDRESS_FILE) or DEFAULT_ADDRESS, token or kept(folder / TOKEN_FILE))


def _token_of_file(place: str) -> str:
    """The token that a file holds, as secrets are handed to containers. Raises `Stop` where it holds none."""
    if not place:
        return ""
    found = kept(Path(place))
    if not found:
        raise Stop(f"{TOKEN_FILE_VARIABLE} names {place}, which holds no token", Code.NOT_ALLOWED)
    return found


def kept(path: Path) -> str:
    """What a file of the data folder says; empty where there is none. Raises `Stop`."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""
    except OSError as problem:
        raise Stop(
            f"{path} cannot be read: {problem.strerror}; run as its owner, or give --token", Code.NOT_ALLOWED
        ) from problem
