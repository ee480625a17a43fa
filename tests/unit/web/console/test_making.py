"""Panes are made of escaped text; times, names, shares and links are told the same way everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.domain.nickname import Nicknames
from lamplighter.web.console.making import Maker, make_maker, percent, safe_link, shown_link, words
from tests.unit.web.console.conftest import SCRIPT

AT = datetime(2026, 7, 5, 21, 30, tzinfo=UTC)


def test_a_text_from_outside_is_escaped_wherever_it_stands(maker: Maker) -> None:
    template = maker.templates.from_string('{{ text }}<a title="{{ text }}">{{ severity(text) }}{{ state(text) }}</a>')
    made = template.render(text=SCRIPT)
    assert "<script" not in made
    assert "<img" not in made


def test_a_time_is_for_people_and_for_programs(maker: Maker) -> None:
    made = maker.templates.from_string("{{ at | ago }} {{ at | at }} {{ none | ago }}").render(at=AT, none=None)
    assert 'datetime="2026-07-05T21:30:00+00:00"' in made
    assert 'title="2026-07-05 22:30:00 Europe/London"' in made
    assert made.count("data-relative") == 1
    assert made.endswith("-")


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "file:///etc/passwd",
        "http://me:pw@host/",
        "x",
        "http://[",
    ],
)
def test_only_plain_http_is_a_link(link: str) -> None:
    assert safe_link(link) == ""


def test_a_link_is_shown_with_its_target_and_not_at_any_length() -> None:
    assert safe_link("https://runbooks.lan/dns.md") == "https://runbooks.lan/dns.md"
    assert shown_link("https://runbooks.lan/dns.md") == "runbooks.lan/dns.md"
    assert len(shown_link("https://runbooks.lan/" + "x" * 500)) < 100


def test_names_and_shares_are_words() -> None:
    assert words("awaiting_approval") == "awaiting approval"
    assert (percent(0.936), percent(None)) == ("94 %", "unknown")


def test_people_are_called_by_their_names() -> None:
    made = make_maker("UTC", Nicknames({"telegram:7": "<b>anna"})).templates
    shown = made.from_string("{{ one | called }}, {{ other | called }}").render(one="telegram:7", other="kim")
    assert shown == "&lt;b&gt;anna (telegram), kim"
