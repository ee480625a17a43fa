from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def facts(content: str) -> list[Fact]:
    return read(Evidence("e1", "docker.events", "store", {}, "application/json", content, AT))


def image(action: str, key: str, name: str, **times: int) -> dict[str, object]:
    return {"Type": "image", "Action": action, "Actor": {"ID": key, "Attributes": {"name": name}}, **times}


def test_an_image_that_arrived_is_a_deploy_with_its_name_and_time() -> None:
    pulled = image("pull", "shop:3", "shop", time=int(AT.timestamp()))
    tagged = image("tag", "sha256:0123", "shop:latest", timeNano=int(AT.timestamp()) * 10**9)
    for content in (json.dumps([pulled, tagged]), f"{json.dumps(pulled)}\n{json.dumps(tagged)}\n"):
        first, second = facts(content)
        assert (first.kind, first.values["family"], first.values["image"]) == ("change", "deploy", "shop:3")
        assert second.values["what"] == "image shop:latest was tagged"
        assert first.at == second.at == AT
        assert first.component == "store"


def test_containers_in_the_same_journal_are_read_as_before() -> None:
    died = {"Type": "container", "Action": "die", "time": 5, "Actor": {"Attributes": {"exitCode": "1"}}}
    assert [fact.kind for fact in facts(json.dumps([died, image("pull", "shop:3", "shop", time=4)]))] == [
        "event",
        "change",
    ]


def test_what_left_is_no_deploy_and_a_container_cannot_pose_as_an_image() -> None:
    start = {"Type": "container", "Action": "pull", "Actor": {"ID": "shop:3"}, "time": 1}
    assert facts(json.dumps([image("untag", "shop:1", "shop"), image("delete", "sha256:1", "x"), start, "odd"])) == []


def test_at_most_ten_arrivals_are_told_the_last() -> None:
    found = facts(json.dumps([image("pull", f"shop:{n}", "shop", time=n + 1) for n in range(50)]))
    assert [fact.values["image"] for fact in found] == [f"shop:{n}" for n in range(40, 50)]
