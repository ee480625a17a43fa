from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.docker.engine_tools import DISK_KEPT_SECONDS, DiskUsage, Processes, largest, listed
from lamplighter.ports import ToolError
from lamplighter.testing import NOON, FakeClock, firing

QUESTION = Question(Component("docker", "container", "store", "1f" * 32), firing(), NOON, NOON)


class Engine:
    def __init__(self, answer: object = None, error: str = "") -> None:
        self.answer = answer
        self.error = error
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def read(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        self.asked.append((path, dict(params or {})))
        await asyncio.sleep(0)
        if self.error:
            raise ToolError(self.error)
        return json.dumps(self.answer).encode()


async def test_every_container_is_listed_stopped_ones_too() -> None:
    engine = Engine([{"Id": "a", "State": "exited"}])
    (found,) = await Processes(engine, FakeClock()).gather(QUESTION)
    assert engine.asked == [("/containers/json", {"all": "1"})]
    assert json.loads(found.content) == engine.answer
    assert (found.params["query"], found.error) == ("GET /containers/json?all=1", "")


async def test_one_measurement_of_the_disk_serves_a_minute_of_questions() -> None:
    engine, clock = Engine({"LayersSize": 1}), FakeClock()
    tool = DiskUsage(engine, clock)
    several = await asyncio.gather(*(tool.gather(QUESTION) for _ in range(5)))
    assert {one.content for (one,) in several} == {'{"LayersSize": 1}'}
    assert engine.asked == [("/system/df", {})]
    clock.advance(DISK_KEPT_SECONDS)
    await tool.gather(QUESTION)
    assert len(engine.asked) == 2


async def test_a_measurement_that_failed_is_not_tried_again_at_once() -> None:
    engine = Engine(error="GET /system/df: no answer within 10 s")
    tool = DiskUsage(engine, FakeClock())
    for _ in range(2):
        (found,) = await tool.gather(QUESTION)
        assert (found.error, found.content) == ("GET /system/df: no answer within 10 s", "")
    assert len(engine.asked) == 1


async def test_a_question_that_was_given_up_leaves_the_next_one_free() -> None:
    class Hanging(Engine):
        async def read(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
            if not self.asked:
                self.asked.append((path, {}))
                await asyncio.Event().wait()
            return await super().read(path, params)

    tool = DiskUsage(Hanging({"LayersSize": 1}), FakeClock())
    first = asyncio.create_task(tool.gather(QUESTION))
    await asyncio.sleep(0)
    (late,) = await tool.gather(QUESTION)
    assert "did not end" in late.error
    first.cancel()
    await asyncio.wait([first])
    (found,) = await tool.gather(QUESTION)
    assert found.error == ""


def test_of_too_many_containers_those_that_do_not_run_stay() -> None:
    entries = [{"Id": str(n), "State": "running", "Labels": {"a": "x" * 500}, "Image": "y" * 300} for n in range(300)]
    look = listed([*entries, {"Id": "dead", "State": "exited"}])
    assert look.truncated
    assert len(look.content.encode()) <= EVIDENCE_BYTES_MAX
    assert json.loads(look.content)[0]["Id"] == "dead"


def test_of_too_much_the_largest_entries_of_each_list_stay() -> None:
    volumes = [{"Name": f"v{n}", "UsageData": {"Size": n}, "Labels": {"a": "x" * 500}} for n in range(500)]
    containers = [{"Names": ["/a"], "SizeRw": 3, "SizeRootFs": 1}, {"Names": ["/b"], "SizeRw": 7}]
    look = largest({"LayersSize": 9, "Volumes": volumes, "Containers": containers, "Images": None, "Odd": "x" * 9})
    told = json.loads(look.content)
    assert look.truncated
    assert len(look.content.encode()) <= EVIDENCE_BYTES_MAX
    assert (told["LayersSize"], told["Volumes"][0]["Name"], told["Images"]) == (9, "v499", [])
    assert [one["Names"] for one in told["Containers"]] == [["/b"], ["/a"]]
    assert largest({"LayersSize": 1}).truncated is False
