"""Reads what a machine says of itself: processor, memory, disks, open files and its busiest processes."""

from __future__ import annotations

from lamplighter.diagnosis.readers.disk_table import FileSystem, counts_as_disk, disk_facts
from lamplighter.diagnosis.readers.document import Unreadable, decoded, items, number, record, text
from lamplighter.diagnosis.readers.draft import Values, draft, known, owner, shown
from lamplighter.diagnosis.readers.journal import read_journal
from lamplighter.diagnosis.readers.memory_table import memory_values, memory_words
from lamplighter.diagnosis.readers.process_table import Process, process_facts
from lamplighter.domain.evidence import Evidence, Fact

DISKS_MAX = 200
PROCESSES_MAX = 100
FILES_SHARE_TOLD = 0.9


def read_host(evidence: Evidence) -> list[Fact]:
    """Facts of the machine, and of each program that is short of file descriptors. Raises `Unreadable`.

    The machine is the component, whatever was asked about: a busy machine is not a busy program.
    """
    data = record(decoded(evidence.content))
    if number(data, "cpu", "count") is None:
        raise Unreadable("the state of a machine holds no cpu.count")
    host = shown(text(data, "host"), 120) or owner(evidence)
    values = usage_values(data)
    facts = [draft(evidence, "usage", _words(host, values), values, at=evidence.at, component=host)]
    facts += disk_facts(evidence, list(_file_systems(data)), host)
    processes = [_process(one) for one in items(data, "processes")[:PROCESSES_MAX]]
    count, zombies = number(data, "process_count"), number(data, "zombies") or 0.0
    facts += process_facts(evidence, processes, host, count=count or len(processes), zombies=zombies)
    facts += [_files_fact(evidence, one) for one in processes if _files_share(one) >= FILES_SHARE_TOLD]
    kernel = [str(line) for line in items(data, "kernel") if isinstance(line, str)]
    return facts + _kernel_facts(evidence, kernel, host)


def usage_values(data: object) -> Values:
    """The shares (0 to 1) that say whether a machine is short of anything."""
    cores = number(data, "cpu", "count") or 1.0
    samples = [
        found for sample in items(data, "cpu", "percent_by_second") if (found := number({"n": sample}, "n")) is not None
    ]
    load = number(data, "load", "one_minute")
    busy = [found for one in items(data, "disk_io") if (found := number(one, "busy_share")) is not None]
    files, files_max = number(data, "files", "open"), number(data, "files", "max")
    memory = memory_values(
        number(data, "memory", "total_bytes"),
        number(data, "memory", "available_bytes"),
        number(data, "swap", "total_bytes"),
        number(data, "swap", "used_bytes"),
    )
    own = known(
        cpu_share=sum(samples) / len(samples) / 100.0 if samples else None,
        io_wait_share=_percent(number(data, "cpu", "io_wait_percent")),
        steal_share=_percent(number(data, "cpu", "steal_percent")),
        load_share=load / cores if load is not None else None,
        io_busy_share=max(busy) if busy else None,
        fd_share=files / files_max if files is not None and files_max else None,
        uptime_seconds=number(data, "uptime_seconds"),
    )
    return {**memory, **own}


def _percent(found: float | None) -> float | None:
    return found / 100.0 if found is not None else None


def _words(host: str, values: Values) -> str:
    parts = [memory_words(values)]
    for key, name in (("cpu_share", "processor"), ("io_busy_share", "busiest disk"), ("fd_share", "file descriptors")):
        share = values.get(key)
        if isinstance(share, float):
            parts.append(f"{name} {share:.0%}")
    load = values.get("load_share")
    if isinstance(load, float):
        parts.append(f"load {load:.1f} for each processor")
    return f"{host} uses {', '.join(parts)}"


def _file_systems(data: object) -> list[FileSystem]:
    found: list[FileSystem] = []
    for disk in items(data, "disks")[:DISKS_MAX]:
        device, mount = shown(text(disk, "device"), 200), shown(text(disk, "mount"), 200)
        if not counts_as_disk(device, mount):
            continue
        for key, inodes in (("used_share", False), ("inodes_used_share", True)):
            share = number(disk, key)
            if share is not None:
                found.append(FileSystem(device, mount, min(1.0, max(0.0, share)), inodes))
    return found


def _process(one: object) -> Process:
    return Process(
        name=shown(text(one, "name"), 64) or "?",
        pid=number(one, "pid"),
        cpu_percent=number(one, "cpu_percent"),
        memory_percent=number(one, "memory_percent"),
        rss_bytes=number(one, "rss_bytes"),
        state=text(one, "state")[:8],
        files=number(one, "files"),
        files_max=number(one, "files_max"),
    )


def _files_share(one: Process) -> float:
    return one.files / one.files_max if one.files is not None and one.files_max else 0.0


def _files_fact(evidence: Evidence, one: Process) -> Fact:
    asked = owner(evidence)
    component = asked if asked and asked in {one.name, f"{one.name}.service"} else one.name
    values = known(fd_share=_files_share(one), files=one.files, files_max=one.files_max, pid=one.pid)
    said = f"{one.name} has {one.files:.0f} of {one.files_max:.0f} files open"
    return draft(evidence, "usage", said, values, at=evidence.at, component=component)


def _kernel_facts(evidence: Evidence, lines: list[str], host: str) -> list[Fact]:
    """Who the kernel killed; the tool read these lines from the kernel itself, in the journal's own form."""
    if not lines:
        return []
    query = evidence.params.get("query", evidence.tool)
    from_kernel = Evidence(
        evidence.id, "journalctl", host, {"query": query}, "text/plain", "\n".join(lines), evidence.at
    )
    return read_journal(from_kernel)
