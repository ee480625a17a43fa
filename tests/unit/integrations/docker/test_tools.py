from __future__ import annotations

import json

import pytest

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.policy import IMAGE_LABEL
from lamplighter.domain.topology import Component
from lamplighter.integrations.docker.tools import (
    Events,
    is_of,
    newest_events,
    repository,
    was_throttled,
    without_secrets,
)
from lamplighter.testing import NOON, FakeClock, firing

STATE = {"Id": "a", "State": {"OOMKilled": True}, "HostConfig": {"Memory": 1}}


def test_only_the_names_of_environment_variables_stay() -> None:
    details = {**STATE, "Config": {"Env": ["PATH=/bin", "DB_PASSWORD=hunter2=x", "EMPTY"], "Image": "lab:1"}}
    content = without_secrets(details).content
    assert json.loads(content)["Config"] == {"Env": ["PATH", "DB_PASSWORD", "EMPTY"], "Image": "lab:1"}
    assert "hunter2" not in content
    assert details["Config"]["Env"][0] == "PATH=/bin"


@pytest.mark.parametrize("config", [None, {}, {"Env": None}, "odd"])
def test_a_container_without_an_environment_is_read_all_the_same(config: object) -> None:
    assert json.loads(without_secrets({**STATE, "Config": config}).content)["Config"] == config


def test_too_large_an_inspection_loses_its_largest_parts_but_not_its_state() -> None:
    details = {**STATE, "Mounts": ["x" * 100_000], "GraphDriver": "y" * 70_000, "Config": {"Labels": {"a": "b"}}}
    look = without_secrets(details)
    assert look.truncated
    assert len(look.content.encode()) <= EVIDENCE_BYTES_MAX
    assert json.loads(look.content) == {**STATE, "Config": {"Labels": {"a": "b"}}}


def test_labels_of_any_size_do_not_hide_the_state() -> None:
    look = without_secrets({**STATE, "Config": {"Labels": {"a": "b" * 100_000}}})
    assert json.loads(look.content)["State"] == {"OOMKilled": True}


def test_of_too_many_events_the_newest_stay_in_order() -> None:
    events = [{"time": number, "pad": "x" * 1000} for number in range(200)]
    look = newest_events(events)
    times = [event["time"] for event in json.loads(look.content)]
    assert look.truncated
    assert times == list(range(times[0], 200))
    assert len(look.content.encode()) <= EVIDENCE_BYTES_MAX


def test_no_events_are_an_empty_list() -> None:
    assert (newest_events([]).content, newest_events([]).truncated) == ("[]", False)


@pytest.mark.parametrize(
    ("reading", "held_back"),
    [
        ({"cpu_stats": {"throttling_data": {"periods": 9, "throttled_periods": 2}}}, True),
        ({"cpu_stats": {"throttling_data": {"periods": 9, "throttled_periods": 0}}}, False),
        ({"cpu_stats": {"throttling_data": None}}, False),
        ({"cpu_stats": "odd"}, False),
        ({}, False),
    ],
)
def test_only_what_was_throttled_is_read_twice(reading: dict[str, object], *, held_back: bool) -> None:
    assert was_throttled(reading) is held_back


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("shop:2", "shop"),
        ("shop", "shop"),
        ("reg.example:5000/team/shop:2", "reg.example:5000/team/shop"),
        ("reg.example:5000/shop@sha256:0", "reg.example:5000/shop"),
        ("sha256:0123", ""),
        ("0123456789ab", ""),
    ],
)
def test_an_images_name_is_without_its_tag(image: str, name: str) -> None:
    assert repository(image) == name


def tagged(name: object) -> dict[str, object]:
    return {"Type": "image", "Action": "tag", "Actor": {"ID": "sha256:1", "Attributes": {"name": name}}}


def test_only_events_of_the_containers_own_image_are_told_unless_it_is_unknown() -> None:
    assert is_of(tagged("shop:3"), "shop:2")
    assert not is_of(tagged("postgres:16"), "shop:2")
    assert is_of(tagged("postgres:16"), "sha256:0")
    assert not is_of(tagged(None), "shop:2")
    assert not is_of({"Actor": "odd"}, "shop:2")


class Engine:
    def __init__(self, images: bytes) -> None:
        self.images = images

    async def read(self, _path: str, params: dict[str, str]) -> bytes:
        if json.loads(params["filters"])["type"] == ["image"]:
            return self.images
        return b'{"Type": "container", "Action": "start", "time": 1}\n'


async def test_an_image_that_was_tagged_anew_is_a_piece_of_its_own() -> None:
    part = Component("docker", "container", "store", "1f" * 32, {IMAGE_LABEL: "shop:2"})
    question = Question(part, firing(), NOON, NOON)
    body = json.dumps(tagged("shop:3")).encode() + b"\n" + json.dumps(tagged("postgres:16")).encode()
    own, images = await Events(Engine(body), FakeClock()).gather(question)
    assert [event["Action"] for event in json.loads(own.content)] == ["start"]
    assert [event["Actor"]["Attributes"]["name"] for event in json.loads(images.content)] == ["shop:3"]
    assert images.params["image"] == "shop:2"
    assert own.id != images.id
    (alone,) = await Events(Engine(b""), FakeClock()).gather(question)
    assert alone.content == own.content
