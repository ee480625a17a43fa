from __future__ import annotations

import json

import pytest

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX
from lamplighter.integrations.docker.tools import newest_events, without_secrets

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
