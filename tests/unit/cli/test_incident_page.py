"""One incident as text: the same content as its page."""

from __future__ import annotations

from typing import Any

import pytest

from lamplighter.cli.incident_page import OTHERS_SHOWN_MAX, page_of

SERIES = {
    "metric": "memory_bytes",
    "unit": "B",
    "points": [[1767614400.0 + 60 * place, float(place)] for place in range(8)],
    "changed_at": "2026-01-05T12:03:00Z",
    "before": 0.0,
    "after": 7.0,
    "began_at": "2026-01-05T12:01:00Z",
    "ended_at": "2026-01-05T12:06:00Z",
}


def fact(number: int, **more: object) -> dict[str, Any]:
    told = {
        "number": number,
        "id": f"f{number}",
        "component": "shop",
        "kind": "state",
        "at": "2026-01-05T12:00:00Z",
        "text": f"fact {number}",
        "evidence": "e1",
        "query": "",
        "series": None,
        "links": {},
    }
    return {**told, **more}


def found(**more: object) -> dict[str, Any]:
    known = {
        "called": "root cause",
        "component": "shop",
        "fault": "memory_exhausted",
        "examined": True,
        "word": "likely",
        "confidence": 0.82,
        "statement": "shop was killed for memory",
        "facts": ["f2"],
        "engine": "rules",
        "elapsed_seconds": 0.012,
        "cost_usd": 0.0,
    }
    doubt = {
        "component": "nas",
        "fault": "disk_full",
        "confidence": 0.2,
        "word": "possible",
        "statement": "nas may be full",
        "facts": ["f1"],
        "against": ["f2"],
    }
    told = {
        "known": known,
        "facts": [fact(1), fact(2, query="memory_bytes{job='shop'}", series=SERIES)],
        "not_proven": {"needs": ["a log of shop"], "causes": [doubt]},
        "ruled_out": [{"component": "nas", "fault": "host_down", "facts": ["f1"], "because": ["nas answers"]}],
        "changes": [
            {
                "fact": "f1",
                "at": "2026-01-05T11:43:00Z",
                "component": "shop",
                "text": "new image",
                "seconds_before": 1020,
            }
        ],
        "seen_before": [
            {
                "incident_id": "INC-7",
                "at": "2026-01-01T12:00:00Z",
                "like": "the same trouble",
                "component": "shop",
                "fault": "oom",
                "done": ["restart shop"],
                "outcome": "self_cleared",
                "seconds": 61,
            }
        ],
        "plan": None,
        "plan_hash": "",
        "attempts": [],
        "approvals": [],
    }
    return {**told, **more}


def test_it_tells_everything_in_order() -> None:
    assert page_of(found(), unicode=True) == [
        "  cause: likely (82%): shop was killed for memory [f2]",
        "  root cause: memory exhausted of shop · rules · 12 ms · $0.000",
        "  facts:",
        "    [f2] 2026-01-05 12:00:00  fact 2",
        "         query: memory_bytes{job='shop'}",
        "         ▁▂▃▄▅▆▇█  rose from 0 B to 7 B between 12:01 and 12:06 UTC",
        "  other facts:",
        "    [f1] 2026-01-05 12:00:00  fact 1",
        "  not proven:",
        "    possible (20%): nas may be full [f1], against it [f2]",
        "    needs a log of shop",
        "  ruled out:",
        "    host down of nas: nas answers [f1]",
        "  changed before:",
        "    17 min before, 2026-01-05 11:43:00: new image [f1]",
        "  seen before:",
        "    INC-7, 2026-01-01 12:00:00, the same trouble, oom of shop: restart shop: self cleared after 1 min",
    ]


def test_without_unicode_the_picture_is_digits() -> None:
    assert any("01234567  rose from" in line for line in page_of(found(), unicode=False))


def test_what_nobody_examined_is_said() -> None:
    known = {**found()["known"], "called": "likely cause", "examined": False}
    lines = page_of(found(known=known), unicode=True)
    assert lines[1].startswith("  likely cause: memory exhausted of shop; shop itself was not examined")
    assert not any("root cause" in line for line in lines)


def test_what_is_unknown_says_what_it_needs() -> None:
    known = {**found()["known"], "confidence": None, "word": "unknown", "statement": "nothing carries it", "facts": []}
    assert page_of(found(known=known), unicode=True)[0] == "  unknown: nothing carries it; needs a log of shop"


def test_what_is_well_needs_nothing() -> None:
    known = {**found()["known"], "confidence": None, "word": "", "statement": "nothing is wrong now", "facts": []}
    assert page_of(found(known=known), unicode=True)[0] == "  nothing is wrong now"


def test_nothing_found_is_said_where_somebody_looked() -> None:
    bare = found(changes=[], seen_before=[], ruled_out=[], not_proven={"needs": [], "causes": []}, facts=[])
    lines = page_of(bare, unicode=True)
    assert "  changed before: none of the looks told of a change" in lines
    assert "  seen before: no" in lines
    assert not any(line.startswith(("  not proven", "  ruled out", "  facts")) for line in lines)


def test_nothing_diagnosed_yet_has_no_lines() -> None:
    bare = found(known=None, changes=[], seen_before=[], ruled_out=[], not_proven={}, facts=[])
    assert page_of(bare, unicode=True) == []


def test_many_facts_are_cut_and_the_rest_is_named() -> None:
    lines = page_of(found(facts=[fact(number) for number in range(1, 50)]), unicode=True)
    assert f"    and {48 - OTHERS_SHOWN_MAX} more: -o json" in lines


def test_a_long_query_is_cut_and_stays_on_its_line() -> None:
    lines = page_of(found(facts=[fact(1, query="a\n" * 400)]), unicode=True)
    (line,) = [line for line in lines if "query:" in line]
    assert len(line) < 400
    assert "-o json has all" in line
    assert "\n" not in line


@pytest.mark.parametrize("series", [None, {}, {"points": 3}, "x", {**SERIES, "points": []}])
def test_a_picture_that_cannot_be_read_is_left_out(series: object) -> None:
    lines = page_of(found(facts=[fact(1, series=series)]), unicode=True)
    assert "    [f1] 2026-01-05 12:00:00  fact 1" in lines
    assert not any("rose" in line for line in lines)


def test_what_a_person_can_do_is_told_before_the_plan() -> None:
    known = {**found()["known"], "immediate": ["raise the limit"], "prevention": ["watch its memory"]}
    assert page_of(found(known=known), unicode=True)[-2:] == ["  now: raise the limit", "  later: watch its memory"]


def test_the_plan_and_what_was_done_are_told() -> None:
    plan = {"actions": [{"verb": "restart", "target": {"name": "shop"}}], "advice": ""}
    attempt = {"verb": "restart", "target_name": "shop", "state": "done", "detail": "started"}
    lines = page_of(
        found(plan=plan, plan_hash="9c1f", attempts=[attempt], approvals=[{"id": "A", "state": "given"}]), unicode=True
    )
    assert lines[-3:] == ["  plan 9c1f: restart shop", "  done: restart shop: done: started", "  approval A: given"]
