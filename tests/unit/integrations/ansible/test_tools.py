from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.ansible.run import Found, Run, Task
from lamplighter.integrations.ansible.tools import AnsibleRuns, fitting
from lamplighter.ports import ToolError
from lamplighter.testing import firing

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORE = Component("docker", "container", "store", "c1")


class Recorded:
    def __init__(self, *runs: Run, error: str = "") -> None:
        self.asked: list[tuple[datetime, datetime]] = []
        self._runs = runs
        self._error = error

    def query(self, start: datetime) -> str:
        return f"runs since {start:%d}"

    async def runs(self, start: datetime, end: datetime) -> Found:
        self.asked.append((start, end))
        if self._error:
            raise ToolError(self._error)
        return Found(self._runs)


async def test_each_record_is_a_piece_and_one_that_fails_does_not_hide_the_other() -> None:
    good = Recorded(Run("site.yml", AT, AT, {"nas": {"ok": 1}}), Run("other.yml", AT, AT, {"pi": {"ok": 1}}))
    tool = AnsibleRuns((good, Recorded(error="away")), {"*": "nas"}, lambda: AT)
    question = Question(STORE, firing(), AT - timedelta(hours=1), AT)
    first, second = await tool.gather(question)
    assert [run["playbook"] for run in json.loads(first.content)["runs"]] == ["site.yml"]
    assert (second.error, second.content) == ("runs since 28: away", "")
    assert good.asked == [(AT - timedelta(hours=25), AT)]
    assert first.id != second.id


def test_the_newest_runs_that_fit_are_kept() -> None:
    tasks = [Task("t" * 200, "a" * 200, "store") for _ in range(100)]
    content, cut = fitting(Found(tuple(Run("p", AT, changed=tasks) for _ in range(50))), STORE, frozenset({"store"}))
    assert cut
    assert len(content.encode()) <= EVIDENCE_BYTES_MAX
    assert 0 < len(json.loads(content)["runs"]) < 50
