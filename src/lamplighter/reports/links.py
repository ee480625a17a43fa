"""Addresses at which a person can ask a query again, in Prometheus or in Grafana. Pure; only plain web addresses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from lamplighter.domain.evidence import Evidence

PROMQL_TOOLS = frozenset({"prometheus.query", "prometheus.query_range"})
PAGES = {"prometheus.rules": "/rules", "prometheus.targets": "/targets"}
RANGE_SECONDS = 3_600
RANGE_SECONDS_MAX = 7 * 86_400
ADDRESS_CHARS_MAX = 8_000


@dataclass(frozen=True, slots=True)
class Places:
    """Where Prometheus and Grafana are; empty where they are not configured."""

    prometheus: str = ""
    grafana: str = ""


def links_of(evidence: Evidence | None, places: Places) -> dict[str, str]:
    """The links of one piece of evidence by the system that they lead to; none for what is no query of PromQL."""
    if evidence is None:
        return {}
    prometheus, grafana = web_root(places.prometheus), web_root(places.grafana)
    found: dict[str, str] = {}
    if prometheus and evidence.tool in PAGES:
        found["prometheus"] = prometheus + PAGES[evidence.tool]
    query = evidence.params.get("query", "")
    if evidence.tool in PROMQL_TOOLS and query and not query.startswith("GET /"):
        seconds, end = _window(evidence)
        if prometheus:
            found["prometheus"] = prometheus_link(prometheus, query, seconds, end)
        if grafana:
            found["grafana"] = grafana_link(grafana, query, seconds, end)
    return {name: link for name, link in found.items() if len(link) <= ADDRESS_CHARS_MAX}


def prometheus_link(root: str, query: str, seconds: int, end: datetime) -> str:
    """The graph of a query over the `seconds` before `end`."""
    ended = end.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    asked = {"g0.expr": query, "g0.tab": "0", "g0.range_input": f"{seconds}s", "g0.end_input": ended}
    return f"{root}/graph?{urlencode(asked)}"


def grafana_link(root: str, query: str, seconds: int, end: datetime) -> str:
    """The query in Grafana's Explore, on its default data source for Prometheus."""
    until = round(end.timestamp() * 1000)
    source = {"type": "prometheus"}
    pane = {
        "datasource": source,
        "queries": [{"refId": "A", "expr": query, "datasource": source}],
        "range": {"from": str(until - seconds * 1000), "to": str(until)},
    }
    asked = {"schemaVersion": "1", "orgId": "1", "panes": json.dumps({"a": pane}, separators=(",", ":"))}
    return f"{root}/explore?{urlencode(asked)}"


def web_root(url: str) -> str:
    """An address without a trailing slash, user and password; empty where it is not plain http or https."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _window(evidence: Evidence) -> tuple[int, datetime]:
    """The seconds that were asked for, and their end; an hour until the look where nothing else is known."""
    start, end = evidence.params.get("start", ""), evidence.params.get("end", "")
    try:
        until = datetime.fromtimestamp(float(end), UTC)
        seconds = int(float(end) - float(start))
    except (ValueError, OverflowError, OSError):
        return RANGE_SECONDS, evidence.at
    return max(60, min(seconds, RANGE_SECONDS_MAX)), until
