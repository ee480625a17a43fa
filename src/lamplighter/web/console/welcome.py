"""The first steps: what is seen already, what could be connected, who is told, how far it may go, and a first try.

Everything is read off what is so now; the page keeps nothing, and writes no file.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lamplighter.app import protected_names
from lamplighter.domain.access import Right
from lamplighter.domain.checkup import HEARING, Health
from lamplighter.domain.first_steps import Progress, Seen, finding_rows, inventory_rows, steps
from lamplighter.domain.leeway import leeways
from lamplighter.domain.letter import Letter, LetterState
from lamplighter.domain.nearby import Vantage, merged, nearby
from lamplighter.domain.policy import Mode
from lamplighter.domain.reach import View
from lamplighter.domain.redaction import redact
from lamplighter.domain.rehearsal import BREAK, CLEAN, START, Pace, Stage
from lamplighter.settings import Settings
from lamplighter.settings.drafting import LEFT_OUT, channel_lines, draft
from lamplighter.settings.export import as_yaml
from lamplighter.settings.load import FILE_NAME
from lamplighter.web.console.hub import Key, Sheet
from lamplighter.web.console.making import Maker
from lamplighter.web.context import Context
from lamplighter.web.pairing_view import UNDER_SYSTEMD, Pairing, from_outside, owner, pairing_of, vantage_of
from lamplighter.web.reach import address
from lamplighter.web.rehearsal import standing
from lamplighter.web.session import why_not

LETTERS_MAX = 200
TOPIC_DIGITS = 20
SIGNS = {Seen.YES: "✓", Seen.NO: "✗", Seen.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True)
class Told:
    """A channel, and how the newest message on it ended."""

    name: str
    seen: Seen
    words: str


@dataclass(frozen=True, slots=True)
class Played:
    """How far the rehearsal on a canary has come, with the lines to copy."""

    stages: Sequence[Stage]
    incident: str
    start: str = START
    end: str = BREAK
    clean: str = CLEAN

    @classmethod
    def of(cls, here: Context) -> Self:
        """As it stands. Blocks; raises `StoreUnavailable`."""
        return cls(*standing(here.app))

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(one.pace is Pace.DONE for one in self.stages)


@dataclass(frozen=True, slots=True)
class Welcome:
    """Makes the page of the first steps."""

    maker: Maker

    def sheet(self, here: Context, key: Key) -> Sheet:
        """All of it. Blocks; raises `StoreUnavailable`."""
        app = here.app
        settings, parts = app.settings, app.surveying.components
        mode = settings.configuration.autonomy.mode
        where = vantage_of(app)
        topic = topic_of(app.signing_key)
        found = nearby(parts, connected(settings), where, topic)
        channels = told(
            [channel.name for channel in app.communicator.posting.channels], app.store.outbox.listed(limit=LETTERS_MAX)
        )
        rules = settings.configuration.autonomy.rules(protected_names(settings))
        view = View(parts, app.world.offers, sorted(app.surveying.away))
        scopes = leeways(rules, view, app.clock.now(), frozenset(app.store.ledger.frozen()))
        alone = next((one.sentence for one in scopes if one.mode is Mode.ASK), "")
        prefix = from_outside(where)
        pairing = _pairing(here, key, where)
        whole = draft(settings, merged(found), topic, url_of(settings, where), pairing.found)
        return self.maker.sheet(
            "welcome.html",
            ("welcome",),
            steps=steps(self._progress(here, channels)),
            signs=SIGNS,
            seen=inventory_rows(parts, app.surveying.away, looked=bool(app.surveying.looked) or not app.world.systems),
            findings=finding_rows(here.rounds.found.get("findings", ()), {part.system for part in parts}),
            looked=bool(here.rounds.found),
            nearby=[(one, as_yaml(one.tree) if one.tree else "") for one in found],
            channels=channels,
            channel_lines=channel_lines(topic),
            pairing=pairing,
            no_test=why_not(key.person, Right.OPERATE),
            leeways=scopes,
            present=mode,
            mode_lines={str(one): as_yaml({"autonomy": {"mode": str(one)}}) for one in Mode},
            alone=sentence_lines(settings, alone) if alone else "",
            prefix=prefix,
            rehearsal=Played.of(here),
            demo="docker compose run --rm demo" if where.service else f"{prefix}lamplighter demo",
            file=str(settings.file.resolve()) if settings.file else place_of(where),
            written=settings.file is not None,
            whole=whole,
            partial=LEFT_OUT in whole,
            again=again(where),
        )

    @staticmethod
    def _progress(here: Context, channels: Sequence[Told]) -> Progress:
        app = here.app
        configuration = app.settings.configuration
        listens = any(getattr(app.settings.sources.get(name), "url", "") for name in HEARING)
        works = [one for one in here.rounds.found.get("findings", ()) if one["health"] == Health.OK]
        return Progress(
            components=len(app.surveying.components),
            blind=len(app.surveying.away),
            listens=listens or bool(configuration.checks),
            hears=any(one["area"] == "checks" or (listens and one["name"] in HEARING) for one in works),
            channels=len(channels),
            delivered=sum(one.seen is Seen.YES for one in channels),
            mode=str(configuration.autonomy.mode),
            incidents=sum(app.store.incidents.counts().values()),
        )


def told(names: Sequence[str], letters: Sequence[Letter]) -> list[Told]:
    """Each channel with the newest of its letters, which come newest first."""
    return [_told(name, next((one for one in letters if one.channel == name), None)) for name in names]


def _told(name: str, letter: Letter | None) -> Told:
    if letter is None:
        return Told(name, Seen.UNKNOWN, "whether a message arrives was not tried yet")
    if letter.state is LetterState.SENT:
        return Told(name, Seen.YES, "took the newest message")
    if letter.state is LetterState.DEAD or letter.problem:
        return Told(name, Seen.NO, f"did not take the newest message: {redact(letter.problem) or 'it was given up'}")
    return Told(name, Seen.UNKNOWN, "the newest message is on its way")


def connected(settings: Settings) -> dict[str, str]:
    """The integrations that somebody gave an address or other values, with the address."""
    sources = {name: str(getattr(part, "url", "") or "") for name, part in settings.sources.items()}
    channels = {name: str(getattr(part, "url", "") or "") for name, part in settings.channels.items()}
    return {**{name: url for name, url in sources.items() if url}, **channels}


def sentence_lines(settings: Settings, sentence: str) -> str:
    """The lines with one more sentence; those that are set stay, and in mode watch no sentence would count."""
    autonomy = settings.configuration.autonomy
    mode = Mode.ASK if autonomy.mode is Mode.WATCH else autonomy.mode
    return as_yaml({"autonomy": {"mode": str(mode), "auto": [*map(str, autonomy.auto), sentence]}})


def topic_of(secret: str) -> str:
    """A name to publish under that nobody guesses, the same at each look: whoever knows it can read along."""
    digits = hmac.new(secret.encode(), b"ntfy topic", hashlib.sha256).hexdigest()[:TOPIC_DIGITS]
    return f"lamplighter-{digits}"


def url_of(settings: Settings, where: Vantage) -> str:
    """How people reach this server, where that can be known: not where only this machine or a container's own is."""
    host = settings.configuration.server.host
    if where.inside or host in {"127.0.0.1", "::1", "localhost"}:
        return ""
    return address(settings.configuration)


def place_of(where: Vantage) -> str:
    """Where the file is looked for at the next start."""
    return f"/config/{FILE_NAME}" if where.inside else str(Path.cwd() / FILE_NAME)


def _pairing(here: Context, key: Key, where: Vantage) -> Pairing:
    """It is for admins, and where Telegram is not set."""
    if "telegram" in here.app.settings.channels or why_not(key.person, Right.ADMINISTER):
        return Pairing(offered=False)
    csrf = key.wanted.get("csrf", "")
    return pairing_of(here, owner(key.person, csrf), csrf, where)


def again(where: Vantage, environ: Mapping[str, str] = os.environ) -> str:
    """The line that starts it again, as it was started."""
    if where.inside:
        return f"docker compose restart {where.service}" if where.service else f"docker restart {where.own}"
    return "sudo systemctl restart lamplighter" if UNDER_SYSTEMD in environ else "lamplighter serve"
