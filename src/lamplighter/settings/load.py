"""Reads the configuration: flag before environment before file before default, and says where each value came from."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from inspect import isclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from lamplighter import integrations
from lamplighter.domain.check import CheckKind
from lamplighter.settings.model import Configuration
from lamplighter.settings.notify import SHORT_FORMS, NotifyRules, sorted_out
from lamplighter.settings.secrecy import FILE_SUFFIX, is_secret

ENV_PREFIX = "LAMPLIGHTER_"
FILE_NAME = "lamplighter.yaml"
FILE_BYTES_MAX = 1024**2
SECRET_BYTES_MAX = 64 * 1024
ALWAYS_ON: dict[str, dict[str, Any]] = {
    name: {} for name in ("alertmanager", "probe", "manual", "grafana", "pagerduty", "cloudevents", "uptime_kuma")
}
DOCKER_SOCKET = Path("/var/run/docker.sock")
_OWN_VARIABLES = {f"{ENV_PREFIX}{word}" for word in ("CONFIG", "DATA", "SERVER", "TOKEN", "TOKEN_FILE")}
# Variables of the test runs, which have no place in the configuration.
_FOREIGN_VARIABLES = {"LAMPLIGHTER_REQUIRE_SERVICES"}

SOURCES_OF = {
    CheckKind.PROMQL: "prometheus",
    CheckKind.UP: "prometheus",
    CheckKind.DOCKER: "docker",
    CheckKind.PROXMOX: "proxmox",
}

Tree = dict[str, Any]


class BadConfiguration(ValueError):
    """Everything that is wrong with the configuration; `problems` has one line for each, with place, key and fix."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration as read. `origins` maps a dotted key to where its value came from.

    `written` is what file, environment and flags say together, as they say it; secrets stand in it as given.
    """

    configuration: Configuration
    sources: dict[str, BaseModel]
    channels: dict[str, BaseModel]
    data_folder: Path
    file: Path | None = None
    origins: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    written: Tree = field(default_factory=dict, repr=False)
    notify: NotifyRules = field(default_factory=NotifyRules)


class _Environment(BaseSettings):
    """The same keys, as the environment may give them."""

    site: dict[str, Any] = {}
    server: dict[str, Any] = {}
    data_folder: str | None = None
    store: dict[str, Any] = {}
    auth: dict[str, Any] = {}
    autonomy: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    checks: list[Any] = []
    check_every: str | None = None
    depends: dict[str, Any] = {}
    notify: dict[str, Any] = {}
    verify: dict[str, Any] = {}
    maintenance: list[Any] = []
    watchdog: dict[str, Any] = {}
    responses: dict[str, Any] = {}
    retention: dict[str, Any] = {}
    runbooks: str | None = None


@dataclass(slots=True)
class _Reading:
    """What is known while reading: where each key stands, and what is worth a warning."""

    file: Path | None = None
    lines: dict[str, int] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def place(self, key: str) -> str:
        origin = self.origins.get(key, "")
        if origin and not origin.startswith("file"):
            return f"{origin}: "
        found = key
        while found and found not in self.lines:
            found = found.rpartition(".")[0]
        return f"{self.file}:{self.lines.get(found, 1)}: " if self.file else ""


def load_settings(
    file: Path | None = None, environ: Mapping[str, str] | None = None, flags: Tree | None = None
) -> Settings:
    """Read and check everything. Raises `BadConfiguration` with every problem found."""
    env = dict(os.environ if environ is None else environ)
    reading = _Reading(_config_file(file, env))
    layers = [("file", _from_file(reading)), ("environment", _from_environment(env)), ("flag", flags or {})]
    tree: Tree = {}
    for origin, layer in layers:
        _merge(tree, layer)
        for key in _leaves(layer):
            reading.origins[key] = f"file:{reading.lines.get(key, 1)}" if origin == "file" else origin
    problems: list[str] = []
    configuration = Configuration()
    try:
        configuration = Configuration.model_validate(_own_secrets(tree, Configuration, "", reading, problems))
    except ValidationError as error:
        problems += _problems(error, "", reading, Configuration)
    sources = _parts("sources", {**_default_sources(tree), **_section(tree, "sources", {})}, reading, problems)
    channels, rules = _notify(_section(tree, "notify", configuration.notify), reading, problems)
    problems += _unasked(configuration, sources, reading)
    if problems:
        raise BadConfiguration(problems)
    folder = configuration.data_folder or _data_folder(env)
    warnings = tuple(reading.warnings)
    return Settings(
        configuration, sources, channels, folder, reading.file, dict(reading.origins), warnings, tree, rules
    )


def _config_file(file: Path | None, env: Mapping[str, str]) -> Path | None:
    wanted = file or (Path(env["LAMPLIGHTER_CONFIG"]) if env.get("LAMPLIGHTER_CONFIG") else None)
    if wanted is not None:
        if not wanted.is_file():
            raise BadConfiguration([f"{wanted}: there is no such file; give the right path with --config"])
        return wanted
    home = Path(env.get("XDG_CONFIG_HOME") or Path(env.get("HOME", "/")) / ".config")
    candidates = (Path(FILE_NAME), home / "lamplighter" / FILE_NAME, Path("/config") / FILE_NAME)
    return next((path for path in candidates if path.is_file()), None)


def _data_folder(env: Mapping[str, str]) -> Path:
    if env.get("LAMPLIGHTER_DATA"):
        return Path(env["LAMPLIGHTER_DATA"])
    return Path(env.get("XDG_DATA_HOME") or Path(env.get("HOME", "/")) / ".local" / "share") / "lamplighter"


def default_data_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The data folder where no configuration names one."""
    return _data_folder(os.environ if environ is None else environ)


def _from_file(reading: _Reading) -> Tree:
    if reading.file is None:
        return {}
    if reading.file.stat().st_size > FILE_BYTES_MAX:
        raise BadConfiguration([f"{reading.file}: larger than {FILE_BYTES_MAX} bytes; this is not a configuration"])
    try:
        loaded: object = YAML(typ="rt").load(reading.file.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadConfiguration([f"{reading.file}:{line}: not valid YAML: {error.problem}"]) from error
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        raise BadConfiguration([f"{reading.file}: cannot be read: {error}"]) from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise BadConfiguration([f"{reading.file}:1: the file must hold keys and values, such as site: or checks:"])
    reading.lines.update(_lines(loaded, ""))
    # A section with nothing but comments below it says nothing.
    tree = {str(key): _plain(value) for key, value in loaded.items() if value is not None}
    told = next((key for key in _leaves(tree) if is_secret(key)), "")
    if told and reading.file.stat().st_mode & stat.S_IROTH:
        words = f"it can be read by everybody, and {told} is a secret; run: chmod 600 {reading.file}"
        reading.warnings.append(f"{reading.file}:{reading.lines.get(told, 1)}: {words}")
    return tree


def _lines(node: object, prefix: str) -> Iterator[tuple[str, int]]:
    marks = getattr(node, "lc", None)
    if isinstance(node, dict):
        for key, value in node.items():
            path = f"{prefix}{key}"
            yield path, (marks.key(key)[0] if marks else 0) + 1
            yield from _lines(value, f"{path}.")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            path = f"{prefix}{index}"
            yield path, (marks.item(index)[0] if marks else 0) + 1
            yield from _lines(value, f"{path}.")


def _plain(node: object) -> Any:  # noqa: ANN401 - a YAML tree
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, str):
        return str(node)
    return node


def _from_environment(env: Mapping[str, str]) -> Tree:
    foreign = _OWN_VARIABLES | _FOREIGN_VARIABLES
    named = {k: v for k, v in env.items() if k.upper().startswith(ENV_PREFIX) and k.upper() not in foreign}
    known = {name.upper() for name in Configuration.model_fields}
    problems = []
    for key in sorted(named):
        first = key.upper().removeprefix(ENV_PREFIX).partition("__")[0]
        if first not in known:
            problems.append(f"environment: {key} is not a setting{_suggest(first, known)}")
    if problems:
        raise BadConfiguration(problems)
    source = EnvSettingsSource(_Environment, env_prefix=ENV_PREFIX, env_nested_delimiter="__", case_sensitive=False)
    source.env_vars = {key.lower(): value for key, value in named.items()}
    try:
        return {key: _parsed(value) for key, value in source().items()}
    except SettingsError as error:
        raise BadConfiguration([f"environment: {error}; write JSON, or give the keys below it one by one"]) from error


def _parsed(value: object) -> Any:  # noqa: ANN401 - a tree of plain values
    """Lists and maps may be given as JSON at any depth."""
    if isinstance(value, dict):
        return {key: _parsed(item) for key, item in value.items()}
    if isinstance(value, str) and value.strip().startswith(("[", "{")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _merge(tree: Tree, layer: Tree) -> None:
    for key, value in layer.items():
        # A secret and the file that holds it are one value: the later layer's way of giving it wins.
        twin = key.removesuffix(FILE_SUFFIX) if key.endswith(FILE_SUFFIX) else f"{key}{FILE_SUFFIX}"
        if value is not None and twin not in layer:
            tree.pop(twin, None)
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            _merge(tree[key], value)
        elif value is not None or key not in tree:
            tree[key] = _plain(value)


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if value is None:
            continue
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _default_sources(tree: Tree) -> dict[str, Any]:
    if "sources" in tree or not DOCKER_SOCKET.exists():
        return dict(ALWAYS_ON)
    return {**ALWAYS_ON, "docker": {}}


def _section(tree: Tree, name: str, default: dict[str, Any]) -> dict[str, Any]:
    found = tree.get(name, default)
    return found if isinstance(found, dict) else {}


def _parts(section: str, raw: Mapping[str, Any], reading: _Reading, problems: list[str]) -> dict[str, BaseModel]:
    """Each integration's own part, read by its own model; what is wrong is added to `problems`."""
    parts: dict[str, BaseModel] = {}
    known = integrations.doors()
    for name, value in raw.items():
        key = f"{section}.{name}"
        if name not in known:
            problems.append(f"{reading.place(key)}{key}: there is no integration of this name{_suggest(name, known)}")
            continue
        model = integrations.load(name).config
        try:
            parts[name] = model.model_validate(_with_secrets(value or {}, model, key, reading))
        except BadConfiguration as error:
            problems.extend(error.problems)
        except ValidationError as error:
            problems.extend(_problems(error, f"{key}.", reading, model))
    return parts


def _notify(raw: Tree, reading: _Reading, problems: list[str]) -> tuple[dict[str, BaseModel], NotifyRules]:
    """The channels and the rules beside them; what is wrong with a short form is said of what was written."""
    taken = sorted_out(raw)
    for short, full in SHORT_FORMS.items():
        if short.rpartition(".")[2] in raw:
            reading.lines.setdefault(full, reading.lines.get(short, 1))
            reading.origins.setdefault(full, reading.origins.get(short, "default"))
    found: list[str] = []
    channels = _parts("notify", taken.channels, reading, found)
    written = {full: short for short, full in SHORT_FORMS.items() if full.split(".")[1] not in raw}
    for line in found:
        key = next((full for full in written if f"{full}:" in line), "")
        problems.append(line.replace(key, written[key], 1) if key else line)
    try:
        return channels, NotifyRules.model_validate(taken.rules)
    except ValidationError as error:
        problems.extend(_problems(error, "notify.", reading, NotifyRules))
        return channels, NotifyRules()


def _unasked(configuration: Configuration, sources: Mapping[str, BaseModel], reading: _Reading) -> list[str]:
    """Checks that need a source which is not configured; they could never see anything."""
    lines = []
    for index, check in enumerate(configuration.checks):
        needed = SOURCES_OF.get(check.kind, "")
        if needed and needed not in sources:
            key = f"checks.{index}"
            lines.append(f"{reading.place(key)}{key}: {check.kind} needs sources.{needed}; give it, or drop the check")
    return lines


def _own_secrets(tree: Tree, model: type[BaseModel], key: str, reading: _Reading, problems: list[str]) -> Tree:
    """The same for every section of our own, however deep; what is wrong is added to `problems`."""
    try:
        read = _with_secrets(tree, model, key, reading)
    except BadConfiguration as error:
        problems.extend(error.problems)
        return {name: value for name, value in tree.items() if not name.endswith(FILE_SUFFIX)}
    for name, info in model.model_fields.items():
        inner = _section_of(info.annotation)
        value = read.get(info.alias or name)
        if inner is not None and isinstance(value, dict):
            read[info.alias or name] = _own_secrets(value, inner, f"{key}{'.' if key else ''}{name}", reading, problems)
    return read


def _section_of(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - whatever a field is declared as
    """The section that a field holds, whether it may be left out or not."""
    kinds = (annotation, *getattr(annotation, "__args__", ()))
    return next((kind for kind in kinds if isclass(kind) and issubclass(kind, BaseModel)), None)


def _with_secrets(value: object, model: type[BaseModel], key: str, reading: _Reading) -> Tree:
    """`x_file: path` becomes `x: what the file holds`, for every field x that has no x_file of its own."""
    if not isinstance(value, dict):
        raise BadConfiguration([f"{reading.place(key)}{key}: write its settings below it, one key a line"])
    read: Tree = {}
    for name, item in value.items():
        plain = name.removesuffix(FILE_SUFFIX)
        if plain == name or name in model.model_fields or plain not in model.model_fields:
            read[name] = item
            continue
        whole = f"{key}.{name}".removeprefix(".")
        if plain in value:
            raise BadConfiguration([f"{reading.place(whole)}{whole}: {plain} is given too; keep one of the two"])
        read[plain] = _secret(Path(str(item)), whole, reading)
        reading.origins[whole.removesuffix(FILE_SUFFIX)] = f"{reading.origins.get(whole, 'default')}, in {item}"
    return read


def _secret(path: Path, key: str, reading: _Reading) -> str:
    place = reading.place(key)
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()[:SECRET_BYTES_MAX].decode("utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadConfiguration([f"{place}{key}: the secret's file {path} cannot be read: {error}"]) from error
    if not text:
        raise BadConfiguration([f"{place}{key}: the secret's file {path} is empty"])
    if mode & stat.S_IROTH:
        reading.warnings.append(f"{place}{key}: {path} can be read by everybody; run: chmod 600 {path}")
    return text


def _problems(error: ValidationError, prefix: str, reading: _Reading, model: type[BaseModel]) -> list[str]:
    lines = []
    for item in error.errors(include_url=False, include_context=False):
        key = prefix + ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"there is no such key{_suggest(str(item['loc'][-1]), _siblings(item['loc'][:-1], model))}"
        lines.append(f"{reading.place(key)}{key}: {message}")
    return lines


def _siblings(loc: tuple[int | str, ...], outermost: type[BaseModel]) -> set[str]:
    """The keys that may stand beside a wrong one."""
    model: Any = outermost
    for part in loc:
        if isinstance(part, int) or model is None:
            continue
        info = model.model_fields.get(part)
        inner = getattr(info, "annotation", None)
        arguments = getattr(inner, "__args__", ())
        model = next(
            (kind for kind in (inner, *arguments) if isinstance(kind, type) and issubclass(kind, BaseModel)), None
        )
    if model is None:
        return set()
    return {info.alias or name for name, info in model.model_fields.items()}


def _suggest(word: str, known: Iterable[object]) -> str:
    close = get_close_matches(word.lower(), sorted(str(name).lower() for name in known), n=1)
    return f'; did you mean "{close[0]}"?' if close else f"; there are: {', '.join(sorted(map(str, known)))}"
