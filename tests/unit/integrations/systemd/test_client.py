from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.domain.topology import Component
from lamplighter.integrations.systemd.client import KIND, SYSTEM, Machines, SystemdConfig, unit_name
from lamplighter.ports import ToolError

HOST = {"name": "nas", "user": "lamp", "key_file": "/key"}


def machines(**config: object) -> Machines:
    return Machines(SystemdConfig.model_validate(config))


def unit(name: str, ident: str) -> Component:
    return Component(SYSTEM, KIND, name, ident)


@pytest.mark.parametrize(
    "raw", ["nginx", "nginx.service", "getty@tty1.service", "backup.timer", "dev-sda1.device", "a\\x2db"]
)
def test_names_of_units_are_taken(raw: str) -> None:
    assert unit_name(raw).startswith(raw)


@pytest.mark.parametrize(
    "raw", ["", "-H", "--help", "-a.service", "a b", "a;b", "$(x)", "a/b", "a\nb", "é", "a" * 300, "*"]
)
def test_what_could_be_an_option_or_more_than_one_word_is_no_unit(raw: str) -> None:
    with pytest.raises(ToolError):
        unit_name(raw)


def test_without_hosts_it_is_this_machine() -> None:
    one = machines()
    (local,) = list(one)
    placed = one.placed(unit("nginx", f"{local.name}:nginx.service"))
    assert (placed.machine.name, placed.unit) == (local.name, "nginx.service")


def test_a_component_of_another_system_can_be_given_its_unit() -> None:
    one = machines(hosts=[HOST, {**HOST, "name": "web1"}], units={"shop": "web1/gunicorn.service", "store": "store"})
    assert one.knows(Component("docker", "container", "shop", "1f"))
    placed = one.placed(Component("docker", "container", "shop", "1f"))
    assert (placed.machine.name, placed.unit) == ("web1", "gunicorn.service")
    # Without a host's name it is the first.
    assert one.placed(unit("store", "x")).machine.name == "nas"


def test_where_units_are_listed_no_other_is_looked_at() -> None:
    one = machines(hosts=[HOST], units={"shop": "gunicorn.service"})
    with pytest.raises(ToolError, match="no unit is configured"):
        one.placed(unit("ssh", "nas:ssh.service"))
    with pytest.raises(ToolError, match="no machine is called"):
        machines(hosts=[HOST]).placed(unit("ssh", "other:ssh.service"))


@pytest.mark.parametrize(
    "config",
    [
        {"hosts": [{**HOST, "name": "-oProxyCommand=x"}]},
        {"hosts": [{**HOST, "address": "-x"}]},
        {"hosts": [{**HOST, "user": "a b"}]},
        {"hosts": [{**HOST, "port": 0}]},
        {"hosts": [HOST, HOST]},
        {"units": {"a": "-x"}},
        {"units": {"a": "x y"}},
        {"timeout_seconds": 0},
        {"shell": "yes"},
    ],
)
def test_a_configuration_that_could_do_harm_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SystemdConfig.model_validate(config)
