"""Links to a query in Prometheus and Grafana: encoded, harmless, and without anybody's password."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from lamplighter.domain.evidence import Evidence
from lamplighter.reports.links import ADDRESS_CHARS_MAX, Places, links_of, web_root
from lamplighter.testing import NOON

PLACES = Places("http://prometheus:9090", "https://grafana.lan/sub/")
QUERY = 'rate(http_requests_total{path="/a&b#c",job=~"x|y"}[5m])'


def piece(query: str = QUERY, tool: str = "prometheus.query_range", **params: str) -> Evidence:
    return Evidence("e1", tool, "shop", {"query": query, **params}, "application/json", "{}", NOON)


def test_the_whole_query_arrives_in_prometheus_with_its_window() -> None:
    end = NOON.timestamp()
    link = links_of(piece(start=f"{end - 1800:.3f}", end=f"{end:.3f}"), PLACES)["prometheus"]
    parts = urlsplit(link)
    asked = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("http", "prometheus:9090", "/graph", "")
    assert asked["g0.expr"] == [QUERY]
    assert asked["g0.range_input"] == ["1800s"]
    assert asked["g0.end_input"] == ["2026-01-05 12:00:00"]


def test_the_whole_query_arrives_in_grafana_with_its_window() -> None:
    end = NOON.timestamp()
    link = links_of(piece(start=f"{end - 1800:.3f}", end=f"{end:.3f}"), PLACES)["grafana"]
    parts = urlsplit(link)
    (pane,) = json.loads(parse_qs(parts.query)["panes"][0]).values()
    assert (parts.netloc, parts.path) == ("grafana.lan", "/sub/explore")
    assert pane["queries"][0]["expr"] == QUERY
    assert int(pane["range"]["to"]) - int(pane["range"]["from"]) == 1_800_000


@pytest.mark.parametrize("window", [{}, {"start": "x", "end": "y"}, {"start": "0", "end": "1e300"}, {"end": "nan"}])
def test_a_window_that_nobody_knows_is_the_hour_before_the_look(window: dict[str, str]) -> None:
    asked = parse_qs(urlsplit(links_of(piece(**window), PLACES)["prometheus"]).query)
    assert asked["g0.range_input"] == ["3600s"]
    assert asked["g0.end_input"] == ["2026-01-05 12:00:00"]


def test_a_rule_and_a_target_have_pages_of_their_own() -> None:
    assert links_of(piece("GET /x", "prometheus.rules"), PLACES) == {"prometheus": "http://prometheus:9090/rules"}
    assert links_of(piece("GET /x", "prometheus.targets"), PLACES) == {"prometheus": "http://prometheus:9090/targets"}


def test_what_is_no_query_has_no_link() -> None:
    assert links_of(piece(tool="docker.inspect"), PLACES) == {}
    assert links_of(piece("GET /api/v1/rules"), PLACES) == {}
    assert links_of(piece(""), PLACES) == {}
    assert links_of(None, PLACES) == {}


def test_nothing_configured_gives_nothing_and_one_alone_gives_one() -> None:
    assert links_of(piece(), Places()) == {}
    assert set(links_of(piece(), Places(grafana="http://g"))) == {"grafana"}


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x", "", "ftp://x", "http://", "http://["]
)
def test_only_plain_web_addresses_are_followed(url: str) -> None:
    assert web_root(url) == ""
    assert links_of(piece(), Places(url, url)) == {}


def test_a_password_is_not_shown_and_an_address_of_six_parts_stays_one() -> None:
    assert web_root("https://me:secret@prom.lan:9090/base/?x=1#y") == "https://prom.lan:9090/base"
    assert web_root("http://[::1]:9090") == "http://[::1]:9090"


def test_a_query_too_long_for_an_address_has_no_link() -> None:
    assert links_of(piece("x" * ADDRESS_CHARS_MAX), PLACES) == {}


def test_a_query_that_tries_to_leave_its_place_stays_in_it() -> None:
    for link in links_of(piece('"><script>alert(1)</script>&g0.tab=1#'), PLACES).values():
        assert not set(link) & set("<>\"'# ")
