"""Reads what ping, mtr, dig, nslookup, openssl and tc print of a host, a name, a certificate or a line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lamplighter.diagnosis.readers.draft import Values, draft, known, owner, shown
from lamplighter.domain.evidence import Evidence, Fact

CONTENT_CHARS_MAX = 30_000
ALL_LOST = 100.0
LOSS_TOLD = 5.0
LATE_MILLISECONDS = 100.0
_PING_HEAD = re.compile(r"(?m)^PING ([\w.:-]{1,200})(?: \(([\d.]{7,40})\))?")
_LOSS = re.compile(r"([\d.]{1,6})% (?:packet )?loss")
_ROUND_TRIP = re.compile(r"(?:rtt|round-trip) [a-z/]{7,20} = ([\d.]{1,12})/([\d.]{1,12})/([\d.]{1,12})")
_ANSWER_MS = re.compile(r"\btime=([\d.]{1,12}) ?ms")
_HOP = re.compile(
    r"(?m)^\s{0,6}\d{1,3}\.(?:\|--)?\s{1,4}(\S{1,200})\s{1,40}([\d.]{1,6})%?\s{1,20}\d{1,9}\s{1,20}([\d."
    r"]{1,12})\s{1,20}([\d.]{1,12})"
)
_DNS_STATUS = re.compile(r"status: (SERVFAIL|NXDOMAIN|REFUSED|NOERROR)")
_DNS_SILENT = re.compile(
    r"(?i)no servers could be reached|connection timed out; "
    r"|communications error to \S{1,100}: (?:timed out|connection refused)"
    r"|server can't find (\S{1,200}): (\w{1,20})"
)
_DNS_NAME = re.compile(r"(?m)^;([\w.-]{1,250})\.?\s{1,80}IN\s{1,20}[A-Z]{1,8}\b")
_DNS_SERVER = re.compile(r"(?m)^(?:;; SERVER: |Server:\s{1,10})([\w.:]{1,60}?)(?:#\d{1,5})?(?:\(|\s|$)")
_NOT_AFTER = re.compile(
    r"notAfter=([A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}) GMT"
    r"|NotAfter: ([A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}) GMT"
)
_VERIFY = re.compile(r"(?i)verify (?:error:num=|return code: )(\d{1,3})[: ](?:\(?([^)\n]{1,120})\)?)")
_SUBJECT = re.compile(r"(?i)subject\s?=.{0,200}?CN ?= ?([\w.*-]{1,200})")
_NETEM = re.compile(r"(?i)\bqdisc netem\b.{0,120}?\b(delay|loss|corrupt|duplicate) ([\d.]{1,12}) ?(us|ms|s|%)?.{0,200}")
EXPIRED_CODE = "10"


def read_network(evidence: Evidence) -> list[Fact]:
    """Facts `probe` and `log_sign`; none where the text is of another kind."""
    content = evidence.content[:CONTENT_CHARS_MAX]
    return [
        *_ping(evidence, content),
        *_route(evidence, content),
        *_dns(evidence, content),
        *_certificate(evidence, content),
        *_shaping(evidence, content),
    ]


def _ping(evidence: Evidence, content: str) -> list[Fact]:
    facts: list[Fact] = []
    heads = list(_PING_HEAD.finditer(content))[:20]
    for place, head in enumerate(heads):
        end = heads[place + 1].start() if place + 1 < len(heads) else len(content)
        body = content[head.start() : end]
        loss = _LOSS.search(body)
        if loss is None:
            continue
        lost, trip = float(loss[1]), _ROUND_TRIP.search(body)
        times = [float(one) for one in _ANSWER_MS.findall(body)]
        average = float(trip[2]) if trip else sum(times) / len(times) if times else None
        error = "unreachable" if lost >= ALL_LOST else "loss" if lost >= LOSS_TOLD else ""
        values = known(
            probe="ping",
            state="failing" if error else "ok",
            error=error,
            target=head[1],
            address=head[2] or "",
            loss_percent=lost,
            round_trip_milliseconds=average,
        )
        said = f"ping of {head[1]}: {lost:g}% packet loss" + (f", {average:g} ms on average" if average else "")
        # The machine that was asked is the one of which the answer tells.
        facts.append(draft(evidence, "probe", said, values, at=evidence.at, component=head[1]))
    return facts


def _route(evidence: Evidence, content: str) -> list[Fact]:
    """The first hop from which on packets are lost or late up to the end; a hop that only answers badly is none."""
    hops = [(found[1], float(found[2]), float(found[4])) for found in _HOP.finditer(content)][:40]
    if len(hops) < 2:  # noqa: PLR2004 - one hop is no route
        return []
    bad = len(hops)
    while bad and (hops[bad - 1][1] >= LOSS_TOLD or hops[bad - 1][2] >= LATE_MILLISECONDS):
        bad -= 1
    if bad == len(hops) or bad == 0:
        return []
    name, loss, late = hops[bad]
    values: Values = known(
        probe="route", state="failing", error="loss", target=name, loss_percent=loss, round_trip_milliseconds=late
    )
    seen = f"{loss:g}% loss, {late:g} ms on average, {hops[bad - 1][2]:g} ms one hop before"
    said = f"route: from {name} on packets are lost or late: {seen}"
    return [draft(evidence, "probe", said, values, at=evidence.at, component=name)]


def _dns(evidence: Evidence, content: str) -> list[Fact]:
    status, silent = _DNS_STATUS.search(content), _DNS_SILENT.search(content)
    if status is None and silent is None:
        return []
    name, server = _DNS_NAME.search(content), _DNS_SERVER.search(content)
    word = status[1] if status else "no answer"
    failing = word != "NOERROR"
    asked = name[1] if name else silent[1] if silent and silent[1] else ""
    values = known(
        probe="dns",
        state="failing" if failing else "ok",
        error="dns" if failing else "",
        target=asked,
        answer=word,
        resolver=server[1] if server else "",
    )
    detail = next(
        (line for line in content.splitlines() if word in line or "no servers" in line or "timed out" in line), ""
    )
    said = f"DNS answer for {asked or 'a name'}: {word}" + (f": {shown(detail, 160)}" if detail else "")
    return [draft(evidence, "probe", said, values, at=evidence.at)]


def _certificate(evidence: Evidence, content: str) -> list[Fact]:
    ends, verify, subject = _NOT_AFTER.search(content), _VERIFY.search(content), _SUBJECT.search(content)
    if ends is None and verify is None:
        return []
    words = " ".join((ends[1] or ends[2]).split()) if ends else ""
    moment = datetime.strptime(words, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC) if words else None
    days = (moment - evidence.at).total_seconds() / 86_400 if moment else None
    expired = (days is not None and days < 0) or (verify is not None and verify[1] == EXPIRED_CODE)
    failing = expired or (verify is not None and verify[1] != "0")
    values = known(
        probe="tls",
        state="failing" if failing else "ok",
        error="tls" if failing else "",
        certificate_expired=1.0 if expired else None,
        days_left=days,
        target=subject[1] if subject else "",
    )
    said = f"TLS of {owner(evidence) or (subject[1] if subject else 'a server')}"
    said += f": certificate notAfter {words} GMT, {days:.0f} days left" if moment and days is not None else ""
    said += f"; verification: {shown(verify[2], 100)}" if verify else ""
    return [draft(evidence, "probe", said, values, at=evidence.at)]


def _shaping(evidence: Evidence, content: str) -> list[Fact]:
    found = _NETEM.search(content)
    if found is None:
        return []
    delay = found[1].lower() == "delay"
    values = known(
        sign="latency_injected" if delay else "error_injected", count=1.0, amount=f"{found[2]}{found[3] or ''}"
    )
    return [draft(evidence, "log_sign", f"tc: {shown(found[0], 200)}", values, at=evidence.at)]
