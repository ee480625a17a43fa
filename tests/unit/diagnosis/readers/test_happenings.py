from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers.happenings import Happening, event_facts
from lamplighter.domain.evidence import Evidence

LOOK = Evidence("e1", "journalctl", "web1", {}, "text/plain", "", datetime(2026, 3, 1, tzinfo=UTC))


def test_an_end_that_was_ordered_is_forced_and_others_are_not() -> None:
    told = [Happening(100.0, "die", 1.0), Happening(200.0, "stop"), Happening(201.0, "die", 143.0, 15.0)]
    facts = {fact.values["action"]: fact for fact in event_facts(LOOK, told, component="api")}
    assert (facts["die"].number("count"), facts["die"].number("unforced")) == (2.0, 1.0)
    assert facts["die"].component == "api"
    assert (
        facts["die"].text == "engine event die of api, 2 times, the last with exit code 143, signal 15 at 00:03:21 UTC"
    )


def test_what_came_before_the_last_start_is_past() -> None:
    told = [Happening(100.0, "oom"), Happening(101.0, "die", 137.0), Happening(110.0, "start")]
    facts = {fact.values["action"]: fact.number("since_start") for fact in event_facts(LOOK, told)}
    assert (facts["oom"], facts["die"]) == (0.0, 0.0)
