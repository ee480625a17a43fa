"""A whole incident is muted where all that fires in it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.alert import JournalEntry
from lamplighter.domain.incident import Incident
from lamplighter.testing import NOON, firing, resolved
from lamplighter.workflow.muting import Muting, NothingMuted
from tests.unit.workflow.conftest import FakeMutes, MemoryStore, incident_of, member_of

LEAD, OTHER = firing(), firing("Other")
WORDS = "silenced until 16:00"


@pytest.fixture
def muted(store: MemoryStore) -> Incident:
    incident = replace(incident_of("INC-1", JournalEntry(1, NOON, LEAD)), component="store")
    return store.incidents.add(incident, member_of("INC-1", LEAD))


async def test_the_leads_words_are_said(store: MemoryStore, muted: Incident) -> None:
    assert await Muting(store, FakeMutes({"store": WORDS})).now(muted) == WORDS
    assert await Muting(store, NothingMuted()).now(muted) == ""


async def test_one_that_fires_unmuted_keeps_it_loud(store: MemoryStore, muted: Incident) -> None:
    store.incidents.add(muted, member_of("INC-1", OTHER, "front"))
    assert await Muting(store, FakeMutes({"store": WORDS})).now(muted) == ""
    assert await Muting(store, FakeMutes({"store": WORDS, "front": "x"})).now(muted) == WORDS


async def test_what_is_over_does_not_count(store: MemoryStore, muted: Incident) -> None:
    store.incidents.add(muted, member_of("INC-1", resolved(OTHER, NOON), "front"))
    assert await Muting(store, FakeMutes({"store": WORDS})).now(muted) == WORDS
