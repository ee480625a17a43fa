"""The one JSON object that a diagnosis is printed as."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from lamplighter.domain.cause import Cause, Diagnosis, RuledOut
from lamplighter.domain.evidence import Fact
from lamplighter.reports.diagnosis_answer import answer_of, stamp

AT = datetime(2023, 4, 18, 20, 5, tzinfo=UTC)


def test_every_key_of_the_format_is_there() -> None:
    found = Diagnosis(
        causes=(
            Cause(
                1,
                "db",
                "slow_queries",
                0.78,
                "likely",
                "db became slow",
                ("f3",),
                ("f4",),
                immediate=("look",),
                prevention=("index",),
            ),
        ),
        facts=(Fact("f3", "e1", "db", "metric_shift", "latency rose", AT, "latency_average", {"secret": 1.0}),),
        ruled_out=(RuledOut("web", "crash_loop", ("f5",)),),
        statement="db became slow",
        elapsed_seconds=0.04,
    )
    assert answer_of("c1", found) == {
        "case": "c1",
        "causes": [
            {
                "rank": 1,
                "component": "db",
                "fault": "slow_queries",
                "confidence": 0.78,
                "word": "likely",
                "statement": "db became slow",
                "facts": ["f3"],
                "against": ["f4"],
                "immediate": ["look"],
                "prevention": ["index"],
            }
        ],
        "facts": [
            {
                "id": "f3",
                "evidence": "e1",
                "component": "db",
                "kind": "metric_shift",
                "at": "2023-04-18T20:05:00Z",
                "text": "latency rose",
                "query": "latency_average",
            }
        ],
        "ruled_out": [{"component": "web", "fault": "crash_loop", "because": ["f5"]}],
        "undetermined": False,
        "needs": [],
        "statement": "db became slow",
        "engine": "rules",
        "elapsed_seconds": 0.04,
    }


def test_an_undetermined_answer_says_what_it_needs() -> None:
    answer = answer_of("c1", Diagnosis(undetermined=True, needs=("a log of db",)))
    assert (answer["causes"], answer["undetermined"], answer["needs"]) == ([], True, ["a log of db"])
    assert json.loads(json.dumps(answer)) == answer


def test_times_are_utc_to_the_second() -> None:
    assert stamp(AT.astimezone(timezone(timedelta(hours=2)))) == "2023-04-18T20:05:00Z"
    assert stamp(None) is None
