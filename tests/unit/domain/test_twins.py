from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lamplighter.domain.quiet import Dated
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.domain.twins import (
    Agreed,
    Holds,
    alike,
    forgotten,
    may_go_out,
    of_system,
    pairs,
    settled,
    shape,
)

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOWN = (Matcher("alertname", Op.EQUAL, "Down"),)
OURS = Silence("s1", DOWN, NOW - HOUR, NOW + HOUR, "alice", "disks", "lamplighter", "am-1")
THEIRS = Dated("s1", DOWN, NOW - HOUR, NOW + HOUR, "alice", "disks", "lamplighter", "am-1", NOW - HOUR)
AGREED = Agreed(shape(OURS), shape(THEIRS))
LONGER = NOW + 2 * HOUR


def test_the_same_needs_nothing() -> None:
    assert settled(OURS, THEIRS, AGREED, None, NOW) is Holds.BOTH
    assert settled(OURS, THEIRS, None, None, NOW) is Holds.BOTH


def test_the_side_that_was_changed_holds() -> None:
    assert settled(replace(OURS, ends_at=LONGER), THEIRS, AGREED, None, NOW) is Holds.OURS
    assert settled(OURS, replace(THEIRS, ends_at=LONGER), AGREED, None, NOW) is Holds.THEIRS
    assert settled(replace(OURS, ends_at=NOW), THEIRS, AGREED, None, NOW) is Holds.OURS
    assert settled(OURS, replace(THEIRS, ends_at=NOW), AGREED, None, NOW) is Holds.THEIRS


def test_of_two_changes_the_later_one_holds() -> None:
    ours = replace(OURS, ends_at=LONGER)
    theirs = replace(THEIRS, ends_at=NOW, changed_at=NOW - timedelta(minutes=5))
    assert settled(ours, theirs, AGREED, NOW - timedelta(minutes=4), NOW) is Holds.OURS
    assert settled(ours, theirs, AGREED, NOW - timedelta(minutes=6), NOW) is Holds.THEIRS
    assert settled(ours, theirs, AGREED, None, NOW) is Holds.THEIRS


def test_what_the_other_only_writes_in_its_own_way_is_no_change() -> None:
    theirs = replace(THEIRS, reason="disks (edited)")
    assert settled(OURS, theirs, Agreed(shape(OURS), shape(theirs)), None, NOW) is Holds.BOTH


def test_what_was_not_seen_since_is_held_against_what_we_wrote() -> None:
    written = Agreed(shape(OURS), None)
    assert settled(OURS, replace(THEIRS, ends_at=NOW), written, None, NOW) is Holds.THEIRS
    assert settled(replace(OURS, ends_at=NOW), THEIRS, written, None, NOW) is Holds.OURS


def test_after_a_restart_an_end_of_our_own_holds() -> None:
    ended = replace(OURS, ends_at=NOW - timedelta(minutes=1))
    assert settled(ended, THEIRS, None, None, NOW) is Holds.OURS
    revived = replace(THEIRS, changed_at=NOW)
    assert settled(ended, revived, None, None, NOW) is Holds.THEIRS


def test_after_a_restart_what_another_system_made_is_believed() -> None:
    mirror = replace(OURS, origin="alertmanager", ends_at=NOW - timedelta(minutes=1))
    assert settled(mirror, THEIRS, None, None, NOW) is Holds.THEIRS
    assert settled(OURS, replace(THEIRS, ends_at=NOW), None, None, NOW) is Holds.THEIRS


def test_what_is_over_on_both_sides_is_left_alone() -> None:
    ours, theirs = replace(OURS, ends_at=NOW), replace(THEIRS, ends_at=NOW - HOUR)
    assert settled(ours, theirs, None, None, NOW) is Holds.BOTH


def test_a_start_that_has_passed_makes_no_difference() -> None:
    assert alike(OURS, replace(THEIRS, starts_at=NOW), NOW)
    assert not alike(OURS, replace(THEIRS, starts_at=NOW + timedelta(minutes=1)), NOW)
    assert alike(OURS, replace(THEIRS, ends_at=OURS.ends_at + timedelta(milliseconds=999)), NOW)


def test_twins_are_found_by_our_id_and_by_theirs() -> None:
    mirror = replace(OURS, id="s2", origin="alertmanager", outside_id="am-2")
    by_tag = replace(THEIRS, outside_id="am-9")
    by_outside = replace(THEIRS, id="", origin="alertmanager", outside_id="am-2")
    found = pairs((OURS, mirror), (by_tag, by_outside), "alertmanager", NOW)
    assert found.both == ((OURS, by_tag), (mirror, by_outside))
    assert (found.unknown, found.missing) == ((), ())


def test_an_edit_that_made_a_new_one_there_is_followed_and_the_old_one_is_nothing() -> None:
    new = replace(THEIRS, outside_id="am-2", ends_at=LONGER)
    old = replace(THEIRS, ends_at=NOW)
    found = pairs((OURS,), (new, old), "alertmanager", NOW)
    assert found.both == ((OURS, new),)
    assert (found.unknown, found.missing) == ((), ())


def test_what_is_alone() -> None:
    stranger = replace(THEIRS, id="another-lamplighters", outside_id="am-7")
    over = replace(THEIRS, id="", outside_id="am-8", ends_at=NOW)
    ended = replace(OURS, id="s3", outside_id="", ends_at=NOW)
    elsewhere = replace(OURS, id="s4", origin="grafana", outside_id="g-1")
    found = pairs((OURS, ended, elsewhere), (stranger, over), "alertmanager", NOW)
    assert found.both == ()
    assert found.unknown == (stranger,)
    assert found.missing == (OURS,)


def test_a_silence_that_has_ended_here_is_recognized_there() -> None:
    ended = replace(OURS, ends_at=NOW - HOUR)
    assert pairs((ended,), (THEIRS,), "alertmanager", NOW).both == ((ended, THEIRS),)


def test_only_what_another_system_understands_as_we_do_goes_out() -> None:
    named = Matcher("component", Op.EQUAL, "db")
    all_but = Matcher("component", Op.UNEQUAL, "db")
    assert may_go_out(OURS)
    assert may_go_out(replace(OURS, matchers=(*DOWN, named)))
    # There no alert has this label, so all of them would be muted.
    assert not may_go_out(replace(OURS, matchers=(*DOWN, all_but)))
    assert not may_go_out(replace(OURS, matchers=(*DOWN, Matcher("component", Op.MATCHES, "db|"))))
    assert not may_go_out(replace(OURS, origin="alertmanager"))


def test_a_system_that_tells_no_times_is_taken_as_it_is() -> None:
    (one,) = of_system((OURS,))
    assert isinstance(one, Dated)
    assert (one.changed_at, shape(one), one.outside_id) == (None, shape(OURS), "am-1")


def test_agreements_on_what_is_gone_are_forgotten() -> None:
    agreed = {("alertmanager", "s1"): AGREED, ("alertmanager", "s9"): AGREED}
    assert forgotten(agreed, (OURS,)) == (("alertmanager", "s9"),)
