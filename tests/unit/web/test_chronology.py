"""The picture on its pages: each mark leads to a row that is there, what others say stays text, nothing has a style."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState
from lamplighter.domain.member import Link, Member
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.axis import Span
from lamplighter.reports.lanes import ROOMS
from lamplighter.reports.papers import Papers
from lamplighter.testing import NOON, firing
from lamplighter.web import pages
from lamplighter.web.chronology import TABLE, Picture, pictured, strips
from lamplighter.web.rendering import templates
from tests.unit.reports.conftest import diagnosis, fact, papers
from tests.unit.web.conftest import Bench
from tests.unit.web.test_pages import BROWSER, SCRIPT, Read

if TYPE_CHECKING:
    from lamplighter.web.dossiers import Dossier

SVG_ALONE = re.compile(r"<svg class=\"plot\".*?</svg>\n</div>", re.DOTALL)


def dossier_of(whole: Papers) -> Dossier:
    found = whole.findings
    shown = {"incident": whole.incident, "findings": found, "attempts": whole.attempts, "changes": found.changes}
    return cast("Dossier", SimpleNamespace(**shown))


def seen(bench: Bench, whole: Papers, span: Span = Span.AUTO, *, events: int = 300, plain: bool = False) -> Picture:
    found = dossier_of(whole)
    shown, facts = whole.events[-events:] if events else (), whole.findings.facts
    return pictured(bench.context, found, whole.events, whole.members, span, shown=shown, facts=facts, plain=plain)


def html(picture: Picture) -> str:
    return str(
        templates.from_string('{% from "chronology.html" import chronology %}{{ chronology(seen) }}').render(
            seen=picture
        )
    )


def links(text: str) -> list[str]:
    return [one for one in Read(text).addresses if one.startswith("#")]


def test_every_mark_leads_to_a_row_and_has_a_name(bench: Bench) -> None:
    picture = seen(bench, papers())
    text = html(picture)
    there = set(picture.rows) | {f"at-{number}" for number in range(1, 400)} | {TABLE}
    assert links(text)
    assert {one[1:] for one in links(text)} <= there
    assert "#change-f3" in links(text)
    assert "#fact-f5" in links(text)
    named = re.findall(r'<a class="pin [^>]*aria-label="[^"]+"', text)
    assert len(named) == text.count('<a class="pin ')


def test_a_mark_whose_row_is_not_shown_leads_to_the_table(bench: Bench) -> None:
    picture = seen(bench, papers(), events=0)
    text = html(picture)
    assert not [one for one in links(text) if one.startswith("#ev-")]
    for one in links(text):
        assert f'id="{one[1:]}"' in text or one[1:] in picture.rows


def test_what_others_say_stays_text_and_nothing_has_a_style_or_a_script(bench: Bench) -> None:
    alert = firing(SCRIPT, NOON, container=SCRIPT)
    member = Member("INC-9", alert.trouble, alert, SCRIPT, Link.OPENED, "x", NOON)
    told = Event("INC-9", "1:a", NOON, Moment.ACTED, Crew.HEALER, SCRIPT, {"verb": SCRIPT}, 1)
    whole = papers(diagnosis(facts=(fact(1, "change", SCRIPT, at=NOON),), causes=()), members=(member,), events=(told,))
    for span in Span:
        read = Read(html(seen(bench, whole, span)))
        assert not {"script", "img", "style"} & set(read.tags)
        assert not {name for name in read.names if name.startswith("on") or name in {"style", "srcdoc"}}
        assert all(one.startswith(("#", "/incidents/INC-9?")) for one in read.addresses)


def test_every_width_is_drawn_and_the_sentence_and_the_table_have_times(bench: Bench) -> None:
    text = html(seen(bench, papers()))
    assert [text.count(f'class="chron {room.name}"') for room in ROOMS] == [1, 1, 1]
    assert (
        '<time datetime="2026-01-05T11:43:00+00:00" title="2026-01-05 11:43:00 UTC">11:43:00</time>, 17 min before'
        in text
    )
    assert "<summary>show as table</summary>" in text
    assert "Earlier than this window: 1 change." in text
    assert len(SVG_ALONE.findall(text)) == len(ROOMS)


def test_times_are_those_of_the_site_and_have_their_day_where_it_is_another() -> None:
    bench = Bench(site={"timezone": "Europe/Berlin"})
    picture = seen(bench, papers())
    assert picture.clock(NOON) == "13:00:00"
    assert picture.clock(NOON - timedelta(days=1)) == "2026-01-04 13:00:00"
    assert picture.stretch[1] == picture.minute(picture.told.window.end)[11:]
    long = seen(bench, papers(), Span.DAY)
    assert long.stretch[1].startswith("2026-")


def test_the_window_is_chosen_by_links_that_keep_the_page(bench: Bench) -> None:
    text = html(seen(bench, papers(), Span.DAY, plain=True))
    assert '<a href="/incidents/INC-9?plain=1&amp;window=12h#chronology">12 h</a>' in text
    assert '<a href="/incidents/INC-9?plain=1&amp;window=24h#chronology" aria-current="true">24 h</a>' in text
    assert "?window=1h#chronology" in html(seen(bench, papers()))


def test_checks_of_the_components_in_trouble_are_strips(bench: Bench) -> None:
    http = CheckKind.HTTP
    bench.patrol.specs = (
        CheckSpec("elsewhere", http, "http://a", component="nas2"),
        CheckSpec("web page", http, "http://b", component="web"),
        CheckSpec("shop page", http, "http://c", component="shop", every_seconds=10),
    )
    bench.samples = [Sample("shop page", NOON + timedelta(seconds=9 * n), SampleState.FAILING, "") for n in range(9)]
    picture = seen(bench, papers())
    found = strips(bench.context, papers(zone=picture.zone), picture.told.window)
    assert [one.name for one in found] == ["shop page", "web page"]
    text = html(picture)
    assert "shop page: 9 of 9 looks failed, first at 12:00:00" in text
    assert "web page: no look in this window is kept" in text
    assert 'class="run failing"' in text
    assert "check fails" in text


def test_the_legend_tells_only_what_is_drawn(bench: Bench) -> None:
    words = [words for _, _, words in seen(bench, papers(diagnosis(facts=(), causes=()), events=())).legend]
    assert words == ["alert begins", "alert ends"]


def test_groups_show_how_many_they_are(bench: Bench) -> None:
    events = tuple(
        Event("INC-9", f"1:{n}", NOON + timedelta(seconds=60), Moment.VOTED, Crew.COUNCIL, "x", {}, n)
        for n in range(150)
    )
    text = html(seen(bench, papers(events=events)))
    assert ">99+</text>" in text
    assert "148 marks, 12:01:00 to 12:01:00: voted: x; voted: x; voted: x; voted: x; and 144 more" in text


async def test_the_plain_page_has_it_and_a_window_that_is_none_is_refused(bench: Bench) -> None:
    bench.incidents.open(1)
    bench.dossiers.found = diagnosis()
    async with bench.client(pages.router) as client:
        shown = await client.get("/incidents/INC-1?window=12h", headers=BROWSER)
        wrong = await client.get("/incidents/INC-1?window=12y", headers=BROWSER)
    assert 'id="chronology"' in shown.text
    assert 'id="change-f3"' in shown.text
    assert 'href="#ev-1"' in shown.text
    assert wrong.status_code == 422
    assert "window" in wrong.text


@pytest.mark.parametrize("count", [0, 1])
def test_no_series_and_a_single_instant_are_drawn(bench: Bench, count: int) -> None:
    whole = papers(diagnosis(facts=(), causes=()))
    instant = replace(whole.incident, opened_at=NOON, closed_at=NOON)
    text = html(seen(bench, replace(whole, incident=instant, members=whole.members[:count], events=())))
    assert "none in this window" in text
    assert "polyline" not in text
