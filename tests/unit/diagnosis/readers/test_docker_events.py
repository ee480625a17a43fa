from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence


def _event(action: str, second: float, **attributes: str) -> dict[str, object]:
    nanos = int((1795224700 + second) * 1e9)
    return {"status": action, "Type": "container", "Action": action, "time": nanos // 10**9, "timeNano": nanos} | {
        "Actor": {"ID": "abc", "Attributes": {"image": "bb:1", "name": "store"} | attributes}
    }


def _look(content: str) -> Evidence:
    return Evidence("e1", "docker.events", "store", {}, "application/json", content, datetime(2026, 11, 21, tzinfo=UTC))


KILLED = [_event("start", 0), _event("exec_start: sh", 1), _event("oom", 2), _event("die", 2.5, exitCode="137")]


def test_events_are_read_by_action_oldest_first() -> None:
    facts = read(_look(json.dumps(KILLED)))
    assert [fact.values["action"] for fact in facts] == ["start", "oom", "die"]
    assert facts[2].number("exit_code") == 137.0
    assert facts[2].number("since_start") == 1.0


def test_the_engines_own_stream_of_lines_is_read_alike() -> None:
    lines = "\n".join(json.dumps(event) for event in KILLED)
    assert read(_look(lines)) == read(_look(json.dumps(KILLED)))


def test_a_stop_before_the_last_start_is_over() -> None:
    events = [_event("stop", 0), _event("die", 0), _event("start", 3)]
    facts = {fact.values["action"]: fact for fact in read(_look(json.dumps(events)))}
    assert facts["stop"].number("since_start") == 0.0


def test_repeated_deaths_are_counted() -> None:
    events = [_event(action, second) for second in range(6) for action in ("die", "start")]
    facts = {fact.values["action"]: fact for fact in read(_look(json.dumps(events)))}
    assert facts["die"].number("count") == 6.0


def test_no_events_are_no_facts_and_rubbish_is_one() -> None:
    assert read(_look("[]")) == []
    assert [fact.kind for fact in read(_look("{"))] == ["unreadable"]
    assert [fact.kind for fact in read(_look(""))] == ["unreadable"]
