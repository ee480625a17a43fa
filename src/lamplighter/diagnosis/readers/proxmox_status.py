"""Reads what Proxmox says of one guest: whether it runs, what it uses, and how it is set up."""

from __future__ import annotations

import re
from datetime import timedelta

from lamplighter.diagnosis.readers.document import number, record, text
from lamplighter.diagnosis.readers.draft import Values, draft, known, owner, shown
from lamplighter.diagnosis.readers.proxmox_answer import ENGINE, answered, full_disk, share
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words

RUNNING = "running"
HALTED = frozenset({"paused", "suspended", "prelaunch"})
MEBIBYTE = 1024**2
UPTIME_SECONDS_MAX = 10 * 365 * 86_400
_PRINTED = re.compile(r"(?m)^status:[ \t]{0,8}([a-z-]{1,20})[ \t]{0,8}$")


def read_guest(evidence: Evidence) -> list[Fact]:
    """Facts `state` and `usage`, or `settings` for a configuration. Raises `Unreadable`."""
    printed = _PRINTED.search(evidence.content[:2000])
    if printed is not None:
        return [_state(evidence, {"status": printed[1]})]
    data = record(answered(evidence.content))
    if not text(data, "status"):
        return [_settings(evidence, data)]
    facts = [_state(evidence, data)]
    if text(data, "qmpstatus") == "io-error":
        said = f"the machine {owner(evidence)} was halted because a disk of it cannot be written or read"
        facts.append(draft(evidence, "health", said, known(status="unhealthy", error="io-error")))
    if text(data, "status") == RUNNING:
        facts += _usage(evidence, data)
    return facts


def _state(evidence: Evidence, data: dict[str, object]) -> Fact:
    name = owner(evidence) or text(data, "name")
    status, machine = text(data, "status"), text(data, "qmpstatus")
    paused = machine in HALTED
    uptime = number(data, "uptime") or 0.0
    started = evidence.at - timedelta(seconds=uptime) if 0 < uptime < UPTIME_SECONDS_MAX else None
    shown_status = shown(machine if status == RUNNING and machine else status, 40)
    values = known(
        engine=ENGINE,
        status=shown_status,
        running=status == RUNNING,
        paused=paused,
        stopped_on_purpose=paused or None,
        lock=shown(text(data, "lock"), 40),
        memory_limit_bytes=number(data, "maxmem") or None,
        started_epoch_seconds=started.timestamp() if started else None,
    )
    said = f"guest {name} is {shown_status}"
    if values.get("lock"):
        said += f", locked for {values['lock']}"
    if started:
        said += f", started {started:%Y-%m-%d %H:%M:%S} UTC"
    return draft(evidence, "state", said, values, at=started, component=name)


def _usage(evidence: Evidence, data: dict[str, object]) -> list[Fact]:
    """A machine's memory counts its caches as used, so that only of a container is a share of it told."""
    name = owner(evidence) or text(data, "name")
    used, whole = number(data, "mem"), number(data, "maxmem")
    machine = "qmpstatus" in data or text(data, "type") == "qemu" or "/qemu/" in evidence.params.get("query", "")
    values = known(
        memory_used_bytes=used,
        memory_ceiling_bytes=whole,
        memory_share=None if machine else share(data, "mem", "maxmem"),
        swap_share=share(data, "swap", "maxswap"),
        cpu_share=number(data, "cpu"),
        disk_share=share(data, "disk", "maxdisk") or None,
    )
    if not values:
        return []
    facts = [draft(evidence, "usage", _words(name, values), values, component=name)]
    return facts + full_disk(evidence, name, "the root disk", None if machine else share(data, "disk", "maxdisk"))


def _words(name: str, values: Values) -> str:
    parts: list[str] = []
    used, whole = values.get("memory_used_bytes"), values.get("memory_ceiling_bytes")
    if isinstance(used, float) and isinstance(whole, float):
        parts.append(f"memory {bytes_words(int(used))} of {bytes_words(int(whole))}")
    cpu = values.get("cpu_share")
    if isinstance(cpu, float):
        parts.append(f"processor {cpu:.0%}")
    disk = values.get("disk_share")
    if isinstance(disk, float):
        parts.append(f"disk {disk:.0%}")
    return f"{name} uses {', '.join(parts) or 'nothing that can be seen'}"


def _settings(evidence: Evidence, data: dict[str, object]) -> Fact:
    name = owner(evidence) or text(data, "hostname") or text(data, "name")
    memory = number(data, "memory")
    values = known(
        onboot=number(data, "onboot") or 0.0,
        cores=number(data, "cores"),
        memory_limit_bytes=memory * MEBIBYTE if memory else None,
        lock=shown(text(data, "lock"), 40),
        disk=shown(text(data, "rootfs"), 120),
    )
    start = "starts" if values["onboot"] else "does not start"
    return draft(evidence, "settings", f"guest {name} {start} with its node", values, component=name)
