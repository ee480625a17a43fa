"""What a machine's journal tells besides units: packets that were dropped, disks that fail, commands of people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from lamplighter.diagnosis.readers.draft import draft, known, shown
from lamplighter.domain.evidence import Evidence, Fact

COMMANDS_MAX = 10
PORTS_MAX = 5
Line = tuple[datetime | None, str]
_DROP = re.compile(
    r"(?i)^\W{0,3}(?:\[[\d. ]{1,20}\] )?\W{0,2}.{0,60}"
    r"\b(?:drop|block|reject|denied?)\w{0,4}\b.{0,60}\bIN=.{0,300}\bPROTO="
)
_PORT = re.compile(r"\bDPT=(\d{1,5})\b")
_SOURCE = re.compile(r"\bSRC=(\S{1,45})")
_KERNEL_SIGNS = (
    ("hung_task", re.compile(r"\btask (\S{1,64}?):\d{1,10} blocked for more than \d{1,6} seconds")),
    ("disk_error", re.compile(r"\b(?:I/O error, dev|EXT4-fs error \(device|XFS \() ?(\w{1,32})")),
    ("conntrack_full", re.compile(r"\bnf_conntrack: (?:nf_conntrack: )?(table full)")),
)
_COMMAND = re.compile(r"^\s{0,12}(\S{1,64}) : .{0,300}\bUSER=(\S{1,64}) ; COMMAND=(\S.{0,400})$")


def kernel_facts(evidence: Evidence, lines: Sequence[Line], host: str) -> list[Fact]:
    """Facts `log_sign` of the machine: dropped packets by port, tasks that hang, disks that fail."""
    drops: dict[str, list[Line]] = {}
    signs: dict[str, list[tuple[Line, str]]] = {}
    for line in lines:
        if _DROP.search(line[1]):
            port = _PORT.search(line[1])
            drops.setdefault(port[1] if port else "", []).append(line)
        for name, pattern in _KERNEL_SIGNS:
            found = pattern.search(line[1])
            if found:
                signs.setdefault(name, []).append((line, found[1]))
    facts = [_drop_fact(evidence, port, drops[port], host) for port in sorted(drops)[:PORTS_MAX]]
    for name, hits in signs.items():
        (at, message), what = hits[-1]
        values = known(sign=name, count=float(len(hits)), what=shown(what, 64))
        facts.append(draft(evidence, "log_sign", f"kernel: {message}", values, at=at, component=host))
    return facts


def _drop_fact(evidence: Evidence, port: str, lines: list[Line], host: str) -> Fact:
    at, message = lines[-1]
    source = _SOURCE.search(message)
    values = known(
        sign="firewall_drop", count=float(len(lines)), port=port, remote=shown(source[1], 45) if source else None
    )
    said = f"{host or 'this machine'} dropped {len(lines)} packets"
    said += f" to its port {port}" if port else ""
    said += f", the last from {source[1]}" if source else ""
    return draft(evidence, "log_sign", f"{said}: {message}", values, at=at, component=host)


def command_facts(evidence: Evidence, lines: Sequence[Line], host: str) -> list[Fact]:
    """Facts `change` of family `command`: what people ran as another user, the last ten. They prove nothing alone."""
    facts: list[Fact] = []
    for at, message in lines:
        found = _COMMAND.match(message)
        if found:
            what = shown(found[3], 200)
            values = known(family="command", what=what, source="sudo", user=found[1])
            said = f"{found[1]} ran as {found[2]} on {host or 'this machine'}: {what}"
            facts.append(draft(evidence, "change", said, values, at=at, component=host))
    return facts[-COMMANDS_MAX:]
