"""Which channels are told, how loud and when: by the kind of news, by what people know, and by the hour."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import pytest

from lamplighter.domain.hours import QuietHours
from lamplighter.domain.message import Detail
from lamplighter.domain.pushing import Way
from lamplighter.domain.telling import Told
from lamplighter.ports import Abilities
from lamplighter.testing import FakeChannel
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.posting import Posting
from tests.integration.workflow.conftest import Bench

ASKED = (Told(1, "asked", "chat"),)
NIGHT = QuietHours(time(23), time(7), "UTC", "critical")
MIDNIGHT = datetime(2026, 1, 6, 0, 0, tzinfo=UTC)


@dataclass
class Desk:
    bench: Bench
    quiet: QuietHours | None = None
    chat: FakeChannel = field(default_factory=lambda: FakeChannel("chat"))
    mail: FakeChannel = field(default_factory=lambda: FakeChannel("mail", can=Abilities()))

    @property
    def posting(self) -> Posting:
        briefing = Briefing(self.bench.store, self.bench.clock, "http://ops.lan")
        return Posting(self.bench.store, self.bench.clock, briefing, (self.chat, self.mail), self.quiet)

    def letters(self) -> dict[str, tuple[bool, timedelta]]:
        return {
            one.channel: (one.message.loud, one.due_at - self.bench.clock.now())
            for one in self.bench.store.outbox.listed()
        }


@pytest.fixture
def desk(bench: Bench) -> Desk:
    return Desk(bench)


NOW = timedelta(0)


async def test_what_is_new_goes_to_all_and_is_loud(desk: Desk) -> None:
    assert await desk.posting.tell(await desk.bench.opened(), "opened", ("x",), "", ()) is Way.PUSH
    assert desk.letters() == {"chat": (True, NOW), "mail": (True, NOW)}


async def test_an_end_that_nobody_waited_for_only_changes_what_stands(desk: Desk) -> None:
    assert await desk.posting.tell(await desk.bench.opened(), "resolved", ("x",), "", ()) is Way.EDIT
    assert desk.letters() == {"chat": (False, NOW)}


async def test_an_end_that_people_waited_for_is_loud(desk: Desk) -> None:
    assert await desk.posting.tell(await desk.bench.opened(), "resolved", ("x",), "", ASKED) is Way.PUSH
    assert desk.letters() == {"chat": (True, NOW), "mail": (True, NOW)}


async def test_in_quiet_hours_a_warning_makes_no_sound_and_waits_where_it_would(desk: Desk) -> None:
    desk.quiet = NIGHT
    incident = await desk.bench.opened()
    desk.bench.clock.advance((MIDNIGHT - desk.bench.clock.now()).total_seconds())
    await desk.posting.tell(replace(incident, severity="warning"), "opened", ("x",), "", ())
    assert desk.letters() == {"chat": (False, NOW), "mail": (True, timedelta(hours=7))}


async def test_in_quiet_hours_what_is_critical_wakes_people(desk: Desk) -> None:
    desk.quiet = NIGHT
    incident = await desk.bench.opened()
    desk.bench.clock.advance((MIDNIGHT - desk.bench.clock.now()).total_seconds())
    await desk.posting.tell(incident, "opened", ("x",), "", ())
    assert desk.letters() == {"chat": (True, NOW), "mail": (True, NOW)}


async def test_what_waits_in_the_outbox_counts_as_told(desk: Desk) -> None:
    incident = await desk.bench.opened()
    await desk.posting.tell(incident, "asked", ("x",), "said", ())
    assert {(one.moment, one.channel, one.said) for one in await desk.posting.waiting(incident)} == {
        ("asked", "chat", "said"),
        ("asked", "mail", "said"),
    }


async def test_a_message_about_no_incident_may_go_to_one_channel_alone(desk: Desk) -> None:
    message = desk.posting.briefing.plain("test:1", "test", "a test", Detail())
    assert await desk.posting.announce(message, ["mail"]) == 1
    assert desk.letters() == {"mail": (True, NOW)}
