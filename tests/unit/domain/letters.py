"""One message for each moment that people are told of, as one night with Jellyfin would bring them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lamplighter.domain.incident import State
from lamplighter.domain.message import Detail, Message

BEGAN = datetime(2026, 11, 3, 2, 31, tzinfo=UTC)
ZONE = "Europe/London"
URL = "https://ops.home.lan/incidents/INC-142"
CAUSE = "the container was killed for memory (limit 2 GiB), after the update 10.10.7 to 10.11.0 at 02:14"
EVIDENCE = (
    "docker: OOMKilled=true, exit 137, 02:31",
    "memory rose from 0.9 to 2.0 GiB since 02:14 (prometheus)",
    "image changed at 02:14 (docker events)",
)
KNOWN = Detail(
    since=BEGAN,
    cause=CAUSE,
    word="likely",
    confidence=0.82,
    evidence=EVIDENCE,
    ask="restart jellyfin",
    effect="about 15 s down, playback stops",
    undo="nothing to undo",
    council="3 of 3 for it",
    plan_hash="9c1f02ab9c1f02ab9c1f02ab",
    approval_id="INC-142-9c1f02ab",
    expires_at=BEGAN + timedelta(minutes=19),
    next_steps=("raise the memory limit to 3 GiB in /opt/media/compose.yaml",),
)


def message(
    moment: str, lines: tuple[str, ...], minutes: float, state: State, detail: Detail, title: str = "Jellyfin is down"
) -> Message:
    return Message(
        key=f"INC-142:{moment}",
        incident_id="INC-142",
        moment=moment,
        state=state,
        severity="critical",
        title=title,
        lines=lines,
        at=BEGAN + timedelta(minutes=minutes),
        zone=ZONE,
        url=URL,
        detail=detail,
    )


def without_incident(moment: str, title: str, lines: tuple[str, ...], detail: Detail) -> Message:
    return Message(f"{moment}:1", "", moment, State.RECEIVED, "warning", title, lines, BEGAN, ZONE, detail=detail)


def changed(detail: Detail, **values: object) -> Detail:
    fields = {name: getattr(detail, name) for name in Detail.__slots__}
    return Detail(**fields | values)


ANSWERED = changed(KNOWN, answered_by="anna (telegram)", answered_at=BEGAN + timedelta(minutes=5))
TRIED = changed(ANSWERED, tried=("restart jellyfin: done: started again",))
ALL: dict[str, Message] = {
    "detected": message(
        "opened", ("HTTP 502 for 2 min (was 200)",), 2, State.ANALYSING, Detail(since=BEGAN, affected=("nas",))
    ),
    "ask": message("asked", ("may I restart jellyfin?",), 4, State.AWAITING_APPROVAL, KNOWN),
    "running": message("executing", ("restart jellyfin",), 5, State.EXECUTING, ANSWERED),
    "resolved": message(
        "resolved",
        ("clear for 30 s on fresh data: HTTP 200",),
        6.2,
        State.RESOLVED,
        changed(TRIED, checked="recovered: clear for 30 s on fresh data: HTTP 200, memory 0.8 GiB"),
    ),
    "needs_you": message(
        "needs_human",
        ("likely (82%): killed for memory", "unchanged: still firing: killed again after 40 s"),
        14,
        State.NEEDS_HUMAN,
        TRIED,
    ),
    "self_cleared": message(
        "self_cleared", ("over without us: HTTP 200",), 0.66, State.SELF_CLEARED, Detail(since=BEGAN)
    ),
    "storm": message(
        "storm",
        (
            "a storm: 12 troubles began within ten seconds",
            "11 incidents wait in line, 2 of them critical",
            "INC-143 jellyfin is down",
            "INC-144 sonarr is down",
            "INC-145 radarr is down",
        ),
        1,
        State.RECEIVED,
        Detail(since=BEGAN),
        "NAS unreachable",
    ),
    "denied": message(
        "rejected",
        ("anna (telegram) said no",),
        6,
        State.REJECTED,
        changed(ANSWERED, reason="not while guests are here"),
    ),
    "expired": message(
        "needs_human", ("nobody answered in time",), 19, State.NEEDS_HUMAN, changed(KNOWN, expired=True)
    ),
    "digest": without_incident(
        "digest",
        "2 problems, 1 fixed, 1 needs you",
        (),
        Detail(
            items=(
                "Needs you: INC-142 Jellyfin is down",
                "Fixed: INC-140 DNS does not answer, 48 s",
                "Gone by itself: INC-141 Jellyfin blip, 40 s",
                "I cannot see pve1: 401",
            )
        ),
    ),
    "blind": without_incident(
        "blind", "pve1", ("HTTP 401",), Detail(since=BEGAN, next_steps=("see whether pve1 lets me in",))
    ),
}
