"""`lamplighter incidents export`: one incident as a case on disk, or as a case of the user's own exam."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.client import Client, named
from lamplighter.cli.output import Code, Stop
from lamplighter.lab.case_archive import ANSWER_FILE, ARCHIVES, CASE_BYTES_MAX, BadCase, files_of
from lamplighter.reports.case_export import answer_file

RESOLVED = "resolved"
Truth = tuple[str, str, bool]


def export(
    client: Client,
    incident: Annotated[str, typer.Argument(help="such as INC-142")],
    to: Annotated[
        Path | None, typer.Option("--to", help="A .tar.gz to write, or a folder; default: INC-142.tar.gz here.")
    ] = None,
    exam: Annotated[
        Path | None,
        typer.Option("--exam", help="The folder of your own exam; it becomes a case in it, with its answer."),
    ] = None,
    component: Annotated[str, typer.Option("--component", help="With --exam: the component that was at fault.")] = "",
    fault: Annotated[str, typer.Option("--fault", help="With --exam: the kind of fault, such as oom_killed.")] = "",
    healthy: Annotated[bool, typer.Option("--healthy", help="With --exam: nothing was wrong.")] = False,
) -> Answer:
    """One incident as a case that can be diagnosed, replayed and sat as an exam, with no server.

    lamplighter incidents export INC-142 --to case/

    lamplighter incidents export INC-142 --exam my-exam
    """
    told = bool(component or fault or healthy)
    if (told and exam is None) or (healthy and (component or fault)) or (to is not None and exam is not None):
        words = (
            "--component, --fault or --healthy belong to --exam, --healthy stands alone, and --to goes without --exam"
        )
        raise Stop(words, Code.USAGE)
    path = f"/api/v1/incidents/{named('incident', incident)}"
    truth = _truth(client.get(path, holds="incident"), component, fault, healthy=healthy) if exam else None
    archive = client.download(f"{path}/case", CASE_BYTES_MAX)
    if exam is not None and truth is not None:
        return _into_exam(exam, incident, archive, truth)
    target = to if to is not None else Path(f"{incident}.tar.gz")
    if target.name.endswith(ARCHIVES[:2]):
        _write(target, archive)
    elif target.name.endswith(ARCHIVES):
        raise Stop(f"--to {target}: a case is written as .tar.gz or as a folder", Code.USAGE)
    else:
        _write_folder(target, _files(archive))
    return _told(incident, target, f"{incident} is written to {target}; see it with: lamplighter diagnose {target}")


def _truth(found: dict[str, Any], component: str, fault: str, *, healthy: bool) -> Truth:
    """What shall count as right: as told, or what the diagnosis of a resolved incident said. Raises `Stop`."""
    incident, causes = found["incident"], (found.get("diagnosis") or {}).get("causes") or []
    if healthy or component:
        return component, fault, healthy
    name = incident["id"]
    if incident["state"] != RESOLVED:
        words = f"{name} is {incident['state']} and not resolved, so that its cause is not confirmed"
        raise Stop(f"{words}; say what was right with --component and --fault, or --healthy", Code.CONFLICT)
    if not causes or found["diagnosis"].get("undetermined"):
        words = f"{name} has no cause that could count as right"
        raise Stop(f"{words}; say it with --component and --fault, or --healthy", Code.CONFLICT)
    return causes[0]["component"], fault or causes[0]["fault"], False


def _into_exam(exam: Path, incident: str, archive: bytes, truth: Truth) -> Answer:
    component, fault, healthy = truth
    target = exam / incident
    files = _files(archive)
    files[ANSWER_FILE] = answer_file(component, fault, healthy=healthy)
    _write_folder(target, files)
    right = "nothing was wrong" if healthy else f"{component}: {fault or 'any kind of fault'}"
    words = f"{incident} is a case of {exam} now; what counts as right: {right}"
    answer = {"components": [component] if component else [], "faults": [fault] if fault else [], "healthy": healthy}
    return _told(incident, target, words, answer)


def _told(incident: str, target: Path, words: str, answer: dict[str, object] | None = None) -> Answer:
    data: dict[str, object] = {"id": incident, "path": str(target)}
    return Answer(data | ({"answer": answer} if answer else {}), (words,), names=(str(target),))


def _files(archive: bytes) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="lamplighter-") as folder:
        kept = Path(folder) / "case.tar.gz"
        kept.write_bytes(archive)
        try:
            files = files_of(kept)
        except BadCase as problem:
            raise Stop(f"the server sent no case: {problem}", Code.UNREACHABLE) from problem
    # Nothing that a server says may be written anywhere but below the folder that the user named.
    for name in files:
        if name.startswith("/") or ".." in PurePosixPath(name).parts:
            raise Stop(f"the server sent no case: {name} leads out of it", Code.UNREACHABLE)
    return files


def _write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise Stop(f"{target} is there already; name another, or remove it first", Code.CONFLICT)
        for name, data in files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(data)
    except OSError as problem:
        raise Stop(f"{target} cannot be written: {problem.strerror or problem}") from problem


def _write(target: Path, data: bytes) -> None:
    try:
        with target.open("xb") as stream:
            stream.write(data)
    except FileExistsError as problem:
        raise Stop(f"{target} is there already; name another, or remove it first", Code.CONFLICT) from problem
    except OSError as problem:
        raise Stop(f"{target} cannot be written: {problem.strerror or problem}") from problem
