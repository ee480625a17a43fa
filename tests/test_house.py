"""The rules of the house that a machine can keep: imports, sizes, names, twins, documents and the lock."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from inspect import isclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import typer
from pydantic import BaseModel
from typer.main import get_command

from lamplighter import cli, integrations, ports
from lamplighter.settings import Configuration

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "lamplighter"
TESTS = ROOT / "tests"
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
DOCSTRING_SENTENCES_MAX = 3

# Lists that may only shrink: an entry that is not needed any more fails, and none may be added.
LONG_FILES: frozenset[str] = frozenset()
LONG_FUNCTIONS: frozenset[str] = frozenset()
LONG_DOCSTRINGS = frozenset({"integrations/supervisor/memory_guard.py"})
PATCHING = frozenset({"acceptance/test_demo.py", "acceptance/test_premises.py"})
TWINLESS: frozenset[str] = frozenset()

# Modules whose behaviour is tested by another module's suite, or by a suite over several of them.
TWINS = {
    "cli/__init__.py": "acceptance/exam/test_command_line.py",
    "cli/client.py": "acceptance/exam/test_command_line.py",
    "cli/configuration.py": "acceptance/exam/test_command_line.py",
    "cli/operation.py": "acceptance/exam/test_command_line.py",
    "cli/output.py": "acceptance/exam/test_command_line.py",
    "cli/serve.py": "acceptance/exam/test_command_line.py",
    "diagnosis/catalogue/__init__.py": "unit/diagnosis/catalogue/test_fault_kind.py",
    "domain/change.py": "unit/domain/test_timeline.py",
    "domain/lesson.py": "unit/domain/test_timeline.py",
    "integrations/__init__.py": "unit/settings/test_load.py",
    "integrations/log/__init__.py": "unit/integrations/log/test_channel.py",
    "ports/__init__.py": "contract/test_tools.py",
    "ports/outside.py": "contract/test_tools.py",
    "ports/store.py": "integration/store/test_incidents.py",
    "store/accounts.py": "integration/store/test_people.py",
    "store/api_tokens.py": "integration/store/test_people.py",
    "store/board_rows.py": "integration/store/test_placing.py",
    "store/bodies.py": "integration/store/test_recent.py",
    "store/columns.py": "integration/store/test_opening.py",
    "store/driver.py": "integration/store/test_placing.py",
    "store/event_rows.py": "integration/store/test_placing.py",
    "store/incident_writes.py": "integration/store/test_placing.py",
    "store/member_rows.py": "integration/store/test_placing.py",
    "store/checkpoints.py": "integration/workflow/test_kill_sqlite.py",
    "store/dossiers.py": "integration/store/test_memory.py",
    "store/incident_rows.py": "integration/store/test_incidents.py",
    "store/lessons.py": "integration/store/test_memory.py",
    "store/migrations/env.py": "integration/store/test_opening.py",
    "store/migrations/versions/first_tables.py": "integration/store/test_opening.py",
    "store/migrations/versions/audit_log.py": "integration/store/test_opening.py",
    "store/migrations/versions/set_up_links.py": "integration/store/test_opening.py",
    "store/placing.py": "integration/store/test_incidents.py",
    "store/samples.py": "integration/store/test_memory.py",
    "store/schema.py": "integration/store/test_opening.py",
    "store/sessions.py": "integration/store/test_people.py",
    "store/setup_links.py": "integration/store/test_people.py",
    "store/sqlite_file.py": "integration/store/test_opening.py",
    "store/tables.py": "integration/store/test_opening.py",
    "store/writes.py": "integration/store/test_journal.py",
    "testing.py": "contract/test_tools.py",
    "web/api.py": "acceptance/exam/test_auth.py",
    "web/bodies.py": "acceptance/exam/test_input.py",
    "web/console/pages.py": "acceptance/console/test_living.py",
    "web/console/shell.py": "acceptance/console/test_living.py",
    "web/context.py": "acceptance/exam/test_input.py",
    "web/cookies.py": "unit/web/test_signing_in.py",
    "web/metrics.py": "acceptance/test_serving.py",
    "web/operation.py": "acceptance/test_serving.py",
    "web/problems.py": "acceptance/exam/test_input.py",
    "web/webhooks.py": "acceptance/exam/test_input.py",
    "workflow/care.py": "unit/workflow/test_asking.py",
    "workflow/durable.py": "integration/workflow/test_kill_sqlite.py",
    "integrations/heartbeat_out/__init__.py": "unit/integrations/heartbeat_out/test_beating.py",
    "integrations/apprise/__init__.py": "unit/integrations/apprise/test_allowing.py",
    "integrations/ntfy/__init__.py": "contract/test_channels.py",
    "integrations/ntfy/simulator.py": "contract/test_channels.py",
    "integrations/telegram/__init__.py": "contract/test_channels.py",
    "integrations/telegram/client.py": "contract/test_channels.py",
    "integrations/telegram/simulator.py": "contract/test_channels.py",
    "ports/outbox.py": "integration/store/test_outbox.py",
    "store/migrations/versions/outbox_and_nonces.py": "integration/store/test_opening.py",
    "web/notifications.py": "integration/workflow/test_messages.py",
    "workflow/following.py": "integration/workflow/test_messages.py",
    "workflow/communicator.py": "integration/workflow/test_messages.py",
}

FORBIDDEN_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "handler",
    "handlers",
    "base",
    "misc",
    "core",
    "common",
}
# The lab's shop has a program that is called the service, and it is not a layer of ours.
SERVICES_ALLOWED = {"lab/shop/service.py"}
# Put together here, so that this file names none of them either.
PACKAGE_INDEXES = ("py" + "pi.org", "files.python" + "hosted", "registry." + "npmjs", "/sim" + "ple/", "index" + "-url")
INDEX_OPTION_ALLOWED = {"Makefile"}  # `make lock` says that no index address may be written
QUALITY = {
    "bronze": {"one_url", "test_button", "recorded_payloads", "docs_with_removal"},
    "silver": {"re_authentication", "unavailable_logged_once", "rate_limit", "redaction_test"},
    "gold": {"diagnostics_download", "least_privilege_script", "dry_run_and_rollback", "simulator"},
    "platinum": {"fault_injection_test"},
}
QUALITY_STATUS = {"done", "todo", "exempt"}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package, by its path below it."""
    files = sorted(SOURCE.rglob("*.py"))
    return {str(file.relative_to(SOURCE)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def functions(tree: ast.Module, prefix: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


@cache
def committed() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def test_imports_run_one_way() -> None:
    words = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    run = subprocess.run([sys.executable, "-c", words], cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_file_is_too_long() -> None:
    sizes = {name: (SOURCE / name).read_text(encoding="utf-8").count("\n") for name in modules()}
    assert {name for name, lines in sizes.items() if lines > FILE_LINES_MAX} == LONG_FILES


def test_no_function_is_too_long() -> None:
    sizes = [pair for name, tree in modules().items() for pair in functions(tree, name)]
    assert {name for name, lines in sizes if lines > FUNCTION_LINES_MAX} == LONG_FUNCTIONS


@pytest.mark.parametrize("name", sorted(modules()))
def test_every_module_says_in_few_words_what_lives_in_it(name: str) -> None:
    said = ast.get_docstring(modules()[name]) or ""
    assert said, f"{name} opens with nothing"
    sentences = re.findall(r"[.!?](?=\s+[A-Z`]|$)", said)
    assert (len(sentences) > DOCSTRING_SENTENCES_MAX) is (name in LONG_DOCSTRINGS), said


@pytest.mark.parametrize("name", sorted(modules()))
def test_names_are_nouns_of_the_manual(name: str) -> None:
    parts = set(Path(name).with_suffix("").parts)
    assert not parts & FORBIDDEN_NAMES
    if name not in SERVICES_ALLOWED:
        assert "service" not in parts


def has_behaviour(tree: ast.Module) -> bool:
    """Whether a module holds more than its docstring, imports and a list of names."""
    plain = (ast.Import, ast.ImportFrom)
    body = [node for node in tree.body if not isinstance(node, plain) and not is_docstring(node)]
    return any(not isinstance(node, ast.Assign) or target_name(node) not in {"__all__", "__version__"} for node in body)


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def target_name(node: ast.Assign) -> str:
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""


@cache
def suites() -> tuple[Path, ...]:
    return tuple(file.relative_to(TESTS) for file in sorted(TESTS.rglob("test_*.py")))


def twins(name: str) -> list[Path]:
    """The suites of a module: at the same path in unit, or by its name or its folder's in the other kinds."""
    path = Path(name)
    stem = path.parent.name if path.stem in {"__init__", "__main__"} else path.stem
    mirrored = Path("unit") / path.parent
    return [
        file
        for file in suites()
        if (file.parent == mirrored and (file.stem == f"test_{stem}" or file.stem.startswith(f"test_{stem}_")))
        or (file.parts[0] != "unit" and file.stem.startswith(f"test_{stem}"))
        or TWINS.get(name) == str(file)
    ]


def test_every_module_has_a_twin() -> None:
    alone = {name for name, tree in modules().items() if has_behaviour(tree) and not twins(name)}
    assert alone == TWINLESS, f"without a twin: {sorted(alone - TWINLESS)}; has one now: {sorted(TWINLESS - alone)}"


def test_every_twin_that_is_named_is_there() -> None:
    assert not TWINLESS & TWINS.keys()
    for name, suite in TWINS.items():
        assert (SOURCE / name).is_file()
        assert (TESTS / suite).is_file()


@pytest.mark.parametrize("file", [file for file in suites() if file.parts[0] == "unit"], ids=str)
def test_a_unit_suite_mirrors_the_source(file: Path) -> None:
    folder = SOURCE.joinpath(*file.parts[1:-1])
    assert folder.is_dir(), f"{file} mirrors no room"


@pytest.mark.parametrize("file", [file for file in suites() if file.parts[0] != "integration"], ids=str)
def test_nothing_is_patched_outside_integration(file: Path) -> None:
    text = (TESTS / file).read_text(encoding="utf-8")
    words = ("monkey" + "patch", "unittest." + "mock", "mock" + ".patch", "Magic" + "Mock")
    assert any(word in text for word in words) is (str(file) in PATCHING)


def test_no_committed_file_names_a_package_index() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {index}"
        for file in committed()
        for index in PACKAGE_INDEXES
        if index.encode() in file.read_bytes() and file.name not in INDEX_OPTION_ALLOWED
    ]
    assert found == []


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of the configuration as the documents write it: `a.b`, and `a[].b` in a list."""
    for name, info in model.model_fields.items():
        key = f"{prefix}{info.alias or name}"
        kinds = (info.annotation, *getattr(info.annotation, "__args__", ()))
        inner = [kind for kind in kinds if isclass(kind) and issubclass(kind, BaseModel)]
        if not inner:
            yield key
        for kind in inner:
            yield from keys(kind, f"{key}[]." if getattr(info.annotation, "__origin__", None) is list else f"{key}.")


def integration_keys() -> Iterator[str]:
    for name in integrations.BUILT_IN:
        for field, info in integrations.load(name).config.model_fields.items():
            yield f"{name}.{info.alias or field}"


def commands(group: Any, prefix: str) -> Iterator[tuple[str, list[str]]]:  # noqa: ANN401 - click ships inside typer
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            options = [option for param in command.params for option in param.opts if option.startswith("--")]
            yield f"{prefix} {name}", options


def document(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("key", sorted(keys(Configuration)))
def test_every_key_is_in_the_documents(key: str) -> None:
    assert f"`{key}`" in document("docs/configuration.md")


@pytest.mark.parametrize("key", sorted(integration_keys()))
def test_every_key_of_an_integration_is_in_the_documents(key: str) -> None:
    said = document("docs/configuration.md") + document("docs/integrations.md")
    assert re.search(rf"`(?:\w+\.)?{re.escape(key)}`", said) or re.search(rf"`{re.escape(key.split('.')[1])}`", said)


@pytest.mark.parametrize("command", [name for name, _ in commands(get_command(cli.app), "lamplighter")])
def test_every_command_is_in_the_documents(command: str) -> None:
    assert re.search(rf"`{command}[` ]", document("docs/cli.md"))


def test_the_documents_name_no_command_that_is_not_there() -> None:
    known = {name for name, _ in commands(get_command(cli.app), "lamplighter")}
    named = re.findall(r"^\| `(lamplighter [a-z ]+?)(?: [A-Z\[-].*?)?`", document("docs/cli.md"), re.MULTILINE)
    assert set(named) <= known
    assert isinstance(cli.app, typer.Typer)


@pytest.mark.parametrize("name", integrations.BUILT_IN)
def test_every_integration_is_in_the_documents(name: str) -> None:
    assert re.search(rf"^#+ .*\b{name}\b", document("docs/integrations.md"), re.MULTILINE)


@pytest.mark.parametrize(
    "port", sorted(name for name, kind in vars(ports).items() if isclass(kind) and Protocol in kind.__bases__)
)
def test_every_port_is_in_the_documents(port: str) -> None:
    said = document("ARCHITECTURE.md") + document("docs/integrations.md")
    assert re.search(rf"\b{port}\b", said)


def test_every_folder_of_an_integration_is_built_in() -> None:
    folders = {file.parent.name for file in (SOURCE / "integrations").glob("*/__init__.py")}
    assert folders == set(integrations.BUILT_IN)
    assert not {point.name for point in entry_points(group=integrations.GROUP)} & folders


@pytest.mark.parametrize("name", integrations.BUILT_IN)
def test_every_integration_says_how_good_it_is(name: str) -> None:
    scale = tomllib.loads((SOURCE / "integrations" / name / "QUALITY.toml").read_text(encoding="utf-8"))
    assert scale.pop("integration") == name
    assert {level: set(rules) for level, rules in scale.items()} == QUALITY
    for rules in scale.values():
        for rule, answer in rules.items():
            assert answer["status"] in QUALITY_STATUS, rule
            assert answer["comment"].strip(), rule


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", name, maxsplit=1)[0]).lower()


def test_the_lock_pins_everything_with_hashes_and_names_no_address() -> None:
    lock = document("requirements.lock")
    assert not re.search(r"https?:|//|@\s", lock)
    pinned = set()
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"^[A-Za-z0-9._-]+(\[[^\]]+\])?==\S+", entry), entry.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]
        pinned.add(plain(entry))
    project = tomllib.loads(document("pyproject.toml"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert {plain(name) for name in wanted} <= pinned
