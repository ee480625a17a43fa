"""Says what the sentences of `autonomy` come to right now. Only `config check` imports this: it asks every engine."""

from __future__ import annotations

import asyncio

from lamplighter.doctor import Sight, sight
from lamplighter.domain.reach import opening_words
from lamplighter.settings import Settings

NO_SENTENCES = "no sentence in autonomy.auto or autonomy.never"


def sentences(settings: Settings) -> tuple[str, ...]:
    """The mode, each sentence with whom it means now, and what could not be seen."""
    return said(settings, asyncio.run(sight(settings)))


def said(settings: Settings, seen: Sight) -> tuple[str, ...]:
    """The same of what was seen already."""
    opening = opening_words(settings.configuration.autonomy.mode)
    lines = [f'{"never" if each.forbids else "auto"} "{each.text}"\n  {each.words}' for each in seen.reaches]
    blind = [f"I cannot see {system} now: {why}" for system, why in sorted(seen.blind.items())]
    nothing = [] if seen.seen or seen.blind else ["Nothing can be seen: no source here knows what runs"]
    return (opening, *(lines or [NO_SENTENCES]), *blind, *nothing)
