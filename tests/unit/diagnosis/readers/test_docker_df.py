from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
USAGE = {
    "LayersSize": 1000,
    "Images": [
        {"Id": "a", "Size": 300, "SharedSize": 100, "Containers": 0},
        {"Id": "b", "Size": 800, "SharedSize": 100, "Containers": 2},
        {"Id": "c", "Size": 50, "SharedSize": -1, "Containers": -1},
    ],
    "Containers": [
        {"Names": ["/store"], "SizeRw": 70, "Mounts": [{"Name": "data"}, {"Source": "/srv"}]},
        {"SizeRw": -1},
    ],
    "Volumes": [
        {"Name": "data", "UsageData": {"Size": 500, "RefCount": 1}},
        {"Name": "old", "UsageData": {"Size": 40, "RefCount": 0}},
        {"Name": "unmeasured", "UsageData": {"Size": -1, "RefCount": -1}},
    ],
    "BuildCache": [{"Size": 30, "InUse": False}, {"Size": 9, "InUse": True}],
}


def facts(content: object, *, truncated: bool = False) -> list[Fact]:
    text = content if isinstance(content, str) else json.dumps(content)
    return read(Evidence("e1", "docker.df", "store", {}, "application/json", text, AT, truncated=truncated))


def test_what_is_held_and_what_nothing_uses() -> None:
    engine, own = facts(USAGE)
    assert engine.number("layers_bytes") == 1000
    assert engine.number("volumes_bytes") == 540
    assert engine.number("build_cache_bytes") == 39
    assert engine.number("reclaimable_bytes") == 40 + 30 + 200
    assert (own.values["of"], own.number("written_bytes"), own.number("volumes_bytes")) == ("container", 70.0, 500.0)


def test_a_part_of_the_answer_says_that_it_is_one() -> None:
    assert facts(USAGE, truncated=True)[0].number("partial") == 1.0


def test_rubbish_is_unreadable() -> None:
    for content in ("{", "[]", {}, {"LayersSize": "much"}):
        assert [fact.kind for fact in facts(content)] == ["unreadable"]
    assert len(facts({"LayersSize": 1, "Volumes": "odd", "Containers": ["odd", None]})) == 1
