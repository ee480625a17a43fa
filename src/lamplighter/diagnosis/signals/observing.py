"""From a case to the facts that its metrics, logs, traces and alerts give when they are looked at together."""

from __future__ import annotations

from lamplighter.diagnosis.rows import RANGE_TOOLS
from lamplighter.diagnosis.signals.lines import LOG_TOOLS, LOKI, lines_of, taken_apart
from lamplighter.diagnosis.signals.localising import localise, scene_of
from lamplighter.diagnosis.signals.novelty import news_of
from lamplighter.diagnosis.signals.spans import TRACES
from lamplighter.diagnosis.signals.telling import news_facts, tell
from lamplighter.domain.evidence import Case, Fact

MEASURING = RANGE_TOOLS | {TRACES, LOKI}
ALERTING = frozenset({"alertmanager.alerts"})


def observed(case: Case) -> list[Fact]:
    """The facts, without numbers; none where nothing was measured.

    A set of alerts is a measurement only where nothing better was looked at; one alert alone is the question itself.
    """
    tools = {piece.tool for piece in case.evidence if not piece.error}
    alerts_alone = not tools - ALERTING and (bool(tools) or len(case.alerts) > 1)
    if tools & MEASURING or alerts_alone or taken_apart(case):
        scene = scene_of(case)
        return tell(case, scene, localise(scene))
    # Logs that begin before the trouble tell what is new in them, and point at nobody.
    return news_facts(case, news_of(*lines_of(case))) if tools & LOG_TOOLS else []
