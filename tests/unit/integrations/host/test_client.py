from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.domain.evidence import Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.host.client import KIND, SYSTEM, HostConfig, Hosts
from lamplighter.testing import NOON, firing

NAS = {"name": "nas", "user": "lamp", "key_file": "/key"}
STORE = Component("docker", "container", "store", "1f")


def hosts() -> Hosts:
    return Hosts(HostConfig.model_validate({"hosts": [NAS]}))


def asked(component: Component) -> Question:
    return Question(component, firing(container="store"), NOON, NOON)


def test_which_machine_a_question_is_about() -> None:
    one = hosts()
    (nas,) = one.remote
    assert one.asked(asked(Component(SYSTEM, KIND, "nas", "host:nas"))) is nas
    assert one.asked(asked(Component("systemd", "unit", "api", "nas:api.service", {"host": "nas"}))) is nas
    assert one.asked(asked(STORE)) is one.local


def test_only_what_the_alert_means_is_taken_to_run_here() -> None:
    assert hosts().asked(asked(Component("docker", "container", "orders", "2f"))) is None


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ValidationError):
        HostConfig.model_validate({"hosts": [NAS, NAS]})
