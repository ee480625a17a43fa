"""One service of the shop (front, orders or store), run as a program with the standard library alone.

It never imports Lamplighter, so that it also runs in a container that has nothing but Python.
"""

from __future__ import annotations

import argparse
import configparser
import functools
import importlib.util
import os
import queue
import signal
import socket
import socketserver
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING or __package__:
    from lamplighter.lab.shop import ailments
else:

    def _beside(name: str) -> Any:  # noqa: ANN401 - a module
        """A module that lies beside this file, which is run as a program and belongs to no package then."""
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(name, module)
        spec.loader.exec_module(module)
        return module

    ailments = _beside("ailments")

MIB = 1024 * 1024
STEP_MIB = 8
STEP_PAUSE_SECONDS = 0.08
GROW_MIB_MAX = 1024
WAITING_MAX = 64
PROBE_PAUSE_SECONDS = 0.5
CLIENT_SECONDS_MAX = 5.0
EXIT_CONFIG = 78
LOOPBACK = "127.0.0.1"


class BadConfig(ValueError):
    """A value in the configuration file that the service cannot start with."""


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of one service; `upstream` is empty for the last one in the chain."""

    role: str
    port: int
    workers: int
    upstream: str
    upstream_name: str
    timeout_seconds: float
    data: Path
    connections: int = 4
    memory_mebibytes: int = 64
    processors: int = 0
    ledger: Path | None = None


def parse_config(text: str, path: Path, role: str) -> Config:
    """The section `role` of an INI text; raises `BadConfig` with file, section, key and value."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(text, str(path))
    if not ini.has_section(role):
        raise BadConfig(f"{path}: no section [{role}]")
    section = ini[role]

    def number(key: str, default: str = "") -> int:
        text = section.get(key, default)
        if not text.isdecimal():
            raise BadConfig(f"{path}: [{role}] {key} = {text!r}: expected a whole number")
        return int(text)

    try:
        timeout_seconds = float(section.get("timeout_seconds", "1.0"))
    except ValueError:
        raise BadConfig(f"{path}: [{role}] timeout_seconds: expected a number") from None
    return Config(
        role=role,
        port=number("port"),
        workers=number("workers", "4"),
        upstream=section.get("upstream", ""),
        upstream_name=section.get("upstream_name", "upstream"),
        timeout_seconds=timeout_seconds,
        data=Path(section.get("data", ".")),
        connections=number("connections", "4"),
        memory_mebibytes=number("memory_mebibytes", "64"),
        processors=number("processors", "0"),
        ledger=Path(section["ledger"]) if "ledger" in section else None,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request comes to."""

    status: int
    text: str


def failure_of(name: str, problem: OSError, timeout_seconds: float) -> Answer:
    """The answer to a customer when the service behind does not help: 504 for silence, 502 for all else."""
    reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    if isinstance(problem, urllib.error.HTTPError):
        return Answer(502, f"{name} answered {problem.code}")
    if isinstance(reason, TimeoutError):
        return Answer(504, f"{name} did not answer within {timeout_seconds} s")
    if isinstance(reason, ConnectionRefusedError):
        return Answer(502, f"{name} refused the connection")
    return Answer(502, f"{name} failed: {reason}")


@dataclass(slots=True)
class Trade:
    """The state of a running service. Every request writes `books` first, so whoever keeps its lock stops them all."""

    config: Config
    books: threading.Lock = field(default_factory=threading.Lock)
    tally: Counter[int] = field(default_factory=Counter)
    order_ok: bool = False
    catalogue: list[bytearray] = field(default_factory=list)
    health: ailments.Ailments = field(init=False)

    def __post_init__(self) -> None:
        """Well at first."""
        config = self.config
        pool, limit = ailments.Pool(config.connections), config.memory_mebibytes * MIB
        self.health = ailments.Ailments(config.role, config.data, self.log, pool, limit, config.ledger)

    def log(self, level: str, text: str) -> None:
        """One plain line with the time in UTC."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        sys.stdout.write(f"{stamp}.{int(now * 1000) % 1000:03d}Z {level} {self.config.role}: {text}\n")
        sys.stdout.flush()

    def order(self) -> Answer:
        """Take one order, which needs every service behind this one."""
        complaint = self.health.complaint()
        if complaint:
            return Answer(503, f"{complaint}\n")
        try:
            self.health.keep_receipt()
        except OSError as problem:
            self.log("ERROR", f"order failed: {problem}")
            return Answer(507, "the receipt cannot be written\n")
        return self.pass_on() if self.config.upstream else Answer(200, "one item is on stock\n")

    def pass_on(self) -> Answer:
        """Ask the next service, over a connection of the pool."""
        url, timeout = f"{self.config.upstream}/order", self.config.timeout_seconds
        try:
            # The URL is of this machine, set by the lab.
            with self.health.pool.lease(), urllib.request.urlopen(url, timeout=timeout) as reply:  # noqa: S310
                return Answer(200, reply.read(1024).decode())
        except OSError as problem:
            answer = failure_of(self.config.upstream_name, problem, timeout)
            self.log("ERROR", f"order failed: {answer.text}")
            return Answer(answer.status, f"{answer.text}\n")

    def hang(self) -> None:
        """Keep the books' lock for good, as a thread does that died between lock and unlock."""
        threading.Thread(target=self.books.acquire, daemon=True).start()

    def load(self, mebibytes: int, pause_seconds: float) -> None:
        """Hold so much memory more, in steps, every page of it written."""
        for _ in range(0, min(mebibytes, GROW_MIB_MAX), STEP_MIB):
            self.catalogue.append(bytearray(b"x") * (STEP_MIB * MIB))
            time.sleep(pause_seconds)

    def grow(self, mebibytes: int) -> None:
        """Make the catalogue larger for good: it is loaded again at each start."""
        self.catalogue_file.write_text(str(mebibytes), encoding="utf-8")
        self.log("INFO", f"loading {mebibytes} MiB of new catalogue")
        threading.Thread(target=self.load, args=(mebibytes, STEP_PAUSE_SECONDS), daemon=True).start()

    def load_catalogue(self) -> None:
        """Load what earlier lives of this service were given."""
        if self.catalogue_file.exists():
            mebibytes = int(self.catalogue_file.read_text(encoding="utf-8"))
            self.log("INFO", f"loading {mebibytes} MiB of catalogue")
            self.load(mebibytes, 0.0)

    @property
    def catalogue_file(self) -> Path:
        """Where the size of the catalogue is kept."""
        return self.config.data / "catalogue"

    def metrics(self) -> str:
        """The Prometheus text of this service."""
        lines = ["# TYPE shop_requests_total counter"]
        lines += [f'shop_requests_total{{status="{status}"}} {count}' for status, count in sorted(self.tally.items())]
        lines += ["# TYPE shop_memory_bytes gauge", f"shop_memory_bytes {ailments.resident_bytes()}"]
        if self.config.role == "front":
            lines += ["# TYPE shop_order_ok gauge", f"shop_order_ok {int(self.order_ok)}"]
        return "\n".join(lines) + "\n"

    def probe_for_good(self) -> None:
        """Order again and again, so that `shop_order_ok` is fresh."""
        while True:
            self.order_ok = self.order().status == 200  # noqa: PLR2004 - HTTP's own word for well
            time.sleep(PROBE_PAUSE_SECONDS)


class Desk(BaseHTTPRequestHandler):
    """Reads one request and answers it."""

    timeout = CLIENT_SECONDS_MAX

    def __init__(
        self, trade: Trade, request: socket.socket, address: tuple[str, int], server: socketserver.BaseServer
    ) -> None:
        self.trade = trade
        super().__init__(request, address, server)

    def do_GET(self) -> None:
        """Orders, health and metrics."""
        with self.trade.books:
            path = urlsplit(self.path).path
        if path != "/metrics":
            self.trade.health.compute()
        if path == "/order":
            self.send(self.trade.order())
        elif path == "/health":
            complaint = self.trade.health.complaint()
            self.send(Answer(503, f"{complaint}\n") if complaint else Answer(200, "well\n"))
        elif path == "/metrics":
            self.send(Answer(200, self.trade.metrics()))
        else:
            self.send(Answer(404, "there is /order, /health and /metrics\n"))

    def do_POST(self) -> None:
        """The faults; nobody but this machine may ask for them."""
        parts = urlsplit(self.path)
        if self.client_address[0] != LOOPBACK:
            self.send(Answer(403, "only from this machine\n"))
        elif parts.path == "/fault/hang":
            self.trade.hang()
            self.send(Answer(202, "hanging\n"))
        elif parts.path == "/fault/grow":
            mebibytes = parse_qs(parts.query).get("mebibytes", ["80"])[0]
            self.send(Answer(202, "growing\n") if mebibytes.isdecimal() else Answer(400, "mebibytes: a number\n"))
            if mebibytes.isdecimal():
                self.trade.grow(int(mebibytes))
        elif self.trade.health.start(parts.path.removeprefix("/fault/")):
            self.send(Answer(202, "falling ill\n"))
        else:
            self.send(Answer(404, "there is no such fault\n"))

    def send(self, answer: Answer) -> None:
        """Write the answer, and count it."""
        body = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.trade.tally[answer.status] += 1
        if not self.path.startswith("/metrics"):
            self.trade.log("INFO", f"{self.command} {self.path} {answer.status}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Nothing: `send` writes the one line for each request."""


class Shopfront(HTTPServer):
    """Accepts connections and hands them to a fixed number of workers; what waits is bounded."""

    request_queue_size = 16

    def __init__(self, trade: Trade) -> None:
        self.trade = trade
        self.waiting: queue.Queue[tuple[socket.socket, tuple[str, int]]] = queue.Queue(WAITING_MAX)
        super().__init__((LOOPBACK, trade.config.port), functools.partial(Desk, trade))
        for number in range(trade.config.workers):
            threading.Thread(target=self.work_for_good, name=f"worker-{number}", daemon=True).start()

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]  # the stub allows datagrams too
        """Queue a connection; where the queue is full, later ones wait in the kernel."""
        delay = self.trade.health.delay_seconds()
        if delay:
            # A slow network holds every connection back, and none the longer for another.
            threading.Timer(delay, self.waiting.put, [(request, client_address)]).start()
        else:
            self.waiting.put((request, client_address))

    def work_for_good(self) -> None:
        """Serve one connection after another."""
        while True:
            request, address = self.waiting.get()
            try:
                self.finish_request(request, address)
            except OSError:
                self.handle_error(request, address)
            finally:
                self.shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A customer who left early is no news."""


def main() -> int:
    """Run until SIGTERM; exit 78 where the configuration cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--role", choices=("front", "orders", "store"), required=True)
    options = parser.parse_args()
    try:
        config = parse_config(options.config.read_text(encoding="utf-8"), options.config, options.role)
    except (BadConfig, configparser.Error, OSError) as problem:
        sys.stderr.write(f"config error: {problem}\n")
        return EXIT_CONFIG
    if config.processors:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-config.processors :])
    trade = Trade(config)

    def leave(_signal: int, _frame: object) -> None:
        trade.log("INFO", "stopping: SIGTERM")
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    trade.load_catalogue()
    trade.health.settle()
    with Shopfront(trade) as front:
        if config.role == "front":
            threading.Thread(target=trade.probe_for_good, daemon=True).start()
        trade.log("INFO", f"listening on {LOOPBACK}:{config.port} with {config.workers} workers")
        front.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
