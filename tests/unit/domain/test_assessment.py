"""A verdict on a cause names the cause and who said it; the newest counts."""

from __future__ import annotations

from lamplighter.domain.assessment import KEY, assessed, assessment_words, verdict_of
from lamplighter.domain.cause import Cause
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.testing import NOON

CAUSE = Cause(1, "nas", "disk_full", 0.9, "confirmed", "the disk is full", ())


def said(by: str, verdict: object) -> Event:
    return Event("INC-1", f"1:{by}", NOON, Moment.COMMENTED, Crew.PERSON, "words", {"by": by, KEY: verdict})


def test_it_says_who_what_and_why() -> None:
    assert assessment_words("anna", CAUSE, right=True) == "anna: right cause, disk_full of nas"
    assert assessment_words("anna", CAUSE, "it was the cable", right=False).endswith("of nas: it was the cable")
    told = assessment_words("anna", CAUSE, "the cable was out", "switch", right=False)
    assert told == "anna: wrong cause, disk_full of nas; it was switch: the cable was out"


def test_the_newest_verdict_counts_and_its_author_is_called_by_name() -> None:
    events = [said("kim", verdict_of(right=True)), said("telegram:7", verdict_of(right=False))]
    assert assessed(events, Nicknames({"telegram:7": "anna"})) == "wrong cause, says anna (telegram)"
    assert assessed(events[:1], Nicknames()) == "right cause, says kim"


def test_other_events_are_no_verdicts() -> None:
    assert assessed([said("kim", "maybe"), said("kim", None)], Nicknames()) == ""
