"""Breaking something on purpose: a canary that a person starts and ends, and how far one whole incident has come. Pure.

Read off the inventory, the checks and the incident's timeline; nothing of its own is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from lamplighter.domain.check import CheckKind, CheckSpec, Part, SampleState, Watch
from lamplighter.domain.checkup import NO_PEOPLE
from lamplighter.domain.incident import WAITING, Incident, State
from lamplighter.domain.policy import Mode
from lamplighter.domain.texts import kept_text
from lamplighter.domain.timeline import Event, Moment
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Outcome

# Not called after us, nor made from our image: what looks like a part of us is never touched.
CANARY = "rehearsal-canary"
# A glob, because a name would be missed as long as there is no canary.
GLOB = f"{CANARY}*"
ENGINE = "docker"
START = (
    f"docker run -d --name {CANARY} --network none --label lamplighter.allow=restart busybox "
    "sh -c 'trap \"exit 3\" USR1; while :; do sleep 1; done'"
)
# From within, as a fault comes; what is ended through the engine was ended by a person, and is left alone.
BREAK = f"docker exec {CANARY} sh -c 'kill -USR1 1'"
CLEAN = f"docker rm -f {CANARY}"
REVIVE = f"docker start {CANARY}"
CHECK_LINES = f'checks:\n  - {{name: Canary, docker: "{GLOB}", every: 15s}}\n'
ENGINE_LINES = "sources:\n  docker: {}\n"
ASK_LINES = "autonomy: {mode: ask}\n"
RECENT = timedelta(hours=12)
# The list of what runs is read once a minute, so after a fix it may still be the one before.
STALE = timedelta(minutes=2)
TEXT_BYTES_MAX = 400
EVERY = frozenset({"*", "all"})
# How the check ends what it says of a container that it does not miss.
ON_PURPOSE = "on purpose"


class Pace(StrEnum):
    """How far a step is: done, waited for now, later, or not to be expected without a change."""

    DONE = "done"
    NOW = "now"
    LATER = "later"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step. `line` can be copied as it stands, `fix` is advice; `took_seconds` is since the step before.

    Where somebody is told, it is since the end was noticed.
    """

    name: str
    pace: Pace
    words: str
    fix: str = ""
    line: str = ""
    at: datetime | None = None
    took_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What the steps are read off. `checks` are the checks with what each said last.

    `engine` is whether a Docker engine is looked at, `away` why it does not answer; `listens` whether alerts of another
    program are heard.
    """

    now: datetime
    mode: Mode
    components: Sequence[Component]
    checks: Sequence[tuple[CheckSpec, Watch]]
    incidents: Sequence[Incident] = ()
    engine: bool = True
    away: str = ""
    listens: bool = False
    channels: Sequence[str] = ()

    @property
    def canary(self) -> Component | None:
        """As it was last seen."""
        return next((one for one in self.components if (one.system, one.name) == (ENGINE, CANARY)), None)

    @property
    def check(self) -> CheckSpec | None:
        """The check that would notice its end."""
        return next((spec for spec, _ in self.checks if covers(spec)), None)

    @property
    def part(self) -> Part | None:
        """What that check said of it last."""
        watched = [watch.last for spec, watch in self.checks if covers(spec) and watch.last]
        return next((part for last in watched for part in last.parts if part.subject == CANARY), None)


def covers(spec: CheckSpec) -> bool:
    """Whether a check notices the end of a container that has no restart policy."""
    return (
        spec.kind is CheckKind.DOCKER and spec.alerts and spec.target not in EVERY and fnmatchcase(CANARY, spec.target)
    )


def about_canary(scene: Scene) -> Incident | None:
    """The newest incident of the canary, where it belongs to this rehearsal and not to an earlier one."""
    # A label counts only until it is found out what is meant: a yes for the canary must not be one for another.
    mine = [one for one in scene.incidents if (one.component or one.alert.labels.get("container", "")) == CANARY]
    newest = max(mine, key=lambda one: one.opened_at, default=None)
    if newest is None or scene.now - newest.opened_at > RECENT:
        return None
    canary = scene.canary
    down = canary is not None and not canary.running
    over = newest.closed_at is not None and scene.now - newest.closed_at > STALE
    return None if down and over else newest


def rehearsal(scene: Scene, events: Iterable[Event] = ()) -> tuple[Stage, ...]:
    """The steps in their order. `events` is the timeline of `about_canary`."""
    incident = about_canary(scene)
    story = _latest_run(events) if incident else ()
    stages = (
        _seen(scene, incident),
        _noticed(scene, incident, story),
        _cause(incident, story),
        _judged(incident, story),
        _mended(incident, story),
        _verified(incident, story),
        _told(scene, story),
    )
    return _paced(stages)


def is_over(stages: Sequence[Stage]) -> bool:
    """Whether nothing more comes by itself: all is done, or a step that the later ones need is missing."""
    *steps, told = stages
    return any(one.pace is Pace.MISSING for one in steps) or all(
        one.pace in {Pace.DONE, Pace.MISSING} for one in (*steps, told)
    )


def _latest_run(events: Iterable[Event]) -> tuple[Event, ...]:
    """What happened since it was opened, or opened again, last."""
    found = tuple(events)
    begins = [place for place, one in enumerate(found) if one.moment in {Moment.OPENED, Moment.REOPENED}]
    return found[begins[-1] :] if begins else found


def _last(story: Sequence[Event], *moments: Moment) -> Event | None:
    return next((one for one in reversed(story) if one.moment in moments), None)


def _said(event: Event) -> str:
    return kept_text(event.text, TEXT_BYTES_MAX)


def _seen(scene: Scene, incident: Incident | None) -> Stage:
    name = "The canary is seen"
    if scene.canary is not None or scene.part is not None:
        down = _is_down(scene.part) if scene.part else not (scene.canary and scene.canary.running)
        return Stage(name, Pace.DONE, f"{CANARY} {'is down' if down else 'runs'}")
    if not scene.engine:
        return Stage(name, Pace.MISSING, "no Docker engine is among my sources", line=ENGINE_LINES)
    if scene.away:
        words = f"the engine does not answer: {kept_text(scene.away, TEXT_BYTES_MAX)}"
        return Stage(name, Pace.MISSING, words, fix="see What I see already on the page Set-up, or lamplighter doctor")
    if incident is not None:
        return Stage(name, Pace.DONE, "it was there, and is removed by now")
    return Stage(name, Pace.LATER, "I look once a minute, a check of mine more often", line=START)


def _is_down(part: Part) -> bool:
    return part.state is not SampleState.OK or ON_PURPOSE in part.detail


def _noticed(scene: Scene, incident: Incident | None, story: Sequence[Event]) -> Stage:
    name = "Its end is noticed"
    if incident is not None:
        opened = _last(story, Moment.OPENED, Moment.REOPENED)
        at = opened.at if opened else incident.opened_at
        return Stage(name, Pace.DONE, f"{incident.id}: {kept_text(incident.title, TEXT_BYTES_MAX)}", at=at)
    if scene.check is None and not scene.listens:
        words = "nothing would notice: no check covers a container of this name, and no alerts of others come in"
        return Stage(name, Pace.MISSING, words, fix="put this into the file, and start again", line=CHECK_LINES)
    part = scene.part
    if part is not None and part.state is SampleState.OK and ON_PURPOSE in part.detail:
        words = f"{kept_text(part.detail, TEXT_BYTES_MAX)}: what a person ends through the engine is left alone"
        return Stage(
            name, Pace.MISSING, words, fix="start it again, then end it from within", line=f"{REVIVE} && {BREAK}"
        )
    if scene.check is None:
        words = "no check of mine covers it; an alert of yours may, once it comes in"
        fix = f"end it now by {BREAK}; if nothing comes within minutes, put this into the file, and start again"
        return Stage(name, Pace.LATER, words, fix=fix, line=CHECK_LINES)
    return Stage(name, Pace.LATER, f"check {scene.check.name} looks every {scene.check.every_seconds:g} s", line=BREAK)


def _cause(incident: Incident | None, story: Sequence[Event]) -> Stage:
    name = "A cause is found"
    found = _last(story, Moment.DIAGNOSED)
    if found is not None and found.data.get("fault", "x"):
        return Stage(name, Pace.DONE, _said(found), at=found.at)
    return _otherwise(name, incident, story)


def _judged(incident: Incident | None, story: Sequence[Event]) -> Stage:
    name = "It is judged, and asked where the mode says so"
    answered = _last(story, Moment.ANSWERED, Moment.EXPIRED)
    if answered is not None:
        yes = answered.data.get("state") == str(State.APPROVED)
        return Stage(name, Pace.DONE if yes else Pace.MISSING, f"I asked: {_said(answered)}", at=answered.at)
    asked = _last(story, Moment.ASKED)
    if asked is not None and incident is not None and incident.is_open:
        words = f"{_said(asked)} Answer on the page of {incident.id}, on your phone, or here:"
        return Stage(name, Pace.LATER, words, line=f"lamplighter approvals approve {asked.data.get('approval', '')}")
    judged = _last(story, Moment.JUDGED)
    if judged is None:
        return _otherwise(name, incident, story)
    ruling, _, reason = _said(judged).removeprefix("policy: ").partition(": ")
    if ruling == "refused":
        watches = f"mode is {Mode.WATCH}" in reason
        fix, line = ("to be asked instead, put this into the file", ASK_LINES) if watches else ("", "")
        return Stage(name, Pace.MISSING, reason, fix=fix, line=line, at=judged.at)
    if ruling != "allowed" and incident is not None and _has_ended(incident):
        return _otherwise(name, incident, story)
    pace = Pace.DONE if ruling == "allowed" else Pace.LATER
    return Stage(name, pace, reason, at=judged.at if pace is Pace.DONE else None)


def _mended(incident: Incident | None, story: Sequence[Event]) -> Stage:
    name = "It is mended"
    ended = _last(story, Moment.ACTED, Moment.SETTLED, Moment.SKIPPED)
    if ended is None:
        return _otherwise(name, incident, story)
    done = ended.moment is Moment.ACTED and ": done" in ended.text
    return Stage(name, Pace.DONE if done else Pace.MISSING, _said(ended), at=ended.at)


def _verified(incident: Incident | None, story: Sequence[Event]) -> Stage:
    name = "It is verified on fresh data"
    found = _last(story, Moment.VERIFIED)
    if found is None:
        return _otherwise(name, incident, story)
    well = found.data.get("outcome") == str(Outcome.RECOVERED)
    return Stage(name, Pace.DONE if well else Pace.MISSING, _said(found), at=found.at)


def _told(scene: Scene, story: Sequence[Event]) -> Stage:
    name = "Somebody is told"
    sent = [one for one in story if one.moment is Moment.NOTIFIED and one.data.get("channel")]
    taken = [one for one in sent if not one.data.get("failed") and one.data["channel"] not in NO_PEOPLE]
    if taken:
        names = ", ".join(sorted({kept_text(str(one.data["channel"]), TEXT_BYTES_MAX) for one in taken}))
        return Stage(
            name, Pace.DONE, f"{names}: {len(taken)} {'message' if len(taken) == 1 else 'messages'}", at=taken[0].at
        )
    failed = [one for one in sent if one.data.get("failed")]
    if failed:
        return Stage(name, Pace.MISSING, _said(failed[-1]), fix="send a test on the page Set-up, below Tell me where")
    if all(one in NO_PEOPLE for one in scene.channels):
        return Stage(
            name,
            Pace.MISSING,
            "messages go to the log alone",
            fix="connect a phone on the page Set-up, below Tell me where",
        )
    return Stage(name, Pace.LATER, f"by {', '.join(one for one in scene.channels if one not in NO_PEOPLE)}")


def _otherwise(name: str, incident: Incident | None, story: Sequence[Event]) -> Stage:
    """A step that has not happened: because the rest waits for a person, because it ended, or because it is not yet."""
    if incident is None:
        return Stage(name, Pace.LATER, "")
    if incident.held:
        return Stage(name, Pace.MISSING, f"the incident is held: {kept_text(incident.held, TEXT_BYTES_MAX)}")
    if _has_ended(incident):
        last = _last(story, Moment.CLOSED, Moment.MERGED)
        reason = _said(last) if last else f"{incident.id} is {incident.state}"
        return Stage(name, Pace.MISSING, f"it did not come so far: {reason}")
    return Stage(name, Pace.LATER, "")


def _has_ended(incident: Incident) -> bool:
    """Whether no step follows any more, unless it is opened again."""
    return not incident.is_open or incident.state in WAITING


def _paced(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The first that is open is what is waited for; after one that is missing none is. With the times between."""
    made: list[Stage] = []
    before: datetime | None = None
    free = True
    for stage in stages[:-1]:
        pace = Pace.NOW if stage.pace is Pace.LATER and free else stage.pace
        free = free and pace is Pace.DONE
        took = (stage.at - before).total_seconds() if stage.at and before else None
        made.append(replace(stage, pace=pace, took_seconds=took))
        before = stage.at or before
    opened = next((one.at for one in stages if one.at), None)
    told = stages[-1]
    waits = told.pace is Pace.LATER and opened is not None
    took = (told.at - opened).total_seconds() if told.at and opened else None
    return (*made, replace(told, pace=Pace.NOW if waits else told.pace, took_seconds=took))
