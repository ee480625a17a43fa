"""What is known of an incident: the headline, numbered facts, doubts, what was ruled out and what changed before."""

from __future__ import annotations

import json
from dataclasses import replace

from lamplighter.domain.evidence import Evidence
from lamplighter.reports.findings import CHARTS_MAX, QUERY_CHARS_MAX, Findings, findings_of
from lamplighter.reports.links import Places
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, fact, incident, lesson

METRIC = "memory_bytes"
PLACES = Places("http://prom:9090", "http://grafana:3000")


def measured(query: str = METRIC) -> Evidence:
    values = [[NOON.timestamp() + place, str(1 if place < 20 else 9)] for place in range(40)]
    content = json.dumps(
        {"status": "success", "data": {"result": [{"metric": {"__name__": METRIC, "job": "shop"}, "values": values}]}}
    )
    return Evidence("e7", "prometheus.query_range", "shop", {"query": query}, "application/json", content, NOON)


def shift(number: int, **more: object) -> object:
    values = {"metric": METRIC, "before": 1.0, "after": 9.0}
    return fact(number, "metric_shift", "it rose", evidence="e7", query="memory_by…", values=values, at=NOON, **more)


def found(**more: object) -> Findings:
    return findings_of(incident(), diagnosis(**more), [measured()], places=PLACES)


def test_the_headline_is_the_best_cause_with_what_it_took() -> None:
    known = found().known
    assert known is not None
    assert (known.word, known.confidence, known.statement) == ("likely", 0.82, "shop was killed for memory")
    assert (known.facts, known.engine, known.elapsed_seconds, known.cost_usd) == (("f2", "f3"), "rules", 0.012, 0.0)


def test_what_a_person_can_do_goes_with_the_headline() -> None:
    best = replace(diagnosis().causes[0], immediate=("raise the limit",), prevention=("watch its memory",))
    known = found(causes=(best,)).known
    assert known is not None
    assert (known.immediate, known.prevention) == (("raise the limit",), ("watch its memory",))


def test_it_is_a_root_cause_only_where_the_component_was_examined() -> None:
    known = found().known
    unseen = found(facts=tuple(one for one in diagnosis().facts if one.kind != "state")).known
    assert known is not None
    assert unseen is not None
    assert (known.called, known.examined) == ("root cause", True)
    assert (unseen.called, unseen.examined) == ("likely cause", False)


def test_what_is_undetermined_has_no_cause_in_its_headline() -> None:
    unsure = found(undetermined=True, needs=("a log of shop",), statement="the facts do not carry a cause")
    assert unsure.known is not None
    assert (unsure.known.word, unsure.known.called, unsure.known.confidence) == ("unknown", "", None)
    assert unsure.known.facts == ()
    assert unsure.not_proven.needs == ("a log of shop",)


def test_what_is_well_is_said_and_has_no_word_of_doubt() -> None:
    known = found(causes=(), statement="nothing is wrong now").known
    assert known is not None
    assert (known.word, known.statement, known.called) == ("", "nothing is wrong now", "")


def test_facts_are_numbered_and_bear_picture_links_and_the_whole_query() -> None:
    long_query = f'{METRIC}{{job=~"{"a|" * 400}"}}'
    all_facts = (*diagnosis().facts, shift(7))
    told = findings_of(incident(), diagnosis(facts=all_facts), [measured(long_query)], places=PLACES).facts
    assert [one.number for one in told] == list(range(1, 8))
    assert [one.id for one in told][:2] == ["f1", "f2"]
    assert told[1].query == "docker inspect shop"
    assert told[1].series is None
    assert told[1].links == {}
    assert told[6].query == long_query
    assert told[6].series is not None
    assert set(told[6].links) == {"prometheus", "grafana"}


def test_a_query_that_could_steer_or_flood_is_harmless() -> None:
    told = findings_of(incident(), diagnosis(facts=(shift(1),)), [measured("a\x1b[2J\u202e\x00" + "b" * 9000)]).facts
    assert told[0].query.startswith("a[2Jb")
    assert len(told[0].query) <= QUERY_CHARS_MAX


def test_what_came_in_by_itself_was_no_query() -> None:
    alert = fact(1, "alert", "alert Down is firing", evidence="alerts", query="alertmanager")
    assert found(facts=(alert,)).facts[0].query == ""


def test_only_so_many_pictures_are_drawn_and_those_of_causes_come_first() -> None:
    many = tuple(shift(number) for number in range(1, CHARTS_MAX + 20))
    cause = diagnosis().causes[0]
    last = f"f{CHARTS_MAX + 19}"
    cited = type(cause)(1, "shop", "oom", 0.8, "likely", "it is so", (last,))
    told = findings_of(incident(), diagnosis(facts=many, causes=(cited,)), [measured()]).facts
    drawn = {one.id for one in told if one.series is not None}
    assert len(drawn) == CHARTS_MAX
    assert last in drawn


def test_what_is_merely_possible_is_not_proven() -> None:
    (doubt,) = found().not_proven.causes
    assert (doubt.component, doubt.word, doubt.facts, doubt.against) == ("nas", "possible", ("f4",), ("f6",))


def test_what_is_ruled_out_says_why() -> None:
    (out,) = found().ruled_out
    assert (out.component, out.fault, out.facts, out.because) == ("nas", "host_down", ("f6", "f99"), ("nas answers",))


def test_changes_before_the_alert_are_told_the_newest_first() -> None:
    assert [(one.fact, one.seconds_before) for one in found().changes] == [("f3", 17 * 60.0), ("f4", 3 * 3600.0)]


def test_nothing_diagnosed_yet_still_tells_what_was_seen_before() -> None:
    told = findings_of(incident(), None, lessons=[lesson(3)])
    assert told.known is None
    assert told.facts == ()
    assert [one.incident_id for one in told.seen_before] == ["INC-3"]
