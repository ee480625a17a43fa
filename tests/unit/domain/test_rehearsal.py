"""Each step of the rehearsal is read off what is so; what is missing has its reason, and a line that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, Part, Sample, SampleState, Watch
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.policy import Mode
from lamplighter.domain.rehearsal import (
    ASK_LINES,
    BREAK,
    CANARY,
    CHECK_LINES,
    CLEAN,
    ENGINE_LINES,
    GLOB,
    REVIVE,
    START,
    Pace,
    Scene,
    Stage,
    about_canary,
    covers,
    is_over,
    rehearsal,
)
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.topology import Component
from lamplighter.testing import NOON, firing

RUNS = Component("docker", "container", CANARY, "id-canary")
DOWN = replace(RUNS, running=False)
SPEC = CheckSpec("Canary", CheckKind.DOCKER, GLOB, every_seconds=15.0)
LETTERS = {Pace.DONE: "d", Pace.NOW: "n", Pace.LATER: "l", Pace.MISSING: "m"}


def watching(
    state: SampleState = SampleState.OK, detail: str = "runs", spec: CheckSpec = SPEC
) -> tuple[CheckSpec, Watch]:
    parts = (Part(CANARY, state, f"{CANARY} {detail}"),)
    return spec, Watch(last=Sample(spec.name, NOON, state, detail, parts=parts))


def scene(**more: Any) -> Scene:  # noqa: ANN401 - fields of the scene
    given: dict[str, Any] = {"mode": Mode.ASK, "components": (RUNS,), "checks": ((SPEC, Watch()),)}
    return Scene(**{"now": NOON, "channels": ("log", "telegram"), **given, **more})


def incident(state: State = State.ANALYSING, **more: Any) -> Incident:  # noqa: ANN401 - fields of the incident
    alert = firing("Canary is failing", container=CANARY)
    first = Incident("INC-9", "Canary: it ended", state, "critical", alert.trouble, alert, NOON, NOON, component=CANARY)
    return replace(first, **more)


def event(seconds: float, moment: Moment, text: str = "x", **data: object) -> Event:
    at = NOON + timedelta(seconds=seconds)
    return Event("INC-9", f"{moment}{seconds}", at, moment, Crew.MONITOR, text, dict(data))


OPENED = event(0, Moment.OPENED)
FOUND = event(1, Moment.DIAGNOSED, "it crashed", fault="process_crashed")
REFUSED = "policy: refused: mode is watch: I only look; I would start it"
WHOLE = (
    OPENED,
    event(0.5, Moment.NOTIFIED, "told log", channel="log"),
    event(2, Moment.NOTIFIED, "told telegram", channel="telegram"),
    FOUND,
    event(3, Moment.JUDGED, "policy: needs_approval: mode ask"),
    event(4, Moment.ASKED, "may I?", approval="INC-9-ab"),
    event(9, Moment.ANSWERED, "anna said yes", state="approved"),
    event(10, Moment.ACTED, "start it: done: HTTP 204"),
    event(40, Moment.VERIFIED, "recovered", outcome="recovered"),
    event(41, Moment.CLOSED, "clear"),
)


def paces(stages: Sequence[Stage]) -> str:
    return "".join(LETTERS[one.pace] for one in stages)


def test_before_it_begins_the_canary_is_waited_for() -> None:
    stages = rehearsal(scene(components=()))
    assert paces(stages) == "nllllll"
    assert stages[0].line == START
    assert not is_over(stages)


def test_once_it_is_seen_its_end_is_waited_for() -> None:
    for one in (scene(), scene(components=(), checks=(watching(),))):
        stages = rehearsal(one)
        assert paces(stages) == "dnlllll"
        assert "check Canary looks every 15 s" in stages[1].words
        assert stages[1].line == BREAK


@pytest.mark.parametrize(
    ("more", "place", "words", "line"),
    [
        ({"components": (), "engine": False}, 0, "no Docker engine", ENGINE_LINES),
        ({"components": (), "away": "refused"}, 0, "does not answer: refused", ""),
        ({"checks": ()}, 1, "nothing would notice", CHECK_LINES),
        ({"checks": (watching(detail="was stopped by somebody, off on purpose"),)}, 1, "left alone", REVIVE),
        ({"channels": ("log",)}, 6, "to the log alone", ""),
    ],
)
def test_what_is_missing_is_said_with_what_mends_it(more: dict[str, Any], place: int, words: str, line: str) -> None:
    stage = rehearsal(scene(**more))[place]
    assert stage.pace is Pace.MISSING
    assert words in stage.words
    assert stage.line.startswith(line)
    assert stage.line or stage.fix


def test_where_others_alert_too_it_waits_for_theirs_and_says_what_would_help() -> None:
    stage = rehearsal(scene(checks=(), listens=True))[1]
    assert stage.pace is Pace.NOW
    assert BREAK in stage.fix
    assert stage.line == CHECK_LINES


@pytest.mark.parametrize(
    ("spec", "does"),
    [
        (SPEC, True),
        (replace(SPEC, target="*"), False),
        (replace(SPEC, target="all"), False),
        (replace(SPEC, target="rehearsal-*"), True),
        (replace(SPEC, target="other"), False),
        (replace(SPEC, alerts=False), False),
        (replace(SPEC, kind=CheckKind.PROCESS), False),
    ],
)
def test_only_a_check_that_means_it_whatever_its_policy_covers_it(spec: CheckSpec, *, does: bool) -> None:
    assert covers(spec) is does


def test_a_whole_incident_ticks_all_steps_with_the_times_between() -> None:
    closed = incident(State.RESOLVED, closed_at=NOON + timedelta(seconds=41))
    stages = rehearsal(scene(incidents=(closed,)), WHOLE)
    assert paces(stages) == "ddddddd"
    assert [one.took_seconds for one in stages] == [None, None, 1.0, 8.0, 1.0, 30.0, 2.0]
    assert "INC-9" in stages[1].words
    assert "anna said yes" in stages[3].words
    assert "telegram: 1 message" in stages[6].words
    assert is_over(stages)


def test_a_question_is_waited_for_with_the_line_that_answers_it() -> None:
    stages = rehearsal(scene(incidents=(incident(State.AWAITING_APPROVAL),)), WHOLE[:6])
    assert paces(stages) == "dddnlld"
    assert stages[3].line == "lamplighter approvals approve INC-9-ab"
    assert not is_over(stages)


def test_in_watch_mode_it_says_what_it_would_have_done() -> None:
    story = (OPENED, FOUND, event(2, Moment.JUDGED, REFUSED), event(3, Moment.CLOSED, "mode is watch"))
    stages = rehearsal(scene(mode=Mode.WATCH, incidents=(incident(State.NEEDS_HUMAN),)), story)
    assert paces(stages) == "dddmmmn"
    assert "I would start it" in stages[3].words
    assert stages[3].line == ASK_LINES
    assert is_over(stages)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ((event(9, Moment.ANSWERED, "anna said no", by="x"),), 3),
        ((event(9, Moment.EXPIRED, "nobody answered in time"),), 3),
        ((*WHOLE[6:7], event(10, Moment.SKIPPED, "the switch is pressed")), 4),
        ((*WHOLE[6:7], event(10, Moment.ACTED, "start it: failed: HTTP 500")), 4),
        ((*WHOLE[6:8], event(40, Moment.VERIFIED, "unchanged", outcome="unchanged")), 5),
    ],
)
def test_where_it_stops_short_the_reason_stands_at_that_step(more: tuple[Event, ...], place: int) -> None:
    stages = rehearsal(scene(incidents=(incident(State.NEEDS_HUMAN),)), (*WHOLE[:6], *more))
    assert paces(stages)[: place + 1] == "d" * place + "m"
    assert more[-1].text in stages[place].words
    assert is_over(stages)


def test_a_message_that_did_not_arrive_is_no_message() -> None:
    story = (OPENED, event(1, Moment.NOTIFIED, "telegram did not take it: 403", channel="telegram", failed="true"))
    stage = rehearsal(scene(incidents=(incident(),)), story)[6]
    assert (stage.pace, stage.words) == (Pace.MISSING, "telegram did not take it: 403")


def test_only_the_latest_run_of_an_incident_counts() -> None:
    story = (*WHOLE, event(60, Moment.REOPENED, "again"))
    stages = rehearsal(scene(incidents=(incident(),)), story)
    assert paces(stages) == "ddnllln", stages
    assert stages[1].at == NOON + timedelta(seconds=60)


def test_an_earlier_rehearsal_is_not_taken_for_this_one() -> None:
    old = incident(State.RESOLVED, closed_at=NOON, updated_at=NOON)
    later = NOON + timedelta(minutes=10)
    assert about_canary(scene(now=later, components=(DOWN,), incidents=(old,))) is None
    assert about_canary(scene(now=later, components=(RUNS,), incidents=(old,))) is old
    # The list of what runs may be older than the fix.
    assert about_canary(scene(now=NOON + timedelta(seconds=30), components=(DOWN,), incidents=(old,))) is old
    assert about_canary(scene(now=NOON + timedelta(days=1), incidents=(old,))) is None
    other = replace(old, component="web", alert=firing("x", container="web"))
    assert about_canary(scene(incidents=(other,))) is None


def test_after_the_clean_up_the_ticks_stay() -> None:
    closed = incident(State.RESOLVED, closed_at=NOON)
    assert paces(rehearsal(scene(components=(), incidents=(closed,)), WHOLE)) == "ddddddd"


def test_an_incident_that_is_held_says_by_what() -> None:
    stages = rehearsal(scene(incidents=(incident(State.RECEIVED, held="maintenance: night"),)), (OPENED,))
    assert stages[2].words == "the incident is held: maintenance: night"


def test_the_lines_name_the_canary_and_nothing_that_looks_like_a_part_of_us() -> None:
    for line in (START, BREAK, CLEAN):
        assert CANARY in line
    assert "lamplighter" not in CANARY
    assert "docker kill" not in BREAK


def test_a_question_that_ended_unanswered_is_waited_for_no_more() -> None:
    closed = incident(State.SELF_CLEARED, closed_at=NOON)
    stages = rehearsal(scene(incidents=(closed,)), (*WHOLE[:6], event(20, Moment.CLOSED, "it cleared by itself")))
    assert paces(stages) == "dddmmmd"
    assert stages[3].words == "it did not come so far: it cleared by itself"
    assert is_over(stages)


def test_an_incident_that_went_into_another_says_into_which() -> None:
    merged = incident(State.MERGED, closed_at=NOON, merged_into="INC-4")
    stages = rehearsal(scene(incidents=(merged,)), (OPENED, event(2, Moment.MERGED, "merged into INC-4: one cause")))
    assert paces(stages) == "ddmmmmn"
    assert stages[2].words.endswith("merged into INC-4: one cause")
    assert is_over(stages)


def test_what_was_undone_waits_for_a_person() -> None:
    stages = rehearsal(scene(incidents=(incident(State.ROLLED_BACK),)), WHOLE[:8])
    assert paces(stages) == "dddddmd"
    assert "INC-9 is rolled_back" in stages[5].words


def test_a_label_that_says_canary_of_another_component_begins_no_rehearsal() -> None:
    other = incident(State.AWAITING_APPROVAL, component="db")
    stages = rehearsal(scene(incidents=(other,)), WHOLE[:6])
    assert about_canary(scene(incidents=(other,))) is None
    assert not any("approve" in stage.line for stage in stages)
    unknown = incident(State.RECEIVED, component="")
    assert about_canary(scene(incidents=(unknown,))) is unknown


def test_advice_says_on_which_page_because_a_terminal_shows_it_too() -> None:
    for more, place in (({"components": (), "away": "refused"}, 0), ({"channels": ("log",)}, 6)):
        assert "on the page Set-up" in rehearsal(scene(**more))[place].fix


def test_what_was_stopped_on_purpose_is_not_said_to_run() -> None:
    stopped = watching(detail="was stopped by somebody (exit code 137), off on purpose")
    assert rehearsal(scene(checks=(stopped,)))[0].words == f"{CANARY} is down"
    assert rehearsal(scene(checks=(watching(),)))[0].words == f"{CANARY} runs"
