"""The Communicator of the crew, put together: what posts, delivers, hears, sums up the night, gives signs of life."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from lamplighter.domain.check import SampleState
from lamplighter.domain.hours import QuietHours
from lamplighter.ports import Clock, Store, Switch
from lamplighter.workflow.amending import Amending
from lamplighter.workflow.answering import Answering, Wakes
from lamplighter.workflow.blindness import Blindness
from lamplighter.workflow.briefing import Briefing
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.correlator import Correlator
from lamplighter.workflow.following import Following
from lamplighter.workflow.listening import Listening
from lamplighter.workflow.morning import Morning
from lamplighter.workflow.patrol import Patrol
from lamplighter.workflow.posting import Posting
from lamplighter.workflow.postman import Postman
from lamplighter.workflow.remarks import Hush, Remarks
from lamplighter.workflow.sign_of_life import SignOfLife
from lamplighter.workflow.surveying import Surveying
from lamplighter.workflow.world import World

# Channels that cannot be slow or away are told at once; all others by the outbox.
AT_ONCE = frozenset({"log"})


@dataclass(frozen=True, slots=True)
class Manners:
    """Where and when people are told: the site's address, its time zone, the quiet hours, the digest's hour."""

    site_url: str = ""
    zone: str = "UTC"
    quiet: QuietHours | None = None
    digest: time | None = None
    answer_seconds: float = 900.0


@dataclass(slots=True)
class Communicator:
    """The parts that tell people and hear their answers."""

    posting: Posting
    postman: Postman
    answering: Answering
    amending: Amending
    listening: Listening
    morning: Morning
    blindness: Blindness
    following: Following
    sign_of_life: SignOfLife

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What runs, by name."""
        return {
            "postman": self.postman.run(),
            "listening": self.listening.run(),
            "morning": self.morning.run(),
            "blindness": self.blindness.run(),
            "following": self.following.run(),
            "sign of life": self.sign_of_life.run(),
        }


@dataclass(frozen=True, slots=True)
class Watched:
    """The parts that know which sources cannot be seen, and whether this process leads."""

    surveying: Surveying
    patrol: Patrol
    correlator: Correlator

    def unseen(self) -> Mapping[str, str]:
        """The engines and checks that cannot be seen now, each with its error."""
        checks = {
            _check(name): watch.last.detail
            for name, watch in tuple(self.patrol.watches.items())
            if watch.last is not None and watch.last.state is SampleState.CANNOT_SEE
        }
        return {**self.surveying.away, **checks}

    def looked(self) -> frozenset[str]:
        """What was looked at in this life, by the same names."""
        return self.surveying.looked | {_check(name) for name in tuple(self.patrol.looked)}

    def leads(self) -> bool:
        """Whether this process is the one that places, and so the one that listens and sums up."""
        return self.correlator.leads

    def listens(self) -> bool:
        """The same, and still so while the store is away: a pause is obeyed without it."""
        return self.correlator.leads or self.correlator.lease.was_ours


def _check(name: str) -> str:
    return f"the check {name}"


def make_posting(store: Store, clock: Clock, world: World, manners: Manners) -> Posting:
    """The desk where letters are written."""
    briefing = Briefing(store, clock, manners.site_url, manners.zone, called=world.nicknames)
    channels = tuple(channel for channel in world.channels if channel.name not in AT_ONCE)
    return Posting(store, clock, briefing, channels, manners.quiet)


def make_communicator(
    chronicle: Chronicle,
    posting: Posting,
    world: World,
    manners: Manners,
    response: Wakes,
    switch: Switch,
    watched: Watched,
    hush: Hush,
) -> Communicator:
    """Join the parts."""
    store, clock = chronicle.store, chronicle.clock
    briefing, asked = posting.briefing, manners.answer_seconds
    postman = Postman(store, clock, briefing, chronicle.news, posting.channels)
    posting.rung = postman.ring
    remarks = Remarks(store, clock, chronicle, briefing, hush)
    answering = Answering(store, clock, chronicle, posting, briefing, response, switch, remarks, asked)
    listeners = tuple(listener for role in world.roles for listener in role.listeners)
    heartbeats = tuple(heartbeat for role in world.roles for heartbeat in role.heartbeats)
    blindness = Blindness(store, clock, posting, watched.unseen, watched.looked, watched.leads)
    return Communicator(
        posting=posting,
        postman=postman,
        answering=answering,
        amending=Amending(store, chronicle, response, switch),
        listening=Listening(listeners, answering, clock, watched.listens),
        morning=Morning(store, clock, posting, manners.digest, manners.zone, blindness.unseen, watched.leads),
        blindness=blindness,
        following=Following(store, clock, posting, watched.leads),
        sign_of_life=SignOfLife(heartbeats, clock, postman.counts, store.ready),
    )
