"""Reads runs from the API of ARA, which records Ansible: playbooks, their hosts, and results that changed or failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lamplighter.integrations.ansible.config import AnsibleConfig
from lamplighter.integrations.ansible.run import Found, Run, Task, moment, text_of
from lamplighter.integrations.fetching import JsonApi, failed, query_text
from lamplighter.ports import ToolError

PLAYBOOKS = "/api/v1/playbooks"
RUNS_MAX = 10
ROWS_MAX = 200
LOOKS_SECONDS_FACTOR = 2.0
Item = dict[str, Any]


class Ara:
    """One ARA server; a run without change or failure costs one request, any other four."""

    def __init__(self, config: AnsibleConfig) -> None:
        password = config.ara_password.get_secret_value() if config.ara_password is not None else ""
        basic = (config.ara_username, password) if config.ara_username else None
        self._api = JsonApi(config.ara_url, config.timeout_seconds, basic=basic)
        self._seconds_max = config.timeout_seconds * LOOKS_SECONDS_FACTOR

    def query(self, start: datetime) -> str:
        """The first request."""
        return query_text(PLAYBOOKS, _since(start))

    async def runs(self, start: datetime, end: datetime) -> Found:
        """The runs between, newest first, as many as could be looked at in time. Raises `ToolError`."""
        listed = await self._items(PLAYBOOKS, _since(start))
        found: list[Run] = []
        try:
            async with asyncio.timeout(self._seconds_max):
                for item in listed[:RUNS_MAX]:
                    run = _run(item)
                    if run.is_within(start, end) and not _is_rehearsal(item):
                        await self._fill(run, item)
                        found.append(run)
        except (TimeoutError, ToolError) as problem:
            if not found:
                why = str(problem) or f"no run was read in {self._seconds_max:g} s"
                raise ToolError(why) from problem
            return Found(tuple(found), truncated=True)
        return Found(tuple(found), len(listed) > RUNS_MAX)

    async def _fill(self, run: Run, item: Item) -> None:
        playbook = str(item.get("id"))
        hosts = await self._items("/api/v1/hosts", {"playbook": playbook, "limit": str(ROWS_MAX)})
        named = {host.get("id"): text_of(host.get("name")) for host in hosts}
        for host in hosts:
            counts = {key: host.get(key) for key in ("ok", "changed", "failed", "unreachable")}
            run.hosts[text_of(host.get("name"))] = {key: n for key, n in counts.items() if isinstance(n, int)}
        if not any(count for counts in run.hosts.values() for key, count in counts.items() if key != "ok"):
            return
        asked = {"playbook": playbook, "limit": str(ROWS_MAX)}
        tasks = {task.get("id"): task for task in await self._items("/api/v1/tasks", asked)}
        changed = await self._items("/api/v1/results", {**asked, "changed": "true"})
        broken = await self._items("/api/v1/results", {**asked, "status": "failed"})
        gone = [Task("", "", host, "unreachable") for host, counts in run.hosts.items() if counts.get("unreachable")]
        grave = [result for result in broken if result.get("ignore_errors") is not True]
        run.failed = [_task(result, tasks, named) for result in grave] + gone
        failures = {result.get("id") for result in broken}
        run.changed = [_task(result, tasks, named) for result in changed if result.get("id") not in failures]

    async def _items(self, path: str, params: Mapping[str, str]) -> list[Item]:
        answer = await self._api.get(path, params)
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list):
            raise failed(query_text(path, params), f"the answer holds no results: {str(answer)[:200]}")
        return [item for item in results if isinstance(item, dict)]


def _since(start: datetime) -> dict[str, str]:
    after = start.astimezone(UTC).isoformat(timespec="seconds")
    return {"started_after": after, "order": "-started", "limit": str(RUNS_MAX + 1)}


def _run(item: Item) -> Run:
    name = text_of(item.get("name")) or text_of(item.get("path")) or f"playbook {item.get('id')}"
    return Run(name, moment(item.get("started")), moment(item.get("ended")), source=f"ara playbook {item.get('id')}")


def _is_rehearsal(item: Item) -> bool:
    """Whether a run was made with `--check`, which changes nothing."""
    arguments = item.get("arguments")
    return isinstance(arguments, dict) and arguments.get("check") is True


def _task(result: Item, tasks: Mapping[object, Item], hosts: Mapping[object, str]) -> Task:
    """A result with the names behind its numbers, which some versions write out themselves."""
    task, host = result.get("task"), result.get("host")
    told = task if isinstance(task, dict) else tasks.get(task, {}) if isinstance(task, int) else {}
    where = (
        text_of(host.get("name")) if isinstance(host, dict) else hosts.get(host, "") if isinstance(host, int) else ""
    )
    return Task(text_of(told.get("name")), text_of(told.get("action")), where)
