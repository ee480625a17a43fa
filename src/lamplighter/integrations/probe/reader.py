"""Asks a check again when its own alert is to be verified."""

from __future__ import annotations

from lamplighter.domain.alert import Alert
from lamplighter.domain.check import CheckSpec, reading_of, spec_of
from lamplighter.domain.verification import Reading
from lamplighter.integrations.probe.runner import Runner, query_of


class CheckReader:
    """Runs the check that an alert came from, now."""

    def __init__(self, checks: tuple[CheckSpec, ...], runner: Runner) -> None:
        self._checks = checks
        self._runner = runner

    async def read(self, alert: Alert) -> Reading | None:
        """The check now; None where the alert is not from a check that is configured and looks from here."""
        spec = spec_of(alert, self._checks)
        if spec is None or not self._runner.runs(spec):
            return None
        return reading_of(spec, alert, await self._runner.sample(spec), query_of(spec))
