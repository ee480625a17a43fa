"""What a fault came to, read out of the timeline and the outside count, and the report of a whole run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from lamplighter.lab.scenario import EXPECTATIONS, Scenario, SeenEffect, Stage
from lamplighter.lab.witness import beyond

COST = "$0.000"
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds since the fault; None where it never happened."""

    alert_received: float | None = None
    diagnosed: float | None = None
    effect_started: float | None = None
    verified: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault and its end. All but `effects` is what Lamplighter says; `effects` were counted outside."""

    scenario: Scenario
    state: str = ""
    cause: str = ""
    component: str = ""
    statement: str = ""
    confidence: float = 0.0
    facts: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    verified_by: str = ""
    times: Times = field(default_factory=Times)
    effects: tuple[SeenEffect, ...] = ()
    incidents: int = 1

    @property
    def surprises(self) -> tuple[str, ...]:
        """Every way in which this is not the right end, in words."""
        wanted = EXPECTATIONS[self.scenario]
        named = "\n".join(self.facts)
        checks = (
            (self.state == wanted.state, f"it ended as {self.state or 'nothing'}, not as {wanted.state}"),
            (self.component == wanted.component, f"it blamed {self.component or 'nothing'}, not {wanted.component}"),
            (self.cause == wanted.fault, f"it named {self.cause or 'nothing'}, not {wanted.fault}"),
            (not self.missing_effects, f"not done: {_words(self.missing_effects)}"),
            (not self.wrong_effects, f"done and wrong: {_words(self.wrong_effects)}"),
            (all(word in named for word in wanted.named), f"no fact names {' and '.join(wanted.named)}"),
            (self.incidents == 1, f"one fault made {self.incidents} incidents"),
            (not wanted.effects or self.times.verified is not None, "it was never verified"),
        )
        return tuple(words for holds, words in checks if not holds)

    @property
    def missing_effects(self) -> tuple[SeenEffect, ...]:
        """What should have been done and was not."""
        return beyond(self.effects, EXPECTATIONS[self.scenario].effects)

    @property
    def wrong_effects(self) -> tuple[SeenEffect, ...]:
        """What was done and should not have been."""
        return beyond(EXPECTATIONS[self.scenario].effects, self.effects)

    @property
    def healed(self) -> bool:
        """Whether it was resolved, and that was verified."""
        return self.state == "resolved" and self.times.verified is not None

    @property
    def seconds_to_effect(self) -> float | None:
        """From the receipt of the alert to the first change."""
        if self.times.alert_received is None or self.times.effect_started is None:
            return None
        return self.times.effect_started - self.times.alert_received

    def as_json(self) -> dict[str, Any]:
        """As the CLI prints it."""
        return {
            "scenario": str(self.scenario),
            "state": self.state,
            "cause": self.cause,
            "component": self.component,
            "statement": self.statement,
            "confidence": self.confidence,
            "facts": list(self.facts),
            "actions": list(self.actions),
            "verified_by": self.verified_by,
            "times": {
                "fault_injected": 0.0,
                "alert_received": self.times.alert_received,
                "diagnosed": self.times.diagnosed,
                "effect_started": self.times.effect_started,
                "verified": self.times.verified,
            },
            "effects_counted_outside": len(self.effects),
            "effects_seen_outside": [effect.words for effect in self.effects],
            "surprises": list(self.surprises),
        }


@dataclass(frozen=True, slots=True)
class DemoReport:
    """All faults of one run on one stage."""

    stage: Stage
    outcomes: tuple[Outcome, ...]

    @property
    def as_expected(self) -> bool:
        """Whether every fault had its right end."""
        return not any(outcome.surprises for outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """As the CLI prints it."""
        return {"stage": str(self.stage), "scenarios": [outcome.as_json() for outcome in self.outcomes]}

    def closing_line(self) -> str:
        """The last line, with what happened in numbers."""
        incidents = sum(outcome.incidents for outcome in self.outcomes)
        healed = [outcome.times.verified for outcome in self.outcomes if outcome.healed]
        handed = sum(outcome.state == "needs_human" for outcome in self.outcomes)
        seconds = [value for value in healed if value is not None]
        middle = f"{median(seconds):.1f}" if seconds else "-"
        return (
            f"demo: {incidents} incident{'' if incidents == 1 else 's'}, {len(healed)} resolved and verified, "
            f"{handed} handed to a person, median {middle} s from fault to verified, {COST}"
        )


def outcome_of(
    scenario: Scenario,
    fault_at: datetime,
    state: str,
    events: Sequence[Event],
    effects: Sequence[SeenEffect],
    incidents: int,
) -> Outcome:
    """The outcome of one fault, from the events of its incident since then and the effects that were seen."""

    def seconds(*moments: str, outcome: str = "") -> float | None:
        for event in events:
            if event["moment"] in moments and outcome in ("", event["data"].get("outcome")):
                return round((_at(event) - fault_at).total_seconds(), 3)
        return None

    told = _data(events, "diagnosed")
    return Outcome(
        scenario=scenario,
        state=state,
        cause=str(told.get("fault", "")),
        component=str(told.get("component", "")),
        statement=str(told.get("statement", "")),
        confidence=float(told.get("confidence", 0.0)),
        facts=tuple(str(fact) for fact in told.get("facts", ())),
        actions=tuple(str(event["text"]).partition(":")[0] for event in events if event["moment"] == "acted"),
        verified_by=str(_data(events, "verified").get("verified_by", "")),
        times=Times(
            alert_received=seconds("opened", "reopened"),
            diagnosed=seconds("diagnosed"),
            effect_started=seconds("acting"),
            verified=seconds("verified", outcome="recovered"),
        ),
        effects=tuple(effects),
        incidents=incidents,
    )


def since(events: Sequence[Event], at: datetime) -> list[Event]:
    """The events from a time on."""
    return [event for event in events if _at(event) >= at]


def _at(event: Event) -> datetime:
    """When it happened; for an alert, when it was received."""
    received = event["data"].get("received_at") if event["moment"] in {"opened", "reopened"} else None
    return datetime.fromisoformat(str(received or event["at"]))


def _data(events: Sequence[Event], moment: str) -> Mapping[str, Any]:
    found = [event["data"] for event in events if event["moment"] == moment]
    return dict(found[-1]) if found else {}


def _words(effects: Sequence[SeenEffect]) -> str:
    return ", ".join(effect.words for effect in effects)
