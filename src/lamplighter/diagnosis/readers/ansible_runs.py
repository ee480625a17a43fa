"""Reads runs of Ansible: what each changed and where, and where it failed. A run that changed nothing is no change."""

from __future__ import annotations

from datetime import datetime

from lamplighter.diagnosis.readers.ansible_output import Run, Task, runs_in
from lamplighter.diagnosis.readers.changes import family_of_task, names_component
from lamplighter.diagnosis.readers.draft import Values, draft, known, owner, shown
from lamplighter.domain.evidence import Evidence, Fact

RUNS_MAX = 50
TASKS_TOLD = 3
PLAYBOOK_CHARS_MAX = 80
TASK_CHARS_MAX = 60


def read_runs(evidence: Evidence) -> list[Fact]:
    """For each run one fact `change` for each family of what it changed, and one `run` where it failed.

    Raises `Unreadable`.
    """
    facts: list[Fact] = []
    for run in runs_in(evidence.content)[:RUNS_MAX]:
        facts += [*_changes(evidence, run, run.started), *_failures(evidence, run, run.started)]
    return facts


def _changes(evidence: Evidence, run: Run, began: datetime | None) -> list[Fact]:
    by_family: dict[tuple[str, str], list[Task]] = {}
    for task in run.changed:
        place = _place(task, evidence)
        by_family.setdefault((place, family_of_task(task.action, task.name)), []).append(task)
    facts: list[Fact] = []
    for (place, family), tasks in sorted(by_family.items()):
        what = f"{shown(run.playbook, PLAYBOOK_CHARS_MAX)}: {_names(tasks)}"
        named = 1.0 if any(names_component(task.name, place) for task in tasks) else 0.0
        values = _values(run, tasks, family=family, what=shown(what, 200), named=named)
        said = f"ansible changed {place}, {what}"
        facts.append(draft(evidence, "change", said, values, at=began, component=place))
    return facts


def _failures(evidence: Evidence, run: Run, began: datetime | None) -> list[Fact]:
    if not run.failed:
        return []
    first = run.failed[0]
    said = f"ansible's run of {shown(run.playbook, PLAYBOOK_CHARS_MAX)} failed at {_names(run.failed)}"
    said += f" on {shown(first.host, 60)}" if first.host else ""
    message = shown(first.message, 160)
    values = _values(run, run.failed, failed=float(len(run.failed)))
    return [draft(evidence, "run", f"{said}: {message}" if message else said, values, at=began)]


def _values(run: Run, tasks: list[Task], **more: str | float) -> Values:
    return known(
        source="ansible",
        playbook=shown(run.playbook, PLAYBOOK_CHARS_MAX),
        host=shown(tasks[0].host, 120),
        tasks=float(len(tasks)),
        ended_epoch_seconds=run.ended.timestamp() if run.ended else None,
        **more,
    )


def _place(task: Task, evidence: Evidence) -> str:
    """Whom a task changed: the component where it is named or is the host itself, or else the host."""
    component, host = owner(evidence), shown(task.host, 120)
    same = host.lower().split(".", maxsplit=1)[0] == component.lower().split(".", maxsplit=1)[0]
    if same or not host or names_component(task.name, component):
        return component
    return host


def _names(tasks: list[Task]) -> str:
    named = dict.fromkeys(
        shown(task.name, TASK_CHARS_MAX) or shown(task.action, TASK_CHARS_MAX) or "a task without a name"
        for task in tasks
    )
    told = ", ".join(list(named)[:TASKS_TOLD])
    return f"{told} and {len(named) - TASKS_TOLD} more" if len(named) > TASKS_TOLD else told
