"""Who on one machine takes what the others lack: a neighbour whose use jumped while the machine ran out of it."""

from __future__ import annotations

from collections.abc import Iterable

from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.domain.evidence import Case, Fact

HOG_RATIO = 3.0
HOG_SHARE = 0.9
_SHORT = frozenset({"steal", "cpu_pressure", "io_wait", "throttled"})


def neighbours_of(case: Case, facts: list[Fact]) -> list[Fact]:
    """A fact `neighbour` of each that hogs a machine on which others live and suffer."""
    homes: dict[str, str] = {edge.source: edge.target for edge in case.topology if edge.kind == "runs_on"}
    homes |= {fact.component: str(fact.values["node"]) for fact in facts if fact.values.get("node") and fact.component}
    sufferers = _sufferers(case, facts)
    found: list[Fact] = []
    for name, home in homes.items():
        others = {other for other, where in homes.items() if where == home and other != name}
        hog = _hogging(name, facts)
        victims = sorted((others | {home}) & sufferers - {name})
        short = any(
            fact.kind == "gauge" and fact.values.get("meaning") in _SHORT and fact.component in {home, *others}
            for fact in facts
        )
        if hog is None or name in sufferers or not others or not (short or (set(victims) - {home})):
            continue
        suffering = ", ".join(one for one in victims if one != home) or home
        said = f"{name} takes the processor of {home}, on which {suffering} runs too: {hog.text}"
        values = known(host=home, victim=suffering, hog=1.0, short=short)
        found.append(Fact("", hog.evidence, name, "neighbour", shown(said), hog.at, hog.query, values))
    return found


def _sufferers(case: Case, facts: Iterable[Fact]) -> set[str]:
    """Those that an alert or the symptom names, and those that became slow or lack the processor."""
    names = {fact.component for fact in facts if fact.kind == "alert" and fact.values.get("state") == "firing"}
    names |= {
        fact.component for fact in facts if fact.kind == "gauge" and fact.values.get("meaning") in {"latency", "steal"}
    }
    words = case.symptom.casefold()
    names |= {name for name in case.components if name.casefold() in words}
    return names


def _hogging(name: str, facts: Iterable[Fact]) -> Fact | None:
    for fact in facts:
        if fact.component != name:
            continue
        if (
            fact.kind == "gauge"
            and fact.values.get("meaning") in {"cpu", "cpu_host"}
            and (fact.number("ratio") or 0.0) >= HOG_RATIO
        ):
            return fact
        if fact.kind == "usage" and (fact.number("cpu_share") or 0.0) >= HOG_SHARE and "node" in fact.values:
            return fact
    return None
