"""What the rules let be done right now, by name, and what they forbid, in sentences. Policy judges plans, not this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lamplighter.domain.plan import Action, Offer, Target, Verb
from lamplighter.domain.policy import ALLOW_LABEL, DENIED_ONLY, GRANTS, Mode, Rules, Sentence, forbidden, parse_sentence
from lamplighter.domain.topology import Component

NAMES_SHOWN_MAX = 12
HELD_SHOWN_MAX = 5
SAYING = {
    "restart": "restart",
    "start": "start",
    "limits": "raise the memory limit of",
    "*": "restart, start or resize",
}
DENYING = {**SAYING, "stop": "restart", "delete": "delete"}
LABEL_SENTENCES = tuple(
    parse_sentence(f"{word} * where label {ALLOW_LABEL}={word}") for word in ("restart", "start", "limits", "*")
)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one sentence comes to now: whom it means, and whom it would mean if nothing forbade it, with the reason.

    `idle` says that it forbids what nothing here can do.
    """

    text: str
    forbids: bool
    names: tuple[str, ...]
    held_back: tuple[tuple[str, str], ...] = ()
    words: str = ""
    idle: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What runs and what may be done to it, as far as can be seen, and the engines that cannot be seen now."""

    components: Sequence[Component] = ()
    offers: Sequence[Offer] = ()
    blind: Sequence[str] = ()


def reaches(rules: Rules, view: View) -> tuple[Reach, ...]:
    """One for each sentence of `auto`, for what labels allow in mode auto, and for each sentence of `never`."""
    granting = [*rules.auto]
    if rules.mode is Mode.AUTO:
        known = [sentence for sentence in LABEL_SENTENCES if any(_means(sentence, part) for part in view.components)]
        granting += known
    granted = (_granted(sentence, rules, view) for sentence in granting)
    return (*granted, *(_denied(sentence, view) for sentence in rules.never))


def opening_words(mode: Mode) -> str:
    """What the mode alone says, before any sentence."""
    if mode is Mode.WATCH:
        return "mode watch: I only look, whatever the sentences below say"
    if mode is Mode.ASK:
        return "mode ask: I ask before every change, but for what a sentence below lets me do alone"
    return "mode auto: I do alone what a sentence or a label lets me do, and ask before the rest"


def _granted(sentence: Sentence, rules: Rules, view: View) -> Reach:
    verbs = GRANTS[sentence.verb]
    names: list[Component] = []
    held: list[tuple[str, str]] = []
    for part in view.components:
        if not _means(sentence, part):
            continue
        offered = [offer.verb for offer in view.offers if offer.system == part.system and offer.verb in verbs]
        reasons = [forbidden(_action(verb, part), part, rules) for verb in offered]
        if not offered:
            held.append((part.name, f"{part.system} offers nothing of the kind"))
        elif all(reasons):
            held.append((part.name, reasons[0]))
        else:
            names.append(part)
    verb = SAYING[sentence.verb]
    found = (
        f"This lets me {verb} {_counted(names)} now: {_listed(names)}"
        if names
        else _nothing(sentence, verb, held, view)
    )
    tail = "; ".join(f"not {name}: {reason}" for name, reason in held[:HELD_SHOWN_MAX])
    more = f" (and {len(held) - HELD_SHOWN_MAX} more)" if len(held) > HELD_SHOWN_MAX else ""
    words = f"{found}{f'; {tail}{more}' if tail else ''}"
    return Reach(sentence.text, False, tuple(part.name for part in names), tuple(held), words)


def _nothing(sentence: Sentence, verb: str, held: list[tuple[str, str]], view: View) -> str:
    if view.blind:
        return f"Whom this lets me {verb} I cannot tell now: I cannot see {', '.join(view.blind)}"
    kind = "nothing" if sentence.kind == "*" else f"no {sentence.kind}"
    why = "all that it means is held back" if held else f"I see {kind} that it means"
    return f"This lets me {verb} nothing now: {why}"


def _denied(sentence: Sentence, view: View) -> Reach:
    # A sentence that forbids what cannot be done at all, such as a delete, still says whom it means.
    parts = [part for part in view.components if _means(sentence, part)]
    verb = DENYING[sentence.verb]
    if sentence.verb == "delete":
        words = "This forbids what I cannot do anyway: nothing here deletes"
    elif parts:
        words = f"This forbids me to {verb} {_counted(parts)} now: {_listed(parts)}"
    else:
        words = f"This forbids me to {verb} nothing that I see now"
    return Reach(sentence.text, True, tuple(part.name for part in parts), (), words, sentence.verb == "delete")


def _means(sentence: Sentence, part: Component) -> bool:
    verbs = {**GRANTS, **DENIED_ONLY}[sentence.verb] or frozenset({Verb.RESTART})
    any_verb = next(iter(sorted(verbs)))
    speaking = sentence if sentence.verb != "delete" else Sentence(sentence.text, "*", *_place(sentence))
    return speaking.covers(_action(any_verb, part), part)


def _place(sentence: Sentence) -> tuple[str, str, str]:
    return sentence.kind, sentence.by, sentence.value


def _action(verb: Verb, part: Component) -> Action:
    return Action(verb, Target(part.system, part.kind, part.name, part.id))


def _counted(parts: Sequence[Component]) -> str:
    kinds = {part.kind for part in parts}
    word = next(iter(kinds)) if len(kinds) == 1 else "thing"
    plural = f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{len(parts)} {word if len(parts) == 1 else plural}"


def _listed(parts: Sequence[Component]) -> str:
    names = sorted({part.name for part in parts})
    more = f", and {len(names) - NAMES_SHOWN_MAX} more" if len(names) > NAMES_SHOWN_MAX else ""
    return ", ".join(names[:NAMES_SHOWN_MAX]) + more
