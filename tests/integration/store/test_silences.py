"""Silences and edges: written, changed, ended, listed, forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.store import SqlStore

HOUR = timedelta(hours=1)


@pytest.fixture
def silence(now: datetime) -> Silence:
    matchers = (Matcher("service", Op.MATCHES, "web|db\x00"), Matcher("team", Op.UNEQUAL, ""))
    return Silence("", matchers, now, now + HOUR, "ann", "disk swap")


def test_a_silence_gets_an_id_and_is_changed_by_it(store: SqlStore, silence: Silence, now: datetime) -> None:
    kept = store.silences.put(silence)
    assert kept.id == "SIL-1"
    (listed,) = store.silences.listed(now=now)
    assert listed.matchers == (Matcher("service", Op.MATCHES, "web|db\ufffd"), silence.matchers[1])
    changed = store.silences.put(replace(kept, reason="longer", ends_at=now + 2 * HOUR))
    assert (changed.id, changed.reason) == ("SIL-1", "longer")
    assert [one.reason for one in store.silences.listed(now=now + HOUR)] == ["longer"]


def test_another_systems_silence_is_known_by_its_id_there(store: SqlStore, silence: Silence, now: datetime) -> None:
    theirs = replace(silence, origin="alertmanager", outside_id="5f1c")
    first = store.silences.put(theirs)
    again = store.silences.put(replace(theirs, reason="changed there"))
    other = store.silences.put(replace(theirs, origin="other"))
    assert again.id == first.id != other.id
    assert [one.reason for one in store.silences.listed(now=now)] == ["changed there", "disk swap"]


def test_an_ended_silence_is_listed_only_where_it_is_asked_for(
    store: SqlStore, silence: Silence, now: datetime
) -> None:
    kept = store.silences.put(silence)
    coming = store.silences.put(replace(silence, starts_at=now + HOUR, ends_at=now + 2 * HOUR))
    ended = store.silences.end(kept.id, now)
    assert ended.ends_at == now
    assert store.silences.end(kept.id, now + HOUR) == ended
    assert [one.id for one in store.silences.listed(now=now)] == [coming.id]
    assert len(store.silences.listed(now=now, ended_too=True)) == 2
    assert len(store.silences.listed(now=now, ended_too=True, limit=1)) == 1
    with pytest.raises(LookupError):
        store.silences.end("SIL-9", now)


def test_one_that_has_not_begun_ends_before_it_begins(store: SqlStore, silence: Silence, now: datetime) -> None:
    coming = store.silences.put(replace(silence, starts_at=now + HOUR, ends_at=now + 2 * HOUR))
    ended = store.silences.end(coming.id, now)
    assert (ended.starts_at, ended.ends_at) == (now, now)
