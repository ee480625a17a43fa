from typing import Any

from lamplighter.lab.telling import FACTS_MAX, lines_of


def event(moment: str, text: str = "", **data: object) -> dict[str, Any]:
    return {"moment": moment, "text": text, "data": data}


def test_the_alert_is_told_by_its_title() -> None:
    assert lines_of(event("opened", "no open incident has this fingerprint"), 1.24, "shop is failing") == [
        "    1.2 s  alert     shop is failing"
    ]


def test_a_cause_is_told_with_confidence_and_facts() -> None:
    facts = [f"f{number}: fact" for number in range(FACTS_MAX + 3)]
    lines = lines_of(
        event("diagnosed", component="orders", confidence=0.871, statement="orders hangs", facts=facts), 2.0, "x"
    )
    assert lines[0].endswith("cause     87% sure: orders hangs")
    assert [line.strip() for line in lines[1:]] == [f"[f{number}: fact]" for number in range(FACTS_MAX)]


def test_an_undetermined_cause_is_told_in_its_own_words() -> None:
    (line,) = lines_of(event("diagnosed", "undetermined; needs more evidence"), 2.0, "x")
    assert line.endswith("undetermined; needs more evidence")


def test_what_only_matters_to_machines_is_left_out() -> None:
    assert lines_of(event("gathered", "21 pieces"), 1.0, "x") == []


def test_an_event_stays_on_one_line() -> None:
    (line,) = lines_of(event("acted", "start store: failed:\n\tit ended"), 3.0, "x")
    assert line.endswith("start store: failed: it ended")


def test_the_end_is_told_by_its_state_and_the_reason_where_a_person_needs_it() -> None:
    (handed,) = lines_of(event("closed", "correct the value", state="needs_human"), 3.0, "x")
    assert handed.endswith("end       needs_human: correct the value")
    (resolved,) = lines_of(event("closed", "recovered: clear for 2 s", state="resolved"), 3.0, "x")
    assert resolved.endswith("end       resolved")
