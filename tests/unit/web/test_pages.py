"""The list and the page of an incident: what they show, and that what alerts say stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.incident import State
from lamplighter.testing import NOON, firing
from lamplighter.web import pages
from tests.unit.reports.conftest import diagnosis, lesson
from tests.unit.web.test_dossiers import measured, shift

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
BREAKS = {"br", "p", "ul", "li"}
SCRIPT = "</title><script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}"


class Read(HTMLParser):
    """What a browser would find: tags, addresses, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.names: set[str] = set()
        self.actions: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += " " if tag in BREAKS else ""
        self.names |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.actions += [value or "" for name, value in attrs if name == "action"]

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_browsers_get_a_page_and_programs_get_json(bench: Bench) -> None:
    bench.incidents.open(1)
    async with bench.client(pages.router) as client:
        shown = await client.get("/incidents", headers=BROWSER)
        data = await client.get("/incidents", params={"status": "OPEN"})
        wrong = await client.get("/incidents?status=fine")
        front = await client.get("/", headers=BROWSER)
    assert shown.headers["content-type"].startswith("text/html; charset=utf-8")
    assert [one["id"] for one in data.json()["incidents"]] == ["INC-1"]
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert front.headers["location"] == "/incidents"


async def test_the_list_shows_what_is_open_with_its_signs(bench: Bench) -> None:
    bench.incidents.open(1, state=State.RESOLVED)
    bench.incidents.open(
        2, flapping=True, regression_of="INC-1", held="in maintenance until 04:00", acknowledged_by="al"
    )
    async with bench.client(pages.router) as client:
        text = Read((await client.get("/incidents", headers=BROWSER)).text).text
        closed = Read((await client.get("/incidents?status=closed", headers=BROWSER)).text).text
    assert "INC-2" in text
    assert "Rule1" not in text
    for sign in ("flapping", "regression of", "held: in maintenance until 04:00", "al has it", "1 open", "1 closed"):
        assert sign in text
    assert "Rule1" in closed
    assert "Rule2" not in closed


async def test_the_list_is_paged_and_keeps_its_filters(bench: Bench) -> None:
    for number in range(1, 60):
        bench.incidents.open(number)
    seen: list[str] = []
    address = "/incidents?q=Rule&status=all&severity="
    async with bench.client(pages.router) as client:
        for _ in range(3):
            read = Read((await client.get(address, headers=BROWSER)).text)
            seen += [one for one in read.addresses if one.startswith("/incidents/INC-")]
            following = [one for one in read.addresses if "cursor=" in one]
            if not following:
                break
            address = following[0]
            assert "q=Rule" in address
    assert len(set(seen)) == 59


@pytest.mark.parametrize("query", ["limit=x", "status=fine", "since=never", "cursor=forged", "cursor=" + "A" * 60])
async def test_a_wrong_filter_is_a_page_that_says_what_is_wrong(bench: Bench, query: str) -> None:
    async with bench.client(pages.router) as client:
        answer = await client.get(f"/incidents?{query}", headers=BROWSER)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"].startswith("text/html")
    assert "That did not work" in answer.text


async def test_an_incident_says_why_each_alert_is_in_it(bench: Bench) -> None:
    bench.incidents.open(1, firing("DiskFull", container="nas"), firing("Slow", container="jellyfin"))
    async with bench.client(pages.router) as client:
        read = Read((await client.get("/incidents/INC-1")).text)
    assert "Alerts in this incident: why" in read.text
    assert "why DiskFull" in read.text
    assert "depends" in read.text
    assert read.actions.count("/incidents/INC-1/split") == 2
    for verb in ("comment", "acknowledge", "resolve", "merge"):
        assert f"/incidents/INC-1/{verb}" in read.actions
    assert "/incidents/INC-1/reopen" not in read.actions


async def test_a_closed_incident_can_be_reopened_and_a_merged_one_leads_on(bench: Bench) -> None:
    bench.incidents.open(1, state=State.SELF_CLEARED)
    bench.incidents.open(2, state=State.MERGED, merged_into="INC-1")
    async with bench.client(pages.router) as client:
        closed = Read((await client.get("/incidents/INC-1")).text)
        merged = Read((await client.get("/incidents/INC-2")).text)
    assert "/incidents/INC-1/reopen" in closed.actions
    assert "/incidents/INC-1/resolve" not in closed.actions
    assert "/incidents/INC-2/reopen" not in merged.actions
    assert "/incidents/INC-1" in merged.addresses


async def test_what_an_alert_says_is_text(bench: Bench) -> None:
    alert = firing(f"Xss {SCRIPT}", container=SCRIPT, instance=SCRIPT)
    notes = {"summary": f"note {SCRIPT}", "description": SCRIPT}
    other = replace(firing("Second", container=SCRIPT), annotations=notes, generator_url="javascript:alert(1)")
    bench.incidents.open(1, alert, other, held=SCRIPT, acknowledged_by=SCRIPT, resolution=SCRIPT)
    async with bench.client(pages.router) as client:
        for path in ("/incidents", "/incidents/INC-1", f"/incidents?q={SCRIPT}"):
            answer = await client.get(path, headers=BROWSER)
            read = Read(answer.text)
            assert answer.status_code == 200
            assert read.tags.count("script") == 1
            assert "img" not in read.tags
            assert not {name for name in read.names if name.startswith("on") or name in {"style", "srcdoc"}}
            assert all(one.startswith(("/", "#")) for one in read.addresses)
            assert "{{ 7*7 }}" in answer.text.replace("&#39;", "'")


async def test_only_a_plain_web_link_is_followed(bench: Bench) -> None:
    alert = replace(firing("A"), generator_url="http://prometheus.lan/graph?x=1")
    bench.incidents.open(1, alert, replace(firing("B"), generator_url="data:text/html,x"))
    async with bench.client(pages.router) as client:
        read = Read((await client.get("/incidents/INC-1")).text)
    outside = [one for one in read.addresses if not one.startswith(("/", "#"))]
    assert outside == ["http://prometheus.lan/graph?x=1"]


async def test_the_policy_lets_only_our_own_script_run_and_our_own_forms_be_sent(bench: Bench) -> None:
    bench.incidents.open(1)
    async with bench.client(pages.router) as client:
        for path in ("/incidents", "/incidents/INC-1"):
            headers = (await client.get(path, headers=BROWSER)).headers
            policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
            assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert {policy[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["referrer-policy"] == "same-origin"
            assert headers["x-content-type-options"] == "nosniff"


async def test_the_assets_are_our_own(bench: Bench) -> None:
    async with bench.client(pages.router) as client:
        for name, kind in pages.ASSETS.items():
            answer = await client.get(f"/assets/{name}")
            assert answer.headers["content-type"].startswith(kind)
            assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
        assert (await client.get("/assets/incident.html")).status_code == 404
        assert (await client.get("/assets/..%2fpages.py")).status_code == 404


async def test_what_is_not_there_is_404(bench: Bench) -> None:
    async with bench.client(pages.router) as client:
        assert (await client.get("/incidents/INC-9", headers=BROWSER)).status_code == 404
        assert (await client.get("/incidents/INC-9%0a", headers=BROWSER)).status_code == 422


async def test_a_long_incident_is_cut_and_says_where_the_rest_is(bench: Bench) -> None:
    alerts = [firing("Many", container=f"part{number}") for number in range(120)]
    bench.incidents.open(1, *alerts)
    for number in range(400):
        bench.incidents.tell("INC-1", bench.incidents.events[0].moment, f"event {number}")
    async with bench.client(pages.router) as client:
        text = Read((await client.get("/incidents/INC-1")).text).text
    assert "70 more" in text
    assert "101 earlier events" in text
    assert "event 399" in text


async def told_of(bench: Bench, **more: object) -> Read:
    bench.incidents.open(1, firing("Down", container="shop"))
    bench.dossiers.found = diagnosis(**more)
    bench.dossiers.pieces = (measured(),)
    async with bench.client(pages.router) as client:
        answer = await client.get("/incidents/INC-1")
    assert answer.status_code == 200
    read = Read(answer.text)
    read.text = " ".join(read.text.split())
    return read


async def test_it_says_what_is_known_and_how_surely_and_what_it_cost(bench: Bench) -> None:
    text = (await told_of(bench)).text
    assert "Likely (82 %): shop was killed for memory [f2][f3]" in text
    assert "Root cause: oom of shop." in text
    assert "rules · 12 ms · $0.000" in text
    assert "Possible (20 %): nas may be full [f4] against it: [f6]" in text
    assert "nas: host down [f6][f99] because nas answers" in text
    assert "17 min before 01-05 11:43:00 shop: image 10.10 became 10.11 [f3]" in text
    assert "docker inspect shop copy" in text


async def test_the_words_root_cause_are_not_there_where_nobody_looked(bench: Bench) -> None:
    text = (await told_of(bench, facts=tuple(one for one in diagnosis().facts if one.kind != "state"))).text
    assert "root cause" not in text.lower()
    assert "Likely cause: oom of shop. shop itself was not examined." in text


async def test_a_fact_of_a_series_has_a_picture_with_words_and_its_change_marked(bench: Bench) -> None:
    bench.sources["prometheus"] = SimpleNamespace(url="http://prom:9090")
    read = await told_of(bench, facts=(*diagnosis().facts, replace(shift(), at=NOON + timedelta(minutes=25))))
    # One beside the fact, and one in each width of the picture of all.
    assert (read.tags.count("polyline"), read.tags.count("polygon")) == (4, 1)
    assert read.text.count("rose from 1 B to 9 B between 12:24 and 12:25") >= 4
    assert "◆ the change, 12:25" in read.text
    outside = [one for one in read.addresses if not one.startswith(("/", "#"))]
    assert [one.split("?")[0] for one in outside] == ["http://prom:9090/graph"]


async def test_what_is_undetermined_says_unknown_and_what_would_settle_it(bench: Bench) -> None:
    needs = ("a log of shop that says why",)
    text = (await told_of(bench, undetermined=True, causes=(), needs=needs, statement="the facts do not carry")).text
    assert "Unknown. The facts do not carry." in text
    assert "What would settle it: a log of shop that says why" in text


async def test_nothing_is_said_honestly(bench: Bench) -> None:
    text = (await told_of(bench, causes=(), ruled_out=(), facts=(), statement="nothing is wrong now")).text
    assert "nothing is wrong now" in text
    assert "None of the looks told of a change before the alert." in text
    assert "No: no incident of this trouble" in text
    for heading in ("Not proven", "Ruled out", "root cause"):
        assert heading not in text


async def test_it_says_what_a_person_can_do_at_once_and_against_the_next_time(bench: Bench) -> None:
    best = replace(diagnosis().causes[0], immediate=(SCRIPT,), prevention=("watch its memory",))
    read = await told_of(bench, causes=(best,))
    assert f"A person can, at once: {SCRIPT} Against the next time: watch its memory" in read.text


async def test_what_was_seen_before_tells_what_was_done_and_its_outcome(bench: Bench) -> None:
    bench.lessons.append(replace(lesson(7, NOON), trouble=firing("Down", container="shop").trouble))
    read = await told_of(bench)
    assert "INC-7 2026-01-05 12:00 · the same trouble · oom of shop restart shop: resolved after 1 min" in read.text
    assert "/incidents/INC-7" in read.addresses


async def test_what_facts_queries_and_lessons_say_is_text(bench: Bench) -> None:
    values: dict[str, str | float] = {"metric": SCRIPT, "before": 1.0, "after": 9.0}
    query = f"{SCRIPT}javascript:alert(1)"
    fact = replace(shift(), id=SCRIPT, text=SCRIPT, component=SCRIPT, kind=SCRIPT, query=query, values=values)
    change = replace(fact, id="f2", kind="change", at=NOON - timedelta(minutes=1))
    cause = replace(diagnosis().causes[0], statement=SCRIPT, component=SCRIPT, fault=SCRIPT, facts=(SCRIPT, "f2"))
    doubt = replace(cause, confidence=0.2, component="x", against=(SCRIPT,))
    out = replace(diagnosis().ruled_out[0], component=SCRIPT, fault=SCRIPT, because=(SCRIPT,))
    bench.lessons.append(
        replace(lesson(7), trouble=firing("Down", container="shop").trouble, actions=(SCRIPT,), outcome=SCRIPT)
    )
    bench.sources |= {
        "prometheus": SimpleNamespace(url="javascript:alert(1)//"),
        "grafana": SimpleNamespace(url="http://g"),
    }
    read = await told_of(
        bench, facts=(fact, change), causes=(cause, doubt), ruled_out=(out,), needs=(SCRIPT,), engine=SCRIPT
    )
    assert read.tags.count("script") == 1
    assert "img" not in read.tags
    assert not {name for name in read.names if name.startswith("on") or name in {"style", "srcdoc"}}
    assert all(one.startswith(("/", "#", "http://g/explore?")) for one in read.addresses)
    assert "{{ 7*7 }}" in read.text


async def test_many_facts_are_cut_and_the_page_says_where_the_rest_is(bench: Bench) -> None:
    many = tuple(replace(shift(), id=f"f{number}", evidence="e1") for number in range(1, 300))
    read = await told_of(bench, facts=many, causes=())
    assert f"… and {299 - pages.FACTS_SHOWN_MAX} more: /api/v1/incidents/INC-1" in read.text


async def test_a_question_on_the_plain_page_is_answered_there(bench: Bench) -> None:
    bench.incidents.open(1, firing("Down", container="shop"))
    bench.dossiers.found = diagnosis()
    async with bench.client(pages.router) as client:
        answered = Read((await client.get("/incidents/INC-1", params={"question": "why?"})).text)
        lost = Read((await client.get("/incidents/INC-1", params={"question": SCRIPT})).text)
        long = await client.get("/incidents/INC-1", params={"question": "x" * 501})
        calm = Read((await client.get("/incidents/INC-1?question=%20")).text)
    assert "likely · 82 %" in answered.text
    assert lost.tags.count("script") == 1
    assert "img" not in lost.tags
    assert "#fact-f2" in answered.addresses
    assert "I do not understand that question" in lost.text
    assert any("question=Why%20did%20it%20happen%3F" in one for one in lost.addresses)
    assert long.status_code == 422
    assert "rules only" not in calm.text


async def test_the_plain_page_leads_to_what_can_be_kept(bench: Bench) -> None:
    bench.incidents.open(1)
    bench.dossiers.found = diagnosis()
    async with bench.client(pages.router) as client:
        read = Read((await client.get("/incidents/INC-1")).text)
    start = "/api/v1/incidents/INC-1"
    assert {f"{start}/markdown", f"{start}/postmortem", start, f"{start}/timeline"} <= set(read.addresses)
    assert "/incidents/INC-1/feedback" in read.actions


async def test_who_answers_on_a_channel_is_called_by_the_name_that_the_configuration_gives(bench: Bench) -> None:
    bench.incidents.open(1, acknowledged_by="telegram:7")
    bench.incidents.open(2, acknowledged_by="telegram:8")
    async with bench.client(pages.router) as client:
        named = Read((await client.get("/incidents/INC-1", headers=BROWSER)).text).text
        unnamed = Read((await client.get("/incidents/INC-2", headers=BROWSER)).text).text
        listed = Read((await client.get("/incidents", headers=BROWSER)).text).text
    assert "anna (telegram) has it" in named
    assert "telegram:8 has it" in unnamed
    assert "anna (telegram) has it" in listed
