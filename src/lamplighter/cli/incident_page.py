"""One incident as lines of text: what is known and how surely, what is not, and what was done. Reads the API's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from lamplighter.cli.output import clock
from lamplighter.reports.charts import Chart
from lamplighter.reports.sparkline import drawn, told
from lamplighter.reports.units import SECONDS, amount, lapse

OTHERS_SHOWN_MAX = 20
QUERY_CHARS_MAX = 300
Found = dict[str, Any]


def page_of(found: Found, *, unicode: bool) -> list[str]:
    """The lines between the title and the alerts."""
    return [
        *_known(found.get("known"), found.get("not_proven") or {}),
        *_facts(found, unicode=unicode),
        *_not_proven(found),
        *_ruled_out(found),
        *_changes(found),
        *_seen_before(found),
        *_advice(found.get("known") or {}),
        *_done(found),
    ]


def _known(known: Found | None, not_proven: Found) -> list[str]:
    if not known:
        return []
    took = f"{known['engine']} · {amount(known['elapsed_seconds'], SECONDS)} · ${known['cost_usd']:.3f}"
    if known["confidence"] is None:
        needs = "; ".join(not_proven.get("needs") or ())
        said = f"  {known['word']}: {known['statement']}" if known["word"] else f"  {known['statement']}"
        return [said + (f"; needs {needs}" if needs and known["word"] else ""), f"  {took}"]
    unseen = "" if known["examined"] else f"; {known['component']} itself was not examined"
    return [
        f"  cause: {known['word']} ({known['confidence']:.0%}): {known['statement']} {_cites(known['facts'])}",
        f"  {known['called']}: {_plain(known['fault'])} of {known['component']}{unseen} · {took}",
    ]


def _facts(found: Found, *, unicode: bool) -> list[str]:
    """The facts that the cause rests on, in their order, then the others."""
    facts = found.get("facts") or []
    by_id = {fact["id"]: fact for fact in facts}
    keys = (found.get("known") or {}).get("facts") or []
    cited = [by_id[key] for key in keys if key in by_id]
    others = [fact for fact in facts if fact["id"] not in keys]
    lines = ["  facts:"] if cited else []
    lines += [line for fact in cited for line in _fact(fact, unicode=unicode)]
    lines += ["  other facts:" if cited else "  facts:"] if others else []
    lines += [line for fact in others[:OTHERS_SHOWN_MAX] for line in _fact(fact, unicode=unicode)]
    left = len(others) - OTHERS_SHOWN_MAX
    return [*lines, f"    and {left} more: -o json"] if left > 0 else lines


def _fact(fact: Found, *, unicode: bool) -> list[str]:
    when = f"{clock(fact['at'])}  " if fact["at"] else ""
    lines = [f"    [{fact['id']}] {when}{fact['text']}"]
    if fact["query"]:
        query = " ".join(fact["query"].split())
        cut = f"{query[:QUERY_CHARS_MAX]} … (-o json has all)" if len(query) > QUERY_CHARS_MAX else query
        lines.append(f"         query: {cut}")
    chart = _chart(fact.get("series"))
    if chart is not None:
        lines.append(f"         {drawn(chart, unicode=unicode)}  {told(chart, _minute)} UTC")
    return lines


def _chart(series: object) -> Chart | None:
    try:
        chart = msgspec.convert(series, Chart)
    except msgspec.ValidationError:
        return None
    return chart if chart.points else None


def _not_proven(found: Found) -> list[str]:
    known, doubts = found.get("known") or {}, found.get("not_proven") or {}
    first = (known.get("component"), known.get("fault"))
    lines = []
    for one in doubts.get("causes") or ():
        if (one["component"], one["fault"]) != first:
            against = f", against it {_cites(one['against'])}" if one["against"] else ""
            said = f"{one['word']} ({one['confidence']:.0%}): {one['statement']} {_cites(one['facts'])}{against}"
            lines.append(f"    {said}")
    lines += [f"    needs {need}" for need in doubts.get("needs") or ()]
    return ["  not proven:", *lines] if lines else []


def _ruled_out(found: Found) -> list[str]:
    lines = [
        f"    {_plain(out['fault'])} of {out['component']}: {'; '.join(out['because']) or 'see'} {_cites(out['facts'])}"
        for out in found.get("ruled_out") or ()
    ]
    return ["  ruled out:", *lines] if lines else []


def _changes(found: Found) -> list[str]:
    lines = [
        f"    {lapse(one['seconds_before'])} before, {clock(one['at'])}: {one['text']} {_cites([one['fact']])}"
        for one in found.get("changes") or ()
    ]
    if lines:
        return ["  changed before:", *lines]
    return ["  changed before: none of the looks told of a change"] if found.get("known") else []


def _seen_before(found: Found) -> list[str]:
    lines = []
    for one in found.get("seen_before") or ():
        done = ", then ".join(one["done"]) or "nothing was done"
        lasted = f" after {lapse(one['seconds'])}" if one["seconds"] is not None else ""
        fault = f", {_plain(one['fault'])} of {one['component']}" if one["fault"] else ""
        ended = f"{done}: {_plain(one['outcome'])}{lasted}"
        lines.append(f"    {one['incident_id']}, {clock(one['at'])}, {one['like']}{fault}: {ended}")
    return ["  seen before:", *lines] if lines else ["  seen before: no"] if found.get("known") else []


def _advice(known: Found) -> list[str]:
    now = [f"  now: {step}" for step in known.get("immediate") or ()]
    return now + [f"  later: {step}" for step in known.get("prevention") or ()]


def _done(found: Found) -> list[str]:
    plan, lines = found["plan"], []
    if plan:
        steps = ", then ".join(f"{a['verb']} {a['target']['name']}" for a in plan["actions"])
        lines.append(f"  plan {found['plan_hash']}: {steps or plan['advice']}")
    lines += [f"  done: {a['verb']} {a['target_name']}: {a['state']}: {a['detail']}" for a in found["attempts"]]
    return lines + [f"  approval {a['id']}: {a['state']}" for a in found["approvals"]]


def _cites(keys: list[str]) -> str:
    return "".join(f"[{key}]" for key in keys)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M}"
