"""The ways in which runs of Ansible are told - our own, the callback's JSON, ARA's lists, what is printed - as one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, flag, items, number, text
from lamplighter.diagnosis.readers.instants import instant, split_stamp

RUNS_MAX = 50
PLAYS_MAX = 100
TASKS_MAX = 500
HOSTS_MAX = 200
LINES_MAX = 20_000
LINE_CHARS_MAX = 2_000
_LOG_PREFIX = re.compile(r"^p=\d{1,10} u=\S{0,64} (?:n=\S{0,64} )?\| {0,2}")
_HEADING = re.compile(r"^(PLAY|TASK|RUNNING HANDLER) \[(.{0,300}?)\] ?\*{0,400}\s{0,4}$")
_OUTCOME = re.compile(r"^(changed|fatal|failed): \[([^\]]{1,200})\](.{0,1500})")
_MESSAGE = re.compile(r'"(?:msg|stderr)": "((?:[^"\\]|\\.){1,400})')


@dataclass(frozen=True, slots=True)
class Task:
    """What one task did on one host."""

    name: str
    action: str = ""
    host: str = ""
    message: str = ""


@dataclass(slots=True)
class Run:
    """One run, with what it changed and where it failed."""

    playbook: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    changed: list[Task] = field(default_factory=list)
    failed: list[Task] = field(default_factory=list)


def runs_in(content: str) -> list[Run]:
    """The runs in any of the known forms. Raises `Unreadable`."""
    # Warnings may stand around what the callback prints.
    begins = content.find("\n{") + 1 if '"plays"' in content and not content.startswith("{") else 0
    content = content[begins : content.rfind("}") + 1] if begins else content.lstrip()
    if not content.startswith(("{", "[{", "[]")):
        return _printed(content)
    data = decoded(content)
    if isinstance(data, list):
        return [_told(one) for one in data[:RUNS_MAX]]
    if isinstance(at(data, "runs"), list):
        return [_told(one) for one in items(data, "runs")[:RUNS_MAX]]
    if isinstance(at(data, "plays"), list):
        return [_called_back(data)]
    if isinstance(at(data, "results"), list):
        return _listed(items(data, "results"))
    raise Unreadable("runs of Ansible were expected")


def _told(run: object) -> Run:
    """A run in our own form; tasks may also be plain names, and hosts may only count."""
    started, ended = instant(text(run, "started")), instant(text(run, "ended"))
    told = Run(text(run, "playbook"), started or ended, ended, _tasks(run, "changed"), _tasks(run, "failed"))
    if not told.changed and not told.failed:
        counts = at(run, "hosts")
        for host in list(counts)[:HOSTS_MAX] if isinstance(counts, dict) else ():
            told.changed += [Task("", host=host)] if (number(counts, host, "changed") or 0) > 0 else []
            told.failed += [Task("", host=host)] if (number(counts, host, "failed") or 0) > 0 else []
    return told


def _tasks(run: object, key: str) -> list[Task]:
    tasks: list[Task] = []
    for entry in items(run, key)[:TASKS_MAX]:
        if isinstance(entry, str):
            tasks.append(Task(entry, host=text(run, "host")))
        elif isinstance(entry, dict):
            name = text(entry, "task") or text(entry, "name")
            tasks.append(Task(name, text(entry, "action"), text(entry, "host"), text(entry, "message")))
    return tasks


def _called_back(data: object) -> Run:
    """What the callback `json` prints."""
    run = Run()
    for play in items(data, "plays")[:PLAYS_MAX]:
        path = text(play, "play", "path").partition(":")[0]
        run.playbook = run.playbook or path or text(play, "play", "name")
        run.started = run.started or instant(text(play, "play", "duration", "start"))
        run.ended = instant(text(play, "play", "duration", "end")) or run.ended
        for entry in items(play, "tasks")[:TASKS_MAX]:
            hosts = at(entry, "hosts")
            for host in list(hosts)[:HOSTS_MAX] if isinstance(hosts, dict) else ():
                _add(run, text(entry, "task", "name"), host, at(hosts, host))
    return run


def _add(run: Run, name: str, host: str, result: object) -> None:
    action = text(result, "action")
    if flag(result, "failed") or flag(result, "unreachable"):
        message = text(result, "msg") or text(result, "stderr")
        run.failed.append(Task(name, action, host, message))
    elif flag(result, "changed"):
        run.changed.append(Task(name, action, host))


def _listed(results: list[object]) -> list[Run]:
    """ARA's playbooks, or its results, which may hold their task and host or only their numbers."""
    runs: dict[str, Run] = {}
    for item in results[:TASKS_MAX]:
        if flag(item, "changed") is None:
            name = text(item, "name") or text(item, "path")
            started, ended = instant(text(item, "started")), instant(text(item, "ended"))
            run = runs.setdefault(f"playbook {at(item, 'id')}", Run(name, started, ended))
            run.failed += [Task("")] if text(item, "status") == "failed" else []
            continue
        number_of = at(item, "playbook", "id") or at(item, "playbook")
        run = runs.setdefault(f"results {number_of}", Run(text(item, "playbook", "path") or f"playbook {number_of}"))
        run.started = run.started or instant(text(item, "started"))
        task = Task(text(item, "task", "name"), text(item, "task", "action"), text(item, "host", "name"))
        if text(item, "status") == "failed":
            run.failed += [] if flag(item, "ignore_errors") else [task]
        elif flag(item, "changed"):
            run.changed.append(task)
    return list(runs.values())[:RUNS_MAX]


def _printed(content: str) -> list[Run]:
    """What `ansible-playbook` prints, or writes to its log. Raises `Unreadable` where no play is in it."""
    run, task, plays = Run(), "", 0
    for raw in content.splitlines()[:LINES_MAX]:
        moment, line = split_stamp(raw[:LINE_CHARS_MAX])
        line = _LOG_PREFIX.sub("", line)
        run.started, run.ended = run.started or moment, moment or run.ended
        heading, outcome = _HEADING.match(line), _OUTCOME.match(line)
        if heading is not None:
            plays += heading[1] == "PLAY"
            task = heading[2]
            run.playbook = run.playbook or (f"play {task}" if heading[1] == "PLAY" else "")
        elif outcome is not None and len(run.changed) + len(run.failed) < TASKS_MAX:
            _add_outcome(run, task, outcome)
        elif line.strip() == "...ignoring" and run.failed:
            run.failed.pop()
    if not plays:
        raise Unreadable("neither JSON nor a play of Ansible was found")
    return [run]


def _add_outcome(run: Run, task: str, outcome: re.Match[str]) -> None:
    host = outcome[2].split(" -> ")[-1]
    if outcome[1] != "changed":
        message = _MESSAGE.search(outcome[3])
        run.failed.append(Task(task, "", host, message[1] if message else ""))
    elif Task(task, "", host) not in run.changed[-HOSTS_MAX:]:
        run.changed.append(Task(task, "", host))
