"""Parses what ping, mtr, tc and openssl print into plain values. What they mean, and of whom, is said by others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

PINGS_MAX = 50
HOPS_MAX = 40
QUEUES_MAX = 20
TAIL_LINES = 3
_MARK = re.compile(r"(?m)^PING ([\w.:-]{1,200})(?: \(([\d.]{7,40})\))?|--- (\S{1,253}) ping statistics ---")
_LOSS = re.compile(r"([\d.]{1,6})% (?:packet )?loss")
_ROUND_TRIP = re.compile(r"(?:rtt|round-trip) [a-z/]{7,20} = ([\d.]{1,12})/([\d.]{1,12})/([\d.]{1,12})")
_ANSWER_MS = re.compile(r"\btime[=<]([\d.]{1,12}) ?ms")
_HOP = re.compile(
    r"(?m)^\s{0,6}\d{1,3}\.(?:\|--)?\s{1,6}(\S{1,253})\s{1,40}([\d.]{1,6})%?\s{1,20}\d{1,9}\s{1,20}([\d."
    r"]{1,12})\s{1,20}([\d.]{1,12})"
)
_NETEM = re.compile(r"qdisc netem .{0,200}")
_DELAY = re.compile(r"\bdelay ([\d.]{1,12} ?(?:us|ms|s)\b)")
_HARM = re.compile(r"\b(loss|corrupt|duplicate)(?: random)? ([\d.]{1,12}%)")
_NOT_AFTER = re.compile(r"(?i)\bnot ?after ?[=:] ?([A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}) GMT")


@dataclass(frozen=True, slots=True)
class Ping:
    """One host that was pinged; None where the loss or the time was not printed. `tail` is the summary as printed."""

    host: str
    address: str
    loss_percent: float | None
    milliseconds: float | None
    tail: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One line of mtr: the machine, what was lost on the way to it, and how long it took on average."""

    name: str
    loss_percent: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the kernel that does harm on purpose: the delay, and the loss or the like, as they were set."""

    line: str
    delay: str
    harm: str
    share: str


def pings_in(text: str) -> list[Ping]:
    """Every run of ping in a text, at most PINGS_MAX; a run begins at its head, or without one at its summary."""
    marks = list(_MARK.finditer(text))[: PINGS_MAX * 3]
    found: list[Ping] = []
    begin, head = 0, ("", "")
    for place, mark in enumerate(marks):
        end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
        summed = mark[3]
        if summed is None:
            begin, head = mark.start(), (mark[1], mark[2] or "")
            # Without a line that begins the summary, the run ends where the next one begins.
            if place + 1 < len(marks) and marks[place + 1][3] is not None:
                continue
        own = head if head[0] and summed in {None, *head} else (summed or "", "")
        found.append(_ping(own, text[begin:end], text[mark.end() if summed else begin : end]))
        begin, head = end, ("", "")
    return found[:PINGS_MAX]


def _ping(head: tuple[str, str], body: str, summary: str) -> Ping:
    loss, trip = _LOSS.search(summary), _ROUND_TRIP.search(summary)
    times = [float(one) for one in _ANSWER_MS.findall(body)]
    average = float(trip[2]) if trip else sum(times) / len(times) if times else None
    tail = " ".join(line for line in summary.splitlines()[: TAIL_LINES + 1] if line.strip())
    return Ping(*head, float(loss[1]) if loss else None, average, tail[:600])


def hops_in(text: str) -> list[Hop]:
    """The lines of mtr's report, from the nearest to the host that was asked for, at most HOPS_MAX."""
    return [Hop(found[1], float(found[2]), float(found[4])) for found in _HOP.finditer(text)][:HOPS_MAX]


def queues_in(text: str) -> Iterator[Queue]:
    """What `tc qdisc show` prints of netem, at most QUEUES_MAX; no more than a look where there is none."""
    for line in _NETEM.findall(text)[:QUEUES_MAX] if "qdisc netem" in text else ():
        delay, harm = _DELAY.search(line), _HARM.search(line)
        yield Queue(line, delay[1] if delay else "", harm[1] if harm else "", harm[2] if harm else "")


def ending_in(text: str) -> datetime | None:
    """When the certificate in a text ends, in UTC; None where none is there."""
    found = _NOT_AFTER.search(text)
    try:
        return datetime.strptime(" ".join(found[1].split()), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None
