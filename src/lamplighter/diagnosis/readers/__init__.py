"""One reader for each kind of evidence: raw text or JSON in, unnumbered facts out. A reader never judges."""

from __future__ import annotations

from lamplighter.diagnosis.readers.alertmanager import read_alerts
from lamplighter.diagnosis.readers.docker_events import read_events
from lamplighter.diagnosis.readers.docker_inspect import read_inspect
from lamplighter.diagnosis.readers.docker_stats import read_stats
from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.draft import Reader, draft, owner, shown
from lamplighter.diagnosis.readers.log_lines import read_log
from lamplighter.diagnosis.readers.probes import read_probe
from lamplighter.diagnosis.readers.prometheus import read_prometheus
from lamplighter.diagnosis.readers.supervisor_status import read_status
from lamplighter.domain.evidence import Evidence, Fact

READERS: dict[str, Reader] = {
    "docker.inspect": read_inspect,
    "docker.events": read_events,
    "docker.stats": read_stats,
    "supervisor.status": read_status,
    "http.probe": read_probe,
    "tcp.probe": read_probe,
    "process.probe": read_probe,
    "df": read_probe,
    "prometheus.query": read_prometheus,
    "prometheus.query_range": read_prometheus,
    "alertmanager.alerts": read_alerts,
}


def read(evidence: Evidence) -> list[Fact]:
    """The facts in one piece of evidence, by its tool; text that no reader claims is read as a log. Never raises."""
    if evidence.error:
        said = f"{evidence.tool} of {owner(evidence) or 'nothing named'} failed: {evidence.error}"
        values: dict[str, str | float] = {"tool": evidence.tool, "error": shown(evidence.error)}
        return [draft(evidence, "look_failed", said, values)]
    try:
        return READERS.get(evidence.tool, read_log)(evidence)
    except Unreadable as problem:
        said = f"{evidence.tool} of {owner(evidence) or 'nothing named'} cannot be read: {problem}"
        return [draft(evidence, "unreadable", said, {"tool": evidence.tool})]
