"""Private engines for the tests of integrations: each is started here, used by one session, and ended by its id."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.check import CheckSpec, Sample
from lamplighter.domain.evidence import Question
from lamplighter.domain.topology import Component
from lamplighter.ports import Surroundings

START_SECONDS = 60.0
PORT_BYTES = 65_536


class RealClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class KeptSamples:
    """Samples in memory."""

    def __init__(self) -> None:
        self.kept: list[Sample] = []

    def keep(self, samples: list[Sample]) -> None:
        self.kept += samples

    def window(self, check: str, start: datetime, end: datetime) -> list[Sample]:
        return [s for s in self.kept if s.check == check and start <= s.at <= end]


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings(RealClock(), (), KeptSamples())


@pytest.fixture
def surrounded() -> Callable[..., Surroundings]:
    def make(*checks: CheckSpec) -> Surroundings:
        return Surroundings(RealClock(), checks, KeptSamples())

    return make


@pytest.fixture
def ask() -> Callable[[Component], Question]:
    def make(component: Component) -> Question:
        now = datetime.now(UTC)
        alert = Alert("test", "f", AlertStatus.FIRING, {"alertname": "down"}, {}, now)
        return Question(component, alert, now - timedelta(minutes=10), now)

    return make


@pytest.fixture
def eventually() -> Callable[..., None]:
    return until


def need(program: str, package: str) -> None:
    """Skip in one line that names what to install, or fail where services are required."""
    if shutil.which(program):
        return
    words = f"{program} is missing: apt-get install {package}"
    if os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1":
        pytest.fail(words)
    pytest.skip(words)


def until(look: Callable[[], bool], what: str, wait_seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + wait_seconds
    while not look():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not happen in {wait_seconds:g} s")
        time.sleep(0.05)


@dataclass
class PrivateDocker:
    """A dockerd of our own, with one small image `lab:1`."""

    home: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"unix://{self.home}/d.sock"

    def start(self) -> None:
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    "dockerd",
                    "--storage-driver=vfs",
                    f"--data-root={self.home}/data",
                    f"--exec-root={self.home}/exec",
                    f"--pidfile={self.home}/pid",
                    "-H",
                    self.host,
                    "--iptables=false",
                    "--bridge=none",
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: self.docker("version", check=False).returncode == 0, "dockerd started")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(START_SECONDS)
        # Its containerd dies with it, but where nobody reaps the body, the next dockerd would wait for that pid.
        (self.home / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def docker(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", "-H", self.host, *words], capture_output=True, text=True, check=check, timeout=60
        )

    def run(self, name: str, *command: str, flags: tuple[str, ...] = ()) -> str:
        """Start a container and return its full id."""
        base = ("run", "-d", "--network", "host", "--name", name, *flags, "lab:1", *command)
        return self.docker(*base).stdout.strip()

    def remove(self, container: str) -> None:
        self.docker("rm", "-f", container, check=False)


@pytest.fixture(scope="session")
def private_docker() -> Iterator[PrivateDocker]:
    need("dockerd", "docker.io")
    need("busybox", "busybox-static")
    if os.geteuid() != 0:
        pytest.skip("a private dockerd needs root: run these tests as root")
    home = Path(tempfile.mkdtemp(prefix="lld", dir="/tmp"))
    engine = PrivateDocker(home)
    try:
        engine.start()
        root = home / "root"
        for folder in ("bin", "tmp", "usr", "lib", "lib64"):
            (root / folder).mkdir(parents=True)
        shutil.copy(str(shutil.which("busybox")), root / "bin" / "busybox")
        for applet in ("sh", "sleep", "false"):
            (root / "bin" / applet).symlink_to("busybox")
        archive = home / "root.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        engine.docker("import", str(archive), "lab:1")
        yield engine
        for left in engine.docker("ps", "-aq").stdout.split():
            engine.remove(left)
    finally:
        engine.end()
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            if line.split()[1].startswith(f"{home}/"):
                subprocess.run(["umount", "-l", line.split()[1]], check=False)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def python_in_container() -> tuple[str, ...]:
    """Flags that bind this machine's Python into a container, read-only."""
    paths = ("/usr", "/lib", "/lib64", sys.base_prefix)
    return tuple(word for path in paths for word in ("-v", f"{path}:{path}:ro"))


@dataclass
class CountingProxy:
    """A Unix socket in front of an engine; it counts what comes in and passes it on."""

    path: Path
    upstream: Path | None
    requests: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.heard = bytearray()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def count(self, words: bytes) -> int:
        """How often the words came in."""
        return bytes(self.heard).count(words)

    def open_now(self) -> int:
        """How many connections the other side has not closed yet; only for a proxy to nowhere, which reads nothing."""
        return sum(1 for end in tuple(self._open) if not _ended(end))

    def _accept(self) -> None:
        while True:
            try:
                incoming, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(incoming)
            if self.upstream is None:
                continue
            outgoing = socket.socket(socket.AF_UNIX)
            self._open.append(outgoing)
            try:
                outgoing.connect(str(self.upstream))
            except OSError:
                incoming.shutdown(socket.SHUT_RDWR)
                continue
            threading.Thread(target=self._pump, args=(incoming, outgoing, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(outgoing, incoming, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, inward: bool) -> None:  # noqa: FBT001 - a thread's argument
        with contextlib.suppress(OSError):
            while data := source.recv(PORT_BYTES):
                if inward:
                    self.heard += data
                    self.requests.append(data.split(b"\r\n", 1)[0])
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(START_SECONDS)
        for end in self._open:
            end.close()


def _ended(end: socket.socket) -> bool:
    try:
        while end.recv(PORT_BYTES, socket.MSG_DONTWAIT):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@pytest.fixture
def counting_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path | None], CountingProxy]]:
    home = Path(tempfile.mkdtemp(prefix="llp", dir="/tmp"))
    made: list[CountingProxy] = []

    def make(upstream: Path | None) -> CountingProxy:
        made.append(CountingProxy(home / f"{len(made)}.sock", upstream))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()
    shutil.rmtree(home, ignore_errors=True)


@dataclass
class PrivateSupervisor:
    """A supervisord of our own on a Unix socket."""

    home: Path
    process: subprocess.Popen[bytes] | None = None
    orphans: list[psutil.Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"unix://{self.home}/s.sock"

    def start(self, programs: str) -> None:
        config = self.home / "supervisord.conf"
        config.write_text(
            f"[unix_http_server]\nfile={self.home}/s.sock\n"
            f"[supervisord]\nlogfile={self.home}/supervisord.log\npidfile={self.home}/supervisord.pid\n"
            f"childlogdir={self.home}\nidentifier=shop\nnodaemon=true\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n" + programs
        )
        program = Path(sys.executable).with_name("supervisord")
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(program), "-c", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until((self.home / "s.sock").exists, "supervisord started")

    def kill(self) -> None:
        """Kill the daemon alone; what it leaves running is ended with it at the end."""
        if self.process is not None:
            self.orphans += psutil.Process(self.process.pid).children()
            self.process.kill()
            self.process.wait(START_SECONDS)

    def end(self) -> None:
        for orphan in self.orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.kill()
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(START_SECONDS)


@pytest.fixture
def private_supervisor() -> Iterator[PrivateSupervisor]:
    home = Path(tempfile.mkdtemp(prefix="lls", dir="/tmp"))
    engine = PrivateSupervisor(home)
    yield engine
    engine.end()
    shutil.rmtree(home, ignore_errors=True)
