"""Which incidents are asked for, as query parameters say it; the same for the API and the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lamplighter.domain.incident import CLOSED, State
from lamplighter.ports import Sought, Wanted
from lamplighter.settings.values import duration_seconds
from lamplighter.web.cursors import CURSOR_PATTERN
from lamplighter.web.problems import Problem

PAGE_MAX = 200
WORDS = {"open": frozenset(State) - CLOSED, "closed": CLOSED}
Placement = Literal["opens", "joins", "reopens", "clears", "suppresses", "set_aside", "waits"]
Severity = Literal["critical", "warning", "info", "none"]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _status(word: str) -> str:
    lowered = word.lower()
    if lowered not in WORDS and lowered not in set(State):
        raise ValueError(f"write open, closed, or a state: {', '.join(State)}")
    return lowered


class IncidentQuery(BaseModel):
    """Filters, all of which must hold, and which page of them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: Annotated[list[State], Field(max_length=20, description="only these states; repeatable")] = []
    status: Annotated[
        str,
        Field(max_length=40, description="open, closed, or one state; upper case is the same"),
        AfterValidator(_status),
    ] = ""
    severity: Annotated[list[Severity], Field(max_length=4, description="only these; repeatable")] = []
    component: Annotated[Text, Field(description="the component in trouble, as it is named")] = ""
    q: Annotated[Text, Field(description="words in the title, the component or the names of alerts")] = ""
    since: Annotated[str, Field(max_length=40, description="opened since: ISO 8601, or how long ago: 24h")] = ""
    until: Annotated[str, Field(max_length=40, description="opened before: ISO 8601, or how long ago: 24h")] = ""
    flapping: Annotated[bool | None, Field(description="only those that flap, or only those that do not")] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50
    cursor: Annotated[str, Field(pattern=CURSOR_PATTERN, description="`next` of the page before")] = ""

    @property
    def asked(self) -> dict[str, object]:
        """What a cursor is bound to: all but which page."""
        return self.model_dump(mode="json", exclude={"limit", "cursor"})

    def wanted(self, now: datetime) -> Wanted:
        """The same for the store. Raises `Problem` 422."""
        return Wanted(
            states=self._states(),
            severities=tuple(dict.fromkeys(self.severity)),
            component=self.component.strip(),
            text=self.q.strip(),
            since=moment("since", self.since, now),
            until=moment("until", self.until, now),
            flapping=self.flapping,
        )

    def _states(self) -> tuple[State, ...]:
        if not self.status:
            return tuple(dict.fromkeys(self.state))
        word = self.status
        among = WORDS[word] if word in WORDS else frozenset({State(word)})
        found = tuple(state for state in State if state in among and (not self.state or state in self.state))
        if not found:
            words = ", ".join(self.state)
            raise Problem(422, "nothing-asked", f"no state is both {word} and one of {words}", "leave one of them out")
        return found


class AlertQuery(BaseModel):
    """Filters on the journal, all of which must hold, and which page of it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    source: Annotated[Text, Field(description="whose alerts, as in the receiver's path")] = ""
    incident: Annotated[Text, Field(description="those that went to this incident: INC-7")] = ""
    placement: Annotated[Placement | Literal[""], Field(description="where they went; waits: not placed yet")] = ""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50
    cursor: Annotated[str, Field(pattern=CURSOR_PATTERN, description="`next` of the page before")] = ""

    @property
    def asked(self) -> dict[str, object]:
        """What a cursor is bound to: all but which page."""
        return {"list": "alerts", **self.filters}

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        return {key: value for key in ("source", "incident", "placement") if (value := getattr(self, key))}

    @property
    def sought(self) -> Sought:
        """The same for the store."""
        return Sought(self.source.strip(), self.incident.strip().upper(), self.placement)


def moment(key: str, text: str, now: datetime) -> datetime | None:
    """A time written as ISO 8601 (UTC where no zone is said) or as a duration before now. Raises `Problem` 422."""
    if not text.strip():
        return None
    try:
        return now - timedelta(seconds=duration_seconds(text))
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        detail = f"{key}: {text[:40]!r} is no time"
        raise Problem(
            422, "invalid", detail, 'write it such as "2026-01-05T22:00:00Z", or "24h" for a day ago'
        ) from problem
