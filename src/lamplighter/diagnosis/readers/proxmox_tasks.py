"""Reads Proxmox's journal of tasks: what was done to a guest, by whom, what failed, and what was changed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lamplighter.diagnosis.readers.document import Unreadable, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.diagnosis.readers.proxmox_answer import ENGINE, answered, node_of
from lamplighter.diagnosis.readers.signs import engine_words
from lamplighter.domain.evidence import Evidence, Fact

TASKS_MAX = 200
FACTS_MAX = 30
# Without the prefix that tells a container's task from a machine's.
ENDS = {"stop": "stop", "shutdown": "stop", "reboot": "restart", "reset": "restart", "destroy": "destroy"}
LIVES = {**ENDS, "start": "start", "suspend": "pause", "pause": "pause", "resume": "unpause"}
CHANGES = {
    "config": "configuration",
    "rollback": "other",
    "resize": "configuration",
    "move": "configuration",
    "migrate": "other",
    "restore": "deploy",
    "template": "configuration",
}
_OF_A_GUEST = re.compile(r"^(?:vz|qm(?!igrate)|q(?=migrate)|pct)(?=[a-z])")
_WARNINGS = re.compile(r"WARNINGS: \d{1,6}")


@dataclass(frozen=True, slots=True)
class Task:
    """One task: when it began (seconds since 1970), what, on which guest, by whom, and how it ended; empty: it runs."""

    at_seconds: float
    kind: str
    guest: str
    user: str
    status: str

    @property
    def verb(self) -> str:
        """What was done, whatever kind of guest it was done to."""
        return _OF_A_GUEST.sub("", self.kind, count=1)

    @property
    def failed(self) -> bool:
        """Whether it ended with an error; one that ended with warnings did what it should."""
        return bool(self.status) and self.status != "OK" and not _WARNINGS.fullmatch(self.status)


def read_tasks(evidence: Evidence) -> list[Fact]:
    """Facts `event` for what began or ended the guest's life, `change`, `task` for what failed. Raises `Unreadable`."""
    found = answered(evidence.content)
    if not isinstance(found, list):
        raise Unreadable("a list of tasks was expected")
    tasks = sorted(filter(None, map(_task, found[:TASKS_MAX])), key=lambda task: task.at_seconds)
    own = evidence.params.get("vmid", "")
    last_start = max((task.at_seconds for task in tasks if task.verb == "start"), default=float("-inf"))
    facts: list[Fact] = []
    for task in tasks[-FACTS_MAX:]:
        # The journal of a whole node holds other guests' tasks, which say nothing of this one's life.
        mine = bool(own) and task.guest == own
        if task.failed:
            facts.append(_failure(evidence, task))
        elif mine and task.verb in LIVES:
            facts.append(_event(evidence, task, since_start=task.at_seconds > last_start))
        elif mine and task.verb in CHANGES:
            facts.append(_change(evidence, task))
    return facts


def _task(raw: object) -> Task | None:
    at = number(raw, "starttime")
    kind = text(raw, "type")
    if at is None or not kind:
        return None
    return Task(
        at, shown(kind, 40), shown(text(raw, "id"), 40), shown(text(raw, "user"), 80), shown(text(raw, "status"))
    )


def _event(evidence: Evidence, task: Task, *, since_start: bool) -> Fact:
    action = LIVES[task.verb]
    values = known(action=action, count=1.0, since_start=since_start, engine=ENGINE, user=task.user, task=task.kind)
    said = f"{owner(evidence)}: {task.kind} by {task.user or 'nobody named'}{'' if task.status else ', still running'}"
    return draft(evidence, "event", said, values, at=from_epoch(task.at_seconds))


def _change(evidence: Evidence, task: Task) -> Fact:
    said = f"{owner(evidence)} was changed: {task.kind} by {task.user or 'nobody named'}"
    values = known(family=CHANGES[task.verb], what=task.kind, source=ENGINE, user=task.user)
    return draft(evidence, "change", said, values, at=from_epoch(task.at_seconds))


def _failure(evidence: Evidence, task: Task) -> Fact:
    of = f" of guest {task.guest}" if task.guest else ""
    values = known(task=task.kind, verb=task.verb, failed=1.0, guest=task.guest, error=task.status, user=task.user)
    if task.verb == "start":
        values |= engine_words(task.status, owner(evidence))
    said = f"task {task.kind}{of} on {evidence.params.get('node') or 'its node'} failed: {task.status}"
    # What failed on the node is the node's, unless it was this guest's own task.
    node = node_of(evidence)
    own = evidence.params.get("vmid", "") == task.guest or not node
    component = (task.guest if task.verb == "dump" and not owner(evidence) else "") or ("" if own else node)
    return draft(evidence, "task", said, values, at=from_epoch(task.at_seconds), component=component)
