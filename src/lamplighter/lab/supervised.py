"""Starts a private supervisord with given programs, and calls it for the lab's own needs."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from lamplighter.lab.premises import Premises, Program
from lamplighter.lab.programs import beside_python

READY_SECONDS = 15.0
CALL_SECONDS = 30.0
OK = 200


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CALL_SECONDS)
        self.sock.connect(str(self._path))


class Supervised:
    """A private supervisord in the premises; its socket, its log, and the logs of its programs lie there."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self.folder = premises.folder
        self.socket = self.folder / "supervisor.sock"
        self.log = self.folder / "supervisord-own.log"
        self._commands: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
        self._retries: dict[str, int] = {}

    @property
    def url(self) -> str:
        """Where it listens, as Lamplighter's configuration writes it."""
        return f"unix://{self.socket}"

    def start(self, programs: Mapping[str, str], listeners: Mapping[str, str]) -> Program:
        """Start it with program and event listener commands by name; returns when it answers."""
        self._commands = (programs, listeners)
        file = self._write()
        program = self._premises.start("supervisord", [beside_python("supervisord"), "-n", "-c", str(file)])
        program.await_ready(self._answers, READY_SECONDS)
        return program

    def text(self, programs: Mapping[str, str], listeners: Mapping[str, str]) -> str:
        """Its configuration. Nothing is restarted by supervisord itself, where `set_retries` does not say so."""
        sections: dict[str, dict[str, object]] = {
            "unix_http_server": {"file": self.socket, "chmod": "0600"},
            "supervisord": {
                "logfile": self.log,
                "pidfile": self.folder / "supervisord.pid",
                "childlogdir": self.folder,
                "loglevel": "info",
                "nodaemon": "true",
            },
            "rpcinterface:supervisor": {
                "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
            },
            **{f"program:{name}": self._program(name, command) for name, command in programs.items()},
            **{
                f"eventlistener:{name}": {**self._program(name, command), "events": "REMOTE_COMMUNICATION"}
                for name, command in listeners.items()
            },
        }
        return "\n".join(
            line
            for title, keys in sections.items()
            for line in (f"[{title}]", *(f"{key}={value}" for key, value in keys.items()), "")
        )

    def log_of(self, name: str, stream: str) -> Path:
        """The log file of one program; `stream` is out or err."""
        return self.folder / f"{name}.{stream}.log"

    def call(self, method: str, *params: str | bool) -> object:
        """Call `supervisor.<method>`; raises `xmlrpc.client.Fault` where it says no, `OSError` where it is away."""
        body = xmlrpc.client.dumps(params, f"supervisor.{method}").encode()
        with closing(_Connection(self.socket)) as connection:
            connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
            with connection.getresponse() as response:
                if response.status != OK:
                    raise ConnectionError(f"supervisord answered HTTP {response.status}")
                values, _ = xmlrpc.client.loads(response.read())
        return values[0]

    def runs(self, name: str) -> bool:
        """Whether supervisord calls a program up."""
        info = self.call("getProcessInfo", name)
        return isinstance(info, dict) and info.get("statename") == "RUNNING"

    def stop(self, name: str) -> None:
        """Stop a program, where it runs."""
        try:
            self.call("stopProcess", name, True)
        except xmlrpc.client.Fault as fault:
            if not str(fault.faultString).startswith("NOT_RUNNING"):
                raise

    def launch(self, name: str) -> None:
        """Start a program, without waiting for how that ends."""
        self.call("startProcess", name, False)

    def set_retries(self, name: str, retries: int) -> None:
        """Have supervisord itself start a program again so often when it ends, or never; starts it anew."""
        self._retries[name] = retries
        self._write()
        self.call("reloadConfig")
        self.stop(name)
        self.call("removeProcessGroup", name)
        self.call("addProcessGroup", name)

    def _write(self) -> Path:
        file = self.folder / "supervisord.conf"
        file.write_text(self.text(*self._commands), encoding="utf-8")
        return file

    def _answers(self) -> bool:
        try:
            return self.call("getIdentification") != ""
        except OSError:
            return False

    def _program(self, name: str, command: str) -> dict[str, object]:
        retries = self._retries.get(name, 0)
        return {
            "command": command.replace("%", "%%"),
            "autorestart": "true" if retries else "false",
            "startsecs": 1,
            "startretries": retries,
            "stopwaitsecs": 2,
            "stopasgroup": "true",
            "killasgroup": "true",
            "stdout_logfile": self.log_of(name, "out"),
            "stderr_logfile": self.log_of(name, "err"),
        }
