"""What each mode would let be done, by name, to what is there now; and which labels and sentences would let more.

The policy itself is asked, so that nothing is promised that it would refuse. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lamplighter.domain.plan import Action, Offer, Plan, Target, Verb
from lamplighter.domain.policy import Mode, Record, Rules, Ruling, judge
from lamplighter.domain.reach import View, opening_words
from lamplighter.domain.texts import kept_text
from lamplighter.domain.topology import Component

PARTS_MAX = 100
TEXT_BYTES_MAX = 200
# What a sentence can name without a glob or a reserved word.
_PLAIN = re.compile(r"(?!(?:on|where)$)[A-Za-z0-9][A-Za-z0-9_.-]{0,100}")
# What is not known before a plan is made.
NO_PARAMS = {"bytes": "0"}


@dataclass(frozen=True, slots=True)
class Leeway:
    """One mode: whom it would let be restarted alone, whom after a yes, whom never and why.

    `sentence` would let the first that is asked about be restarted alone; empty where none can be written.
    """

    mode: Mode
    words: str
    alone: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    never: tuple[tuple[str, str], ...] = ()
    sentence: str = ""


def leeways(rules: Rules, view: View, now: datetime, frozen: frozenset[str] = frozenset()) -> tuple[Leeway, ...]:
    """The three modes, from the most careful on. Of very many components only the first are judged.

    `frozen` are the ids of targets that nothing may be done to until a person has looked.
    """
    actions = [(part, action) for part in view.components[:PARTS_MAX] if (action := _action(part, view.offers))]
    record = Record(now, frozen=frozen, components=tuple(view.components[:PARTS_MAX]))
    return tuple(_leeway(replace(rules, mode=mode), actions, record) for mode in Mode)


def _sentence(parts: Sequence[Component]) -> str:
    for part in sorted(parts, key=lambda one: one.name):
        sentence = f"restart {part.kind} {part.name}"
        if _PLAIN.fullmatch(part.name) and _PLAIN.fullmatch(part.kind):
            return sentence
    return ""


def _leeway(rules: Rules, actions: Sequence[tuple[Component, Action]], record: Record) -> Leeway:
    words = opening_words(rules.mode)
    if rules.mode is Mode.WATCH:
        return Leeway(rules.mode, words)
    alone: list[str] = []
    asked: list[Component] = []
    never: list[tuple[str, str]] = []
    for part, action in actions:
        verdict = judge(Plan("", 0, part.name, "", 1.0, (action,)), rules, record)
        if verdict.ruling is Ruling.ALLOWED:
            alone.append(_shown(part.name))
        elif verdict.ruling is Ruling.NEEDS_APPROVAL:
            asked.append(part)
        else:
            never.append((_shown(part.name), _shown(verdict.reason)))
    names = tuple(sorted(_shown(part.name) for part in asked))
    return Leeway(rules.mode, words, tuple(sorted(alone)), names, tuple(sorted(never)), _sentence(asked))


def _shown(text: str) -> str:
    return kept_text(text, TEXT_BYTES_MAX)


def _action(part: Component, offers: Sequence[Offer]) -> Action | None:
    """The least that could be done to it; None for what is only looked at."""
    mine = [offer for offer in offers if offer.system == part.system]
    offer = next((one for one in mine if one.verb is Verb.RESTART), mine[0] if mine else None)
    if offer is None:
        return None
    target = Target(part.system, part.kind, part.name, part.id)
    return Action(offer.verb, target, dict(NO_PARAMS), offer.risk, offer.reversible, offer.effect, offer.undo)
