"""Reads what ping, mtr, dig, nslookup, openssl and tc print of a host, a name, a certificate or a line."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.draft import Values, draft, known, owner, shown
from lamplighter.diagnosis.readers.wire_output import ending_in, hops_in, pings_in, queues_in
from lamplighter.domain.evidence import Evidence, Fact

CONTENT_CHARS_MAX = 30_000
ALL_LOST = 100.0
LOSS_TOLD = 5.0
LATE_MILLISECONDS = 100.0
_DNS_STATUS = re.compile(r"status: (SERVFAIL|NXDOMAIN|REFUSED|NOERROR)")
_DNS_SILENT = re.compile(
    r"(?i)no servers could be reached|connection timed out; "
    r"|communications error to \S{1,100}: (?:timed out|connection refused)"
    r"|server can't find (\S{1,200}): (\w{1,20})"
)
_DNS_NAME = re.compile(r"(?m)^;([\w.-]{1,250})\.?\s{1,80}IN\s{1,20}[A-Z]{1,8}\b")
_DNS_SERVER = re.compile(r"(?m)^(?:;; SERVER: |Server:\s{1,10})([\w.:]{1,60}?)(?:#\d{1,5})?(?:\(|\s|$)")
_VERIFY = re.compile(r"(?i)verify (?:error:num=|return code: )(\d{1,3})[: ](?:\(?([^)\n]{1,120})\)?)")
_SUBJECT = re.compile(r"(?i)subject\s?=.{0,200}?CN ?= ?([\w.*-]{1,200})")
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
    for ping in pings_in(content):
        lost, average = ping.loss_percent, ping.milliseconds
        if lost is None:
            continue
        error = "unreachable" if lost >= ALL_LOST else "loss" if lost >= LOSS_TOLD else ""
        values = known(
            probe="ping",
            state="failing" if error else "ok",
            error=error,
            target=ping.host,
            address=ping.address,
            loss_percent=lost,
            round_trip_milliseconds=average,
        )
        said = f"ping of {ping.host}: {lost:g}% packet loss" + (f", {average:g} ms on average" if average else "")
        # The machine that was asked is the one of which the answer tells.
        facts.append(draft(evidence, "probe", said, values, at=evidence.at, component=ping.host))
    return facts


def _route(evidence: Evidence, content: str) -> list[Fact]:
    """The first hop from which on packets are lost or late up to the end; a hop that only answers badly is none."""
    hops = hops_in(content)
    bad = len(hops)
    while bad and (hops[bad - 1].loss_percent >= LOSS_TOLD or hops[bad - 1].milliseconds >= LATE_MILLISECONDS):
        bad -= 1
    # One hop is no route, and where all are bad it is the near end.
    if bad in {0, len(hops)}:
        return []
    first, before = hops[bad], hops[bad - 1].milliseconds
    values: Values = known(
        probe="route",
        state="failing",
        error="loss",
        target=first.name,
        loss_percent=first.loss_percent,
        round_trip_milliseconds=first.milliseconds,
    )
    seen = f"{first.loss_percent:g}% loss, {first.milliseconds:g} ms on average, {before:g} ms one hop before"
    said = f"route: from {first.name} on packets are lost or late: {seen}"
    return [draft(evidence, "probe", said, values, at=evidence.at, component=first.name)]


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
    moment, verify, subject = ending_in(content), _VERIFY.search(content), _SUBJECT.search(content)
    if moment is None and verify is None:
        return []
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
    said += (
        f": certificate notAfter {moment:%b %d %H:%M:%S %Y} GMT, {days:.0f} days left"
        if moment and days is not None
        else ""
    )
    said += f"; verification: {shown(verify[2], 100)}" if verify else ""
    return [draft(evidence, "probe", said, values, at=evidence.at)]


def _shaping(evidence: Evidence, content: str) -> list[Fact]:
    for queue in queues_in(content):
        if queue.delay or queue.harm:
            sign = "latency_injected" if queue.delay else "error_injected"
            values = known(sign=sign, count=1.0, amount=queue.delay or queue.share)
            return [draft(evidence, "log_sign", f"tc: {shown(queue.line, 200)}", values, at=evidence.at)]
    return []
