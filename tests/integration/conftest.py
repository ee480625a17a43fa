"""A real PostgreSQL server for whoever needs one: started once for the run, in its own folder, on 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from lamplighter.lab.shop.layout import free_ports
from lamplighter.store import open_store
from lamplighter.testing import FakeClock

PROGRAM_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One running server; every test makes its own database in it."""

    programs: Path
    folder: Path
    port: int

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        log = self.folder / "commands.log"
        # The server keeps its parent's output open, so a pipe would never end.
        with log.open("ab") as output:
            subprocess.run(command, check=True, stdout=output, stderr=output, cwd="/", timeout=START_SECONDS)

    def control(self, *arguments: str) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -F"
        log = str(self.folder / "server.log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, *arguments)

    def new_database(self, like: str = "") -> str:
        """The URL of a fresh database: an empty one, or a copy of the one at the URL `like`, which nobody may use."""
        name = f"t{uuid.uuid4().hex[:12]}"
        template = like.rsplit("/", maxsplit=1)[1] if like else "template1"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._url(name)

    def drop_database(self, url: str) -> None:
        name = url.rsplit("/", maxsplit=1)[1]
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"


def _missing(what: str) -> None:
    words = f"{what}: apt-get install postgresql"
    if os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1":
        pytest.fail(words)
    pytest.skip(words)


def _free_port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    if not PROGRAM_FOLDERS:
        _missing("PostgreSQL's server programs are not installed")
    folder = Path(tempfile.mkdtemp(prefix="lamplighter-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = PostgresServer(PROGRAM_FOLDERS[0], folder, _free_port())
    settings = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    server.run("initdb", "-D", str(folder / "data"), *settings)
    server.control("start")
    yield server
    server.control("stop", "-m", "immediate")
    shutil.rmtree(folder)


@pytest.fixture
def new_postgres_url(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    """Call it for the URL of a fresh, empty database, which is gone after the test."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres_server.new_database())
        return made[-1]

    yield make
    for url in made:
        postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store's file as its first start leaves it, to be copied: the migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    open_store(f"sqlite:///{path}", clock=FakeClock()).close()
    assert [file.name for file in path.parent.glob("store.db*")] == ["store.db"]
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> str:
    """As `migrated_file`, on PostgreSQL."""
    url = postgres_server.new_database()
    open_store(url, clock=FakeClock()).close()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store that was opened once and holds nothing."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "store.db")
        yield f"sqlite:///{tmp_path}/store.db"
        return
    like: str = request.getfixturevalue("migrated_database")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.new_database(like)
    yield url
    server.drop_database(url)


@pytest.fixture
def postgres_restart(postgres_server: PostgresServer) -> Callable[[], None]:
    """Call it to restart the server as after a crash, with every connection cut."""
    return lambda: postgres_server.control("restart", "-m", "immediate")
