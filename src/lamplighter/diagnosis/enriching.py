"""What facts gain by being seen together: one name each, complaints, levels, neighbours, and times of changes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from lamplighter.diagnosis.complaints import complaints_of
from lamplighter.diagnosis.gauges import gauges_of
from lamplighter.diagnosis.naming import Naming, named, naming_of
from lamplighter.diagnosis.neighbours import neighbours_of
from lamplighter.diagnosis.onset import timed
from lamplighter.diagnosis.readers.draft import shown
from lamplighter.diagnosis.readers.journal import journal_times
from lamplighter.diagnosis.readers.roles import watches
from lamplighter.domain.evidence import Case, Fact

SYMPTOM_CHARS_MAX = 2_000
ALIVE = timedelta(minutes=15)
INJECTED = frozenset({"latency_injected", "error_injected"})
EVIDENCE_CHARS = 20_000
_JOB = re.compile(
    r"(?i)(?:^|[-_])(?:backup|prune|clean\w{0,3}|sync|export|import|report|rotate|vacuum|scrub|snapshot"
    r"|cron|job|batch|nightly|daily|weekly|certbot|renew|archive|dump|fetch|mirror)(?:[-_]|$)"
)
NAME_CHARS_MIN = 3
_ADDRESS = re.compile(r"(?<![\w.-])[\w.-]{1,120}:\d{2,5}\b")


def enriched(case: Case, drafts: list[Fact], seen: list[Fact]) -> list[Fact]:
    """The facts under the names of the case, with those that no single piece of evidence gives. Pure.

    `seen` is what stands out among all components; it takes the same names, and gives none.
    """
    naming = naming_of(case, drafts)
    facts = _without_listings(named(drafts, naming))
    facts = _short_lives(case, _tenants(case, facts))
    facts += [*gauges_of(case, naming), *complaints_of(case, naming)]
    facts += neighbours_of(case, facts)
    facts += _named_by_symptom(case, facts)
    facts += [*_failed_jobs(case, facts), *_watchers(facts), *_alive(case, naming)]
    return timed(case, [*_borne_out(facts), *named(seen, naming)])


def _borne_out(facts: list[Fact]) -> list[Fact]:
    """The facts; a complaint that names an address where a probe of ours failed as well is more than hearsay."""
    failing = [fact for fact in facts if fact.kind == "probe" and fact.values.get("state") == "failing"]
    addresses = {found[0] for fact in failing for found in _ADDRESS.finditer(str(fact.values.get("target", "")))}
    return [
        replace(fact, values={**fact.values, "borne_out": 1.0})
        if fact.kind == "complaint" and any(found[0] in addresses for found in _ADDRESS.finditer(fact.text))
        else fact
        for fact in facts
    ]


def _tenants(case: Case, facts: list[Fact]) -> list[Fact]:
    """A delay put on a machine is one of the only component that runs there."""
    homes: dict[str, list[str]] = {}
    for edge in case.topology:
        if edge.kind == "runs_on":
            homes.setdefault(edge.target, []).append(edge.source)
    alone = {host: names[0] for host, names in homes.items() if len(names) == 1}
    return [
        replace(fact, component=alone[fact.component])
        if fact.values.get("sign") in INJECTED and fact.component in alone
        else fact
        for fact in facts
    ]


def _short_lives(case: Case, facts: list[Fact]) -> list[Fact]:
    """What runs now and had another start at an earlier look ended in between: it restarts, whatever it looks like."""
    taken = {piece.id: piece.at for piece in case.evidence}
    starts: dict[str, set[float]] = {}
    newest: dict[str, Fact] = {}
    for fact in facts:
        started = fact.number("started_epoch_seconds") if fact.kind == "state" else None
        if started is None or fact.evidence not in taken:
            continue
        starts.setdefault(fact.component, set()).add(started)
        held = newest.get(fact.component)
        if held is None or taken[fact.evidence] >= taken[held.evidence]:
            newest[fact.component] = fact
    looping = {id(newest[name]): len(found) for name, found in starts.items() if len(found) > 1}
    return [_looping(fact, looping[id(fact)]) if id(fact) in looping else fact for fact in facts]


def _looping(fact: Fact, starts: int) -> Fact:
    said = f"{fact.text}; it ended and was started again between two looks ({starts} starts seen)"
    return replace(fact, text=shown(said), values={**fact.values, "restarting": 1.0, "starts_seen": float(starts)})


def _failed_jobs(case: Case, facts: list[Fact]) -> list[Fact]:
    """A fact `unit_result` of each failed unit that a timer starts, or whose name says that it does one job."""
    text = "\n".join(piece.content[:EVIDENCE_CHARS] + " ".join(piece.params.values()) for piece in case.evidence)
    found: list[Fact] = []
    for fact in facts:
        failed = fact.kind == "state" and fact.values.get("engine") == "systemd" and fact.number("running") == 0.0
        name = fact.component
        if failed and fact.number("exit_code") and (f"{name}.timer" in text or _JOB.search(name)):
            said = f"the job {name} failed: {fact.text}"
            found.append(replace(fact, kind="unit_result", text=shown(said), values={**fact.values, "failed": 1.0}))
    return found


def _alive(case: Case, naming: Naming) -> list[Fact]:
    """A fact `alive` of each machine whose own journal went on until lately: it is cut off at most, and not down."""
    found: list[Fact] = []
    for piece in case.evidence:
        host = naming.of(piece.params.get("host", ""))
        if piece.tool != "journalctl" or not host or piece.error:
            continue
        last = max((entry for entry in journal_times(piece) if entry <= case.at), default=None)
        if last is not None and case.at - last <= ALIVE:
            said = f"the journal of {host} goes on until {last:%H:%M:%S} UTC"
            found.append(Fact("", piece.id, host, "alive", said, last, "journalctl"))
    return found


def _watchers(facts: list[Fact]) -> list[Fact]:
    """A fact `watcher` of each that watches others and is down itself."""
    down = [
        fact for fact in facts if fact.kind == "state" and fact.number("running") == 0.0 and watches(fact.component)
    ]
    return [replace(fact, kind="watcher", values={**fact.values, "down": 1.0}) for fact in down]


def _named_by_symptom(case: Case, facts: list[Fact]) -> list[Fact]:
    """A fact `symptom` of each component that the words of the symptom name."""
    names = sorted({fact.component for fact in facts if fact.component} | set(case.components))
    words = case.symptom[:SYMPTOM_CHARS_MAX].casefold()
    alerted = {fact.component for fact in facts if fact.kind == "alert"}
    found = [
        name
        for name in names
        if name not in alerted and len(name) >= NAME_CHARS_MIN and _mentions(words, name.casefold())
    ]
    said = f"the symptom names it: {shown(case.symptom, 200)}"
    return [Fact("", "symptom", name, "symptom", said, None, "symptom") for name in found]


def _mentions(words: str, name: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", words) is not None


def _without_listings(facts: list[Fact]) -> list[Fact]:
    """Where an engine told of a component itself, what a list says of it in passing is dropped."""
    better = {(fact.component, fact.kind) for fact in facts if "listing" not in fact.values}
    return [fact for fact in facts if "listing" not in fact.values or (fact.component, fact.kind) not in better]
