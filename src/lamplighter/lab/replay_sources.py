"""The parsers of the receivers, for bodies that come out of a file. Gates are not asked: the file is the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ValidationError

from lamplighter import integrations
from lamplighter.domain.alert import BadSignal
from lamplighter.domain.check import Sample
from lamplighter.ports import Clock, SignalSource, Surroundings


class NoSamples:
    """Samples of checks, of which a stream has none."""

    def keep(self, samples: Sequence[Sample]) -> None:
        """Forget them."""

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:
        """None."""
        del check, start, end
        return ()


class Readers:
    """The signal sources by name, built when they are first wanted, with their part of the configuration."""

    def __init__(self, clock: Clock, configured: Mapping[str, BaseModel]) -> None:
        self._surroundings = Surroundings(clock, (), NoSamples())
        self._configured = configured
        self._built: set[str] = set()
        self._known: dict[str, SignalSource] = {}

    def reader(self, source: str) -> SignalSource:
        """The source's parser. Raises `BadSignal` where there is none of this name."""
        if not source:
            raise BadSignal("body", "nothing in it tells whose it is", "Name the source, with --source or in the line")
        # One system may have several receivers, and only its configuration knows their names.
        for name in (source, *self._configured):
            if source not in self._known:
                self._build(name)
        if source not in self._known:
            raise BadSignal("source", f"there is no source {source[:80]!r}", "See docs/integrations.md for their names")
        return self._known[source]

    def _build(self, name: str) -> None:
        if name in self._built or name not in integrations.doors():
            return
        self._built.add(name)
        integration = integrations.load(name)
        try:
            config = self._configured.get(name) or integration.config()
        except ValidationError:
            # It cannot be used without being configured, so it receives nothing either.
            return
        roles = integration.build(config, self._surroundings)
        self._known.update({source.name: source for source in roles.sources})
