"""What runs tells what could be connected; what strangers wrote into labels can only be shown or left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.nearby import (
    HOST_NETWORK,
    KNOWN,
    NO_NETWORK,
    PORTS_LABEL,
    SUGGESTIONS_MAX,
    Vantage,
    merged,
    nearby,
    vantage,
)
from lamplighter.domain.policy import IMAGE_LABEL
from lamplighter.domain.topology import SERVICE_LABEL, Component

OWN = "0123456789ab"
INSIDE = Vantage(own="lamplighter-1")
EVIL = 'x", evil: "<script>\u202e\x1b\n'


def container(name: str, image: str = "", ports: str = "", *, running: bool = True, **labels: str) -> Component:
    said = {IMAGE_LABEL: image, PORTS_LABEL: ports, **labels}
    return Component("docker", "container", name, f"id-{name}", {k: v for k, v in said.items() if v}, running)


@pytest.mark.parametrize(
    "image",
    [
        "prom/prometheus",
        "prom/prometheus:v3.5.0",
        "registry.lan:5000/prom/Prometheus:v3@sha256:00",
        "prometheus@sha256:1",
    ],
)
def test_a_program_is_known_by_the_last_word_of_its_image(image: str) -> None:
    (found,) = nearby([container("mon", image)], {}, INSIDE, "t")
    assert (found.kind, found.name, found.connected) == ("prometheus", "mon", False)
    assert image in found.reason
    assert found.tree == {"sources": {"prometheus": {"url": "http://mon:9090"}}}


@pytest.mark.parametrize("image", ["prom/prometheus-operator", "my/not-prometheus", "prometheus/node-exporter", ""])
def test_what_only_sounds_like_it_is_none(image: str) -> None:
    assert nearby([container("prometheus", image)], {}, INSIDE, "t") == ()


def test_a_label_says_it_too_and_beside_others_the_service_is_the_name() -> None:
    parts = [
        container("a", **{"org.opencontainers.image.title": "Uptime Kuma"}),
        container("shop-loki-1", **{SERVICE_LABEL: "loki"}),
    ]
    loki, kuma = nearby(parts, {}, INSIDE, "t")
    assert loki.tree == {"sources": {"loki": {"url": "http://loki:3100"}}}
    assert "org.opencontainers.image.title" in kuma.reason
    assert (kuma.tree, kuma.connected) == ({}, True)
    assert "/api/v1/alerts/uptime_kuma" in kuma.there


def test_from_the_machine_it_is_reached_by_a_port_that_is_open() -> None:
    outside = Vantage("nas.lan")
    (opened,) = nearby([container("mon", "prometheus", "22>22,19090>9090")], {}, outside, "t")
    assert opened.tree == {"sources": {"prometheus": {"url": "http://nas.lan:19090"}}}
    (closed,) = nearby([container("mon", "prometheus", "8080>80")], {}, outside, "t")
    assert closed.tree == {}
    assert "9090 is not open on nas.lan" in closed.doubt


def test_what_has_an_address_already_or_does_not_run_is_not_suggested() -> None:
    parts = [container("mon", "prometheus"), container("old", "loki", running=False)]
    (found,) = nearby(parts, {"prometheus": "http://mon:9090/"}, INSIDE, "t")
    assert (found.connected, found.tree) == (True, {})
    assert merged([found]) == {}


def test_of_two_of_a_kind_only_the_one_whose_address_is_set_is_connected() -> None:
    parts = [container("mon", "prometheus"), container("other", "prometheus")]
    one, two = nearby(parts, {"prometheus": "http://other:9090"}, INSIDE, "t")
    assert (one.connected, one.tree, two.connected) == (False, {}, True)
    assert "sources.prometheus is set already and takes one" in one.doubt
    outside = nearby([container("mon", "prometheus", "1>9090")], {"prometheus": "http://localhost:1"}, Vantage(), "t")
    assert [found.connected for found in outside] == [True]
    (away,) = nearby([container("mon", "prometheus")], {"prometheus": "http://mon.lan:9090"}, INSIDE, "t")
    assert (away.connected, away.tree) == (False, {})


def test_a_service_of_another_project_is_called_by_its_own_name() -> None:
    there = replace(container("mon-loki-1", "loki", **{SERVICE_LABEL: "loki"}), group="mon")
    (found,) = nearby([there], {}, Vantage(own="lamp-1", group="lamp"), "t")
    assert found.tree == {"sources": {"loki": {"url": "http://mon-loki-1:3100"}}}


def test_what_has_no_network_of_its_own_is_not_called_by_a_name() -> None:
    for network in (HOST_NETWORK, NO_NETWORK):
        (inside,) = nearby([container("mon", "loki", network)], {}, INSIDE, "t")
        assert (inside.tree, "no network of its own" in inside.doubt) == ({}, True)
    (outside,) = nearby([container("mon", "loki", HOST_NETWORK)], {}, Vantage("nas"), "t")
    assert outside.tree == {"sources": {"loki": {"url": "http://nas:3100"}}}


def test_the_proxy_to_an_engine_is_not_the_machine_of_its_ports() -> None:
    parts = [container("socket-proxy"), container("mon", "prometheus", "9090>9090")]
    where = vantage(parts, "tcp://socket-proxy:2375", "a-name-of-its-own")
    assert where == Vantage("")
    (found,) = nearby(parts, {}, where, "t")
    assert (found.tree, "cannot be told from here" in found.doubt) == ({}, True)


def test_of_two_of_a_kind_the_first_is_taken_and_both_are_shown() -> None:
    found = nearby(
        [container("b", "ntfy"), container("a", "ntfy"), container("c", "victoria-metrics")], {}, INSIDE, "t"
    )
    assert [one.name for one in found] == ["c", "a", "b"]
    assert (found[2].tree, found[2].doubt) == ({}, "there is room for one, and a is above; or set this: http://b:80")
    assert merged(found) == {
        "sources": {"prometheus": {"url": "http://c:8428"}},
        "notify": {"ntfy": {"url": "http://a:80", "topic": "t"}},
    }


@pytest.mark.parametrize("name", [EVIL, "a b", "-x", "x" * 80, "http://evil", "a/b", "a@b", "x\n"])
def test_a_hostile_name_never_becomes_an_address(name: str) -> None:
    for label in ({}, {SERVICE_LABEL: name}):
        (found,) = nearby([container(name, "loki", **label)], {}, INSIDE, "t")
        assert found.tree == {}
        assert "cannot stand in an address" in found.doubt
        assert not set("\x1b\u202e") & set(found.name + found.reason)


def test_a_hostile_image_is_cleaned_and_cut() -> None:
    (found,) = nearby([container("a", f"{EVIL}{'x' * 999}/loki")], {}, INSIDE, "t")
    assert not set("\x1b\u202e") & set(found.reason)
    assert len(found.reason) < 300


def test_however_many_there_are_few_are_shown() -> None:
    parts = [container(f"p{number}", "loki") for number in range(500)]
    assert len(nearby(parts, {}, INSIDE, "t")) == SUGGESTIONS_MAX
    assert len({known.kind for known in KNOWN}) == len(KNOWN)


@pytest.mark.parametrize(
    ("engine", "host"),
    [
        ("unix:///var/run/docker.sock", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("tcp://nas:2375", "nas"),
        ("http://u:p@10.0.0.2:2375/x", "10.0.0.2"),
        ("tcp://[::1]:2375", "127.0.0.1"),
        ("tcp://[fd00::2]:2375", ""),
    ],
)
def test_open_ports_are_those_of_the_engines_machine(engine: str, host: str) -> None:
    assert vantage((), engine, "laptop") == Vantage(host)


def test_it_knows_its_own_container_by_the_host_name() -> None:
    labels = {SERVICE_LABEL: "lamp"}
    own = Component("docker", "container", "shop-lamp-1", f"{OWN}{'0' * 52}", labels)
    assert vantage([container("x"), own], "tcp://socket-proxy:2375", OWN) == Vantage(
        "socket-proxy", "shop-lamp-1", "lamp"
    )
    assert not vantage([container("x")], "", OWN).inside
    assert not vantage([own], "", "nas").inside
    hostile = Component("docker", "container", "$(reboot)", f"{OWN}{'0' * 52}")
    assert not vantage([hostile], "", OWN).inside
