"""A message is safe before it is kept: no secret, no control character, no endless text."""

from __future__ import annotations

from dataclasses import replace

from lamplighter.domain.incident import State
from lamplighter.domain.message import ITEMS_MAX, KINDS, LINES_MAX, TEXT_BYTES_MAX, Kind, safe
from tests.unit.domain.letters import ALL, KNOWN, changed

SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def test_no_text_of_a_message_keeps_a_secret_or_a_control_character() -> None:
    bad = f"token={SECRET} \x1b[2J\u202e"
    detail = changed(KNOWN, cause=bad, evidence=(bad,), ask=bad, council=bad, next_steps=(bad,), items=(bad,))
    made = safe(replace(ALL["ask"], title=bad, lines=(bad,), detail=detail))
    assert SECRET not in repr(made)
    assert not {"\x1b", "\u202e"} & set("".join((made.title, *made.lines, made.detail.cause, *made.detail.evidence)))


def test_what_is_endless_is_cut() -> None:
    long = "x" * 100_000
    made = safe(replace(ALL["ask"], title=long, lines=(long,) * 500, detail=changed(KNOWN, items=(long,) * 500)))
    assert len(made.lines) == LINES_MAX
    assert len(made.detail.items) == ITEMS_MAX
    assert max(map(len, (made.title, *made.lines, *made.detail.items))) <= TEXT_BYTES_MAX


def test_every_state_that_ends_or_acts_has_a_text_and_an_expiry_has_its_own() -> None:
    for state in (State.APPROVED, State.EXECUTING, State.VERIFYING, State.RESOLVED, State.SELF_CLEARED, State.REJECTED):
        assert str(state) in KINDS
    assert ALL["expired"].kind is Kind.EXPIRED
    assert replace(ALL["needs_you"], moment="rolled_back").kind is Kind.NEEDS_YOU
    assert replace(ALL["storm"], moment="held-20260101T000000").kind is Kind.STORM
