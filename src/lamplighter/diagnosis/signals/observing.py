"""From a case to the facts that its metrics, logs, traces and alerts give when they are looked at together."""

from __future__ import annotations

from lamplighter.diagnosis.rows import RANGE_TOOLS
from lamplighter.diagnosis.signals.lines import LOG_TOOLS, LOKI
from lamplighter.diagnosis.signals.localising import localise, scene_of
from lamplighter.diagnosis.signals.series import BASELINE, PHASE
from lamplighter.diagnosis.signals.spans import TRACES
from lamplighter.diagnosis.signals.telling import tell
from lamplighter.domain.evidence import Case, Fact

MEASURING = RANGE_TOOLS | {TRACES, LOKI}
ALERTING = frozenset({"alertmanager.alerts"})


def observed(case: Case) -> list[Fact]:
    """The facts, without numbers; none where nothing was measured.

    A set of alerts is a measurement only where nothing better was looked at; one alert alone is the question itself.
    """
    tools = {piece.tool for piece in case.evidence if not piece.error}
    alerts_alone = not tools - ALERTING and (bool(tools) or len(case.alerts) > 1)
    if not tools & MEASURING and not alerts_alone and not _compares_logs(case):
        return []
    scene = scene_of(case)
    return tell(case, scene, localise(scene))


def _compares_logs(case: Case) -> bool:
    """Whether logs were taken of a normal stretch too."""
    logs = [piece for piece in case.evidence if piece.tool in LOG_TOOLS and not piece.error]
    return any(piece.params.get(PHASE) == BASELINE for piece in logs) or (bool(logs) and case.baseline_end is not None)
