"""Asks a check again when its own alert is to be verified."""

from __future__ import annotations

from lamplighter.domain.alert import Alert
from lamplighter.domain.check import SOURCE, CheckSpec, SampleState
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.integrations.probe.runner import Runner, query_of

STATES = {
    SampleState.OK: SignalState.CLEAR,
    SampleState.FAILING: SignalState.FIRING,
    SampleState.CANNOT_SEE: SignalState.NO_DATA,
}


class CheckReader:
    """Runs the check that an alert came from, now."""

    def __init__(self, checks: tuple[CheckSpec, ...], runner: Runner) -> None:
        self._checks = {spec.name: spec for spec in checks}
        self._runner = runner

    async def read(self, alert: Alert) -> Reading | None:
        """The check now; None where the alert is not from a check that is configured."""
        spec = self._checks.get(alert.labels.get("check", "")) if alert.source == SOURCE else None
        if spec is None:
            return None
        sample = await self._runner.sample(spec)
        return Reading(STATES[sample.state], sample.at, query_of(spec), sample.detail)
