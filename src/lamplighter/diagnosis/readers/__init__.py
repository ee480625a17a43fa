"""One reader for each kind of evidence: raw text or JSON in, unnumbered facts out. A reader never judges."""

from __future__ import annotations

from collections.abc import Mapping

from lamplighter.diagnosis.readers.alertmanager import read_alerts
from lamplighter.diagnosis.readers.ansible_runs import read_runs
from lamplighter.diagnosis.readers.disk_table import read_df
from lamplighter.diagnosis.readers.docker_df import read_space
from lamplighter.diagnosis.readers.docker_images import read_engine_journal
from lamplighter.diagnosis.readers.docker_inspect import read_inspect
from lamplighter.diagnosis.readers.docker_ps import read_containers
from lamplighter.diagnosis.readers.docker_stats import read_stats
from lamplighter.diagnosis.readers.document import BREAKS, Unreadable, with_plain_digits
from lamplighter.diagnosis.readers.draft import Reader, draft, owner, shown
from lamplighter.diagnosis.readers.grafana_annotations import read_annotations
from lamplighter.diagnosis.readers.host_state import read_host
from lamplighter.diagnosis.readers.iostat import read_iostat
from lamplighter.diagnosis.readers.journal import read_journal
from lamplighter.diagnosis.readers.log_lines import read_log
from lamplighter.diagnosis.readers.loki import read_streams
from lamplighter.diagnosis.readers.memory_table import read_free
from lamplighter.diagnosis.readers.network_tools import read_network
from lamplighter.diagnosis.readers.packages import read_packages
from lamplighter.diagnosis.readers.postgresql import (
    read_activity,
    read_locks,
    read_refusal,
    read_replication,
    read_statements,
)
from lamplighter.diagnosis.readers.probes import read_probe
from lamplighter.diagnosis.readers.process_table import read_ps
from lamplighter.diagnosis.readers.prometheus import read_prometheus
from lamplighter.diagnosis.readers.prometheus_metadata import read_metadata
from lamplighter.diagnosis.readers.prometheus_rules import read_rules
from lamplighter.diagnosis.readers.prometheus_targets import read_targets
from lamplighter.diagnosis.readers.proxmox_nodes import read_nodes
from lamplighter.diagnosis.readers.proxmox_resources import read_resources
from lamplighter.diagnosis.readers.proxmox_status import read_guest
from lamplighter.diagnosis.readers.proxmox_storage import read_storage
from lamplighter.diagnosis.readers.proxmox_tasks import read_tasks
from lamplighter.diagnosis.readers.psql_tables import read_psql
from lamplighter.diagnosis.readers.queue_tables import read_queues
from lamplighter.diagnosis.readers.redis_info import read_redis
from lamplighter.diagnosis.readers.supervisor_status import read_status
from lamplighter.diagnosis.readers.systemctl import read_systemctl
from lamplighter.diagnosis.readers.tls import read_tls
from lamplighter.diagnosis.readers.traces import read_traces
from lamplighter.diagnosis.readers.uptime import read_uptime
from lamplighter.domain.evidence import Evidence, Fact

READERS: dict[str, Reader] = {
    "docker.inspect": read_inspect,
    "docker.events": read_engine_journal,
    "docker.stats": read_stats,
    "supervisor.status": read_status,
    "http.probe": read_probe,
    "tcp.probe": read_probe,
    "process.probe": read_probe,
    "tls.probe": read_tls,
    "df": read_df,
    "free": read_free,
    "ps": read_ps,
    "iostat": read_iostat,
    "proxmox.resources": read_resources,
    "uptime": read_uptime,
    "host.state": read_host,
    "packages.changes": read_packages,
    "systemctl.status": read_systemctl,
    "journalctl": read_journal,
    "prometheus.query": read_prometheus,
    "prometheus.query_range": read_prometheus,
    "prometheus.rules": read_rules,
    "prometheus.targets": read_targets,
    "prometheus.metadata": read_metadata,
    "alertmanager.alerts": read_alerts,
    "ansible.runs": read_runs,
    "grafana.alerts": read_alerts,
    "grafana.annotations": read_annotations,
    "loki.query_range": read_streams,
    "postgresql.activity": read_activity,
    "postgresql.locks": read_locks,
    "postgresql.statements": read_statements,
    "postgresql.replication": read_replication,
    "docker.ps": read_containers,
    "docker.df": read_space,
    "proxmox.status": read_guest,
    "proxmox.tasks": read_tasks,
    "proxmox.storage": read_storage,
    "proxmox.nodes": read_nodes,
    "traces": read_traces,
}
ERROR_CHARS_READ = 4_000
ERROR_CHARS_MAX = 300
LOG_TOOLS = frozenset({"logs", "docker.logs", "kubectl.logs", "supervisor.logs"})
# Looks whose failure tells of the component itself; one look of each system, so that it is said once.
REFUSALS: dict[str, Reader] = {"postgresql.activity": read_refusal}


def read(evidence: Evidence, readers: Mapping[str, Reader] = READERS) -> list[Fact]:
    """The facts in one piece of evidence, by its tool; text that no reader claims is read as a log. Never raises."""
    if evidence.error:
        said = f"{evidence.tool} of {owner(evidence) or 'nothing named'} failed: {_both_ends(evidence.error)}"
        values: dict[str, str | float] = {"tool": evidence.tool, "error": shown(evidence.error)}
        failure = draft(evidence, "look_failed", said, values)
        return [failure, *REFUSALS.get(evidence.tool, _nothing)(evidence)]
    try:
        return readers.get(evidence.tool, _text)(with_plain_digits(evidence))
    except Unreadable as problem:
        said = f"{evidence.tool} of {owner(evidence) or 'nothing named'} cannot be read: {problem}"
        return [draft(evidence, "unreadable", said, {"tool": evidence.tool})]
    except BREAKS as problem:
        said = f"{evidence.tool} of {owner(evidence) or 'nothing named'} broke its reader: {type(problem).__name__}"
        return [draft(evidence, "unreadable", said, {"tool": evidence.tool, "broke": type(problem).__name__})]


def _both_ends(error: str) -> str:
    """What was asked stands at the beginning and the raw reason at the end; of a long query the middle goes."""
    line = shown(error, ERROR_CHARS_READ)
    return line if len(line) <= ERROR_CHARS_MAX else f"{line[: ERROR_CHARS_MAX // 3]} … {line[-ERROR_CHARS_MAX // 2 :]}"


def _text(evidence: Evidence) -> list[Fact]:
    """Any text: what tools of networks and stores print, and what a log says; a log itself is nothing but a log."""
    if evidence.tool in LOG_TOOLS:
        return read_log(evidence)
    stores = [fact for reader in (read_queues, read_redis, read_psql) for fact in reader(evidence)]
    return read_network(evidence) or [*stores, *read_log(evidence)]


def _nothing(_evidence: Evidence) -> list[Fact]:
    return []
