"""Follows a Dockerfile without an engine: every step runs for real, in a root of its own.

Base images cannot be had where there is no registry. What stands in for one is this machine's own system, read-only,
with folders of its own for all that an image changes. What a real build adds is only the other base.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

# The machine's own, as the base image; the rest of the root belongs to the image.
SYSTEM = ("usr", "lib", "lib32", "lib64", "libx32", "bin", "sbin")
OWN = ("data", "config", "dev", "etc", "opt", "proc", "root", "run", "sys", "tmp", "var", "build")
ETC = ("hosts", "ld.so.cache", "login.defs", "nsswitch.conf", "resolv.conf")
# Only those that every base has, so that a number an image takes is free as it would be there.
USERS = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "group": "root:x:0:\nnogroup:x:65534:\n",
    "shadow": "root:*:1::::::\nnobody:*:1::::::\n",
    "gshadow": "root:*::\nnogroup:*::\n",
}
# So that packages can be had here the way they are had outside.
PASSED = re.compile(r"^(PIP|UV|SSL|REQUESTS|CURL)_|^(HTTPS?|NO)_PROXY$", re.IGNORECASE)
STEP_SECONDS_MAX = 600.0
OWN_TEMPORARY = "tmp"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Step:
    """One instruction: its word, its flags, and the rest as it is written."""

    word: str
    flags: dict[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """A JSON array, or words as a shell splits them."""
        if self.rest.startswith("["):
            return [str(word) for word in json.loads(self.rest)]
        return shlex.split(self.rest)


def steps_of(text: str) -> Iterator[Step]:
    """The instructions of a Dockerfile, with lines joined and comments dropped."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        flags: dict[str, str] = {}
        while found := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
            flags[found[1]] = found[2]
            rest = rest[found.end() :]
        yield Step(word.upper(), flags, rest.strip())


@dataclass
class Stage:
    """One stage as it is built: its root, and what the instructions set."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = "0:0"
    ports: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """A root like that of a slim image with Python."""
        for name in SYSTEM:
            source = Path("/", name)
            if source.is_symlink():
                (self.root / name).symlink_to(source.readlink())
            elif source.is_dir():
                (self.root / name).mkdir()
        for name in OWN:
            (self.root / name).mkdir(exist_ok=True)
        (self.root / OWN_TEMPORARY).chmod(0o1777)
        for name in ETC:
            if Path("/etc", name).is_file():
                shutil.copyfile(Path("/etc", name), self.root / "etc" / name)
        for name, text in USERS.items():
            (self.root / "etc" / name).write_text(text, encoding="utf-8")
        local = self.root / "local" / "bin"
        local.mkdir(parents=True)
        (local / "python").symlink_to("/usr/bin/python3")

    def within(self, argv: Sequence[str], *, user: str = "0:0", data: Path | None = None) -> list[str]:
        """The command that runs `argv` in this root, as a user, seeing nothing of this machine but its system.

        With `data` it is as a careful engine runs it: the root read-only, that folder at /data, and a /tmp in memory.
        """
        root = self.root
        mounts = [f"mount --bind {root} {root}"]
        if data is not None:
            mounts += [f"mount -o remount,bind,ro {root}", f"mount --bind {data} {root}/data"]
            mounts += [f"mount -t tmpfs -o mode=1777,size=64m tmpfs {root / OWN_TEMPORARY}"]
        own = [name for name in SYSTEM if (root / name).is_dir() and not (root / name).is_symlink()]
        mounts += [f"mount --rbind -o ro /{name} {root}/{name}" for name in own]
        mounts += [f"mount --bind {root}/local {root}/usr/local"]
        mounts += [f"mount --rbind /{name} {root}/{name}" for name in ("proc", "dev")]
        for place in _shared() if data is None else ():
            mounts += [f"mkdir -p {root}{place.parent}", f"[ -e {root}{place} ] || {_made(root, place)}"]
            mounts += [f"mount --bind {place} {root}{place}"]
        inside = shlex.join(["chroot", f"--userspec={user}", str(root), "/usr/bin/env", "-C", self.folder, *argv])
        return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", "\n".join([*mounts, f"exec {inside}"])]


def _made(root: Path, place: Path) -> str:
    return f"{'mkdir -p' if place.is_dir() else 'touch'} {root}{place}"


def _shared() -> list[Path]:
    """What the way to packages needs of this machine: certificates, and the places that variables name."""
    named = [Path(value) for key, value in os.environ.items() if PASSED.match(key) and value.startswith("/")]
    wanted = [Path("/etc/ssl"), Path.home() / ".config" / "pip", *named]
    found = [place for place in wanted if place.exists()]
    return [place for place in dict.fromkeys(found) if not any(place.is_relative_to(f"/{name}") for name in SYSTEM)]


def passed() -> dict[str, str]:
    """The variables that lead to packages."""
    return {key: value for key, value in os.environ.items() if PASSED.match(key)} | {"HOME": str(Path.home())}


class Build:
    """Follows all instructions; `stages` are what came of them, by name or number."""

    def __init__(self, context: Path, scratch: Path) -> None:
        self.context = context
        self.scratch = scratch
        self.arguments: dict[str, str] = {}
        self.stages: dict[str, Stage] = {}
        self.ignored = _ignored(context)

    def run(self, file: Path) -> Stage:
        """The last stage."""
        stage = None
        for step in steps_of(file.read_text(encoding="utf-8")):
            if step.word == "ARG":
                name, _, value = step.rest.partition("=")
                self.arguments[name] = value
            elif step.word == "FROM":
                stage = self._begun(step)
            else:
                assert stage is not None, "an instruction before FROM"
                getattr(self, f"_{step.word.lower()}")(stage, step)
        assert stage is not None
        return stage

    def _begun(self, step: Step) -> Stage:
        image, *more = step.rest.split()
        name = more[1] if more else str(len(self.stages))
        base = re.sub(r"\$\{(\w+)\}", lambda found: self.arguments[found[1]], image)
        assert base.startswith("python:"), base
        stage = Stage(self.scratch / f"stage-{name}")
        stage.root.mkdir()
        stage.prepare()
        self.stages[name] = stage
        return stage

    def _run(self, stage: Stage, step: Step) -> None:
        environment = {**passed(), **stage.environment}
        ended = subprocess.run(
            stage.within(["/bin/sh", "-c", step.rest]),
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=STEP_SECONDS_MAX,
        )
        assert ended.returncode == 0, f"RUN {step.rest}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"

    def _copy(self, stage: Stage, step: Step) -> None:
        *sources, target = step.words
        where = stage.root / str(Path("/", stage.folder, target)).lstrip("/")
        if "from" in step.flags:
            (source,) = sources
            shutil.copytree(self.stages[step.flags["from"]].root / source.lstrip("/"), where, symlinks=True)
            return
        for source in sources:
            path = self.context / source
            assert not self._is_ignored(source), f"{source} is kept out by .dockerignore"
            if path.is_dir():
                shutil.copytree(path, where, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place = where / path.name if target.endswith("/") else where
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)

    def _is_ignored(self, name: str) -> bool:
        """The last pattern that matches decides, as the builder has it."""
        verdict = False
        for pattern in self.ignored:
            if fnmatch(name, pattern.removeprefix("!")):
                verdict = not pattern.startswith("!")
        return verdict

    def _env(self, stage: Stage, step: Step) -> None:
        stage.environment |= dict(pair.split("=", 1) for pair in shlex.split(step.rest))

    def _workdir(self, stage: Stage, step: Step) -> None:
        stage.folder = step.rest
        (stage.root / step.rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _user(self, stage: Stage, step: Step) -> None:
        stage.user = step.rest

    def _volume(self, stage: Stage, step: Step) -> None:
        stage.volumes += step.words

    def _expose(self, stage: Stage, step: Step) -> None:
        stage.ports += step.words

    def _stopsignal(self, _stage: Stage, step: Step) -> None:
        assert step.rest == "SIGTERM"

    def _entrypoint(self, stage: Stage, step: Step) -> None:
        stage.entrypoint = step.words

    def _cmd(self, stage: Stage, step: Step) -> None:
        stage.command = step.words

    def _healthcheck(self, stage: Stage, step: Step) -> None:
        word, _, rest = step.rest.partition(" ")
        assert word == "CMD"
        stage.health = Step("CMD", {}, rest).words


def _ignored(context: Path) -> list[str]:
    file = context / ".dockerignore"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
