"""Reads systemd's journal: what systemd and the kernel say of units is believed, what programs write is only a log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lamplighter.diagnosis.readers.document import Unreadable, decoded, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.happenings import ORDER_SECONDS, Happening, event_facts
from lamplighter.diagnosis.readers.instants import from_epoch, instant
from lamplighter.diagnosis.readers.log_lines import LINE_CHARS_MAX, LINES_MAX, read_log
from lamplighter.diagnosis.readers.machine_lines import command_facts, kernel_facts
from lamplighter.diagnosis.readers.unit_ending import ENDED, FAILED, GAVE_UP, OOM, RESTART, ending_facts
from lamplighter.diagnosis.readers.units import SIGNAL_BASE, component_of, stem
from lamplighter.domain.evidence import Evidence, Fact

PARTS_MAX = 20
# What people and timers do on a machine is said by these; none of them is a component.
OF_THE_HOST = frozenset({"sudo", "su", "sshd", "CRON", "cron", "crond", "systemd-logind", "login", "root"})
MICROSECONDS = 1e6
KERNEL = "kernel"
SUDO = "sudo"
# Who asked for memory when there was none left is not who was killed for it.
INVOKED = " invoked oom-killer: "
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LINE = re.compile(
    r"^(?:(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)\s?(UTC|Z|[+-]\d\d:?\d\d)?"
    r"|([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.\d{1,6})?)"
    r" (\S{1,255}) ([^\s\[\]]{1,100}?)(?:\[(\d{1,10})\])?: (.*)$"
)
_UNIT = re.compile(r"^([\w:.@\\-]{1,200}\.service)(?::| - |\b)")
_NAMED = re.compile(r"^(?:Started|Stopping|Starting|Stopped) ([\w:.@\\-]{1,200}\.service)\b")
_VICTIM = re.compile(
    r"(?i)out of memory: killed process (\d{1,10}) \(([^)]{1,64})\)(?:.{0,200}?anon-rss:(\d{1,15})kB)?"
)
_VICTIM_UNIT = re.compile(r"oom-kill:.{0,400}task_memcg=\S{0,300}/([\w:.@\\-]{1,200}\.service)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `by_systemd` and `by_kernel` are what no program can claim of itself."""

    at: datetime | None
    host: str
    program: str
    message: str
    by_systemd: bool = False
    by_kernel: bool = False
    unit: str = ""


def read_journal(evidence: Evidence) -> list[Fact]:
    """Facts `event`, `log_sign` and `log_error`. Text that is no journal is read as any log is."""
    entries = list(_entries(evidence))
    if not entries:
        return read_log(evidence)
    units = {entry.unit for entry in entries if entry.unit}
    alone = len(units) == 1 and not any(entry.host == owner(evidence) for entry in entries)
    facts: list[Fact] = []
    for unit in sorted(units)[:PARTS_MAX]:
        component = component_of(evidence, unit, alone=alone)
        told = [entry for entry in entries if entry.unit == unit and entry.by_systemd]
        facts += _unit_facts(evidence, told, component) + ending_facts(evidence, told_lines(told), unit, component)
        facts += _log_facts(evidence, told, component, trusted=True)
    facts += _victims(evidence, entries)
    kernel = [entry for entry in entries if entry.by_kernel and not _is_oom(entry.message)]
    host = owner(evidence) or entries[-1].host
    facts += kernel_facts(evidence, [(entry.at, entry.message) for entry in kernel], host)
    facts += _log_facts(evidence, kernel, host, trusted=True)
    commands = [(entry.at, entry.message) for entry in entries if entry.program == SUDO]
    facts += command_facts(evidence, commands, entries[-1].host or host)
    for component, written in _by_writer(evidence, entries).items():
        facts += _log_facts(evidence, written, component, trusted=False)
    return facts


def journal_times(evidence: Evidence) -> list[datetime]:
    """The moments at which something was written, in the order of the lines."""
    return [entry.at for entry in _entries(evidence) if entry.at is not None]


def _entries(evidence: Evidence) -> Iterator[Entry]:
    lines = evidence.content.splitlines()[-LINES_MAX:]
    if evidence.content.lstrip().startswith("{"):
        yield from filter(None, map(_from_json, lines))
        return
    last: Entry | None = None
    for raw in lines:
        found = _LINE.match(raw[:LINE_CHARS_MAX])
        if found:
            last = _from_line(found, evidence.at)
            yield last
        elif last is not None and raw.startswith("  ") and raw.strip():
            # A message of several lines is printed indented; only its first line bears a name that counts.
            yield replace(last, message=raw.strip()[:LINE_CHARS_MAX], by_systemd=False, by_kernel=False)


def writer_of(line: str) -> tuple[str, str] | None:
    """The program and process id at the head of one printed line; the kernel has no id. None where no head is there."""
    if line.startswith("{"):
        entry = _from_json(line)
        return None if entry is None else (entry.program, "" if entry.by_kernel else "1" if entry.by_systemd else "0")
    found = _LINE.match(line[:LINE_CHARS_MAX])
    return (found[7], found[8] or "") if found else None


def _from_line(found: re.Match[str], now: datetime) -> Entry:
    zone = "" if found[2] in {None, "UTC"} else found[2]
    at = instant(f"{found[1]}{zone}") if found[1] else _guessed(found[3], found[4], found[5], now)
    return _entry(at, found[6], found[7], found[8] or "", found[9])


def _entry(at: datetime | None, host: str, program: str, pid: str, message: str, unit: str = "") -> Entry:
    by_systemd = program == "systemd" and pid == "1"
    # Whatever a program sends is printed with a process id; what the kernel says has none.
    by_kernel = program == KERNEL and not pid
    if by_systemd and not unit:
        named = _UNIT.match(message) or _NAMED.match(message)
        unit = named[1] if named else ""
    return Entry(at, host, program, message, by_systemd, by_kernel, unit)


def _from_json(line: str) -> Entry | None:
    """One line of `-o json`."""
    try:
        data = decoded(line)
    except Unreadable:
        return None
    message = text(data, "MESSAGE")
    if not message:
        return None
    micros = number(data, "__REALTIME_TIMESTAMP")
    kernel = text(data, "_TRANSPORT") == KERNEL
    program = KERNEL if kernel else text(data, "SYSLOG_IDENTIFIER") or text(data, "_COMM")
    pid = "" if kernel else text(data, "_PID") or "0"
    unit = text(data, "UNIT") if pid == "1" else ""
    at = from_epoch(micros / MICROSECONDS) if micros else None
    return _entry(at, text(data, "_HOSTNAME"), program, pid, message[:LINE_CHARS_MAX], unit)


def _guessed(month: str, day: str, clock: str, now: datetime) -> datetime | None:
    """A moment without a year: the latest such one that is not in the future. No zone reads as UTC."""
    if month not in MONTHS:
        return None
    for year in (now.year, now.year - 1):
        try:
            at = datetime.fromisoformat(f"{year}-{MONTHS.index(month) + 1:02}-{int(day):02}T{clock}").replace(
                tzinfo=UTC
            )
        except ValueError:
            continue
        if at <= now.astimezone(UTC) + timedelta(days=1):
            return at
    return None


def told_lines(told: list[Entry]) -> list[tuple[datetime, str]]:
    """What systemd said of a unit, with times, in order."""
    return sorted(((entry.at, entry.message) for entry in told if entry.at), key=lambda line: line[0])


def _unit_facts(evidence: Evidence, told: list[Entry], component: str) -> list[Fact]:
    facts = event_facts(evidence, list(_happenings(told)), teller="systemd's", component=component)
    gave_up = [entry for entry in told if GAVE_UP.search(entry.message)]
    if gave_up:
        values = known(sign="start_limit_hit", count=float(len(gave_up)))
        said = f"systemd gave up on {component}: {shown(gave_up[-1].message, 200)}"
        facts.append(draft(evidence, "log_sign", said, values, at=gave_up[-1].at, component=component))
    counters = [found for entry in told if (found := RESTART.search(entry.message))]
    if counters:
        values = known(sign="restart_scheduled", count=float(len(counters)), restart_count=float(counters[-1][1]))
        said = f"systemd restarted {component}: its restart counter is at {counters[-1][1]}"
        facts.append(draft(evidence, "log_sign", said, values, at=told[-1].at, component=component))
    return facts


def _happenings(told: Iterable[Entry]) -> Iterator[Happening]:
    last_oom, control = float("-inf"), None
    for entry in told:
        if entry.at is None:
            continue
        seconds, message = entry.at.timestamp(), entry.message
        ended = ENDED.search(message)
        if ended and ended[1] == "Control":
            control = ended
        elif ended:
            yield _death(seconds, ended)
        elif OOM.search(message):
            # One kill is told twice, by the kernel's count and as the unit's result.
            if seconds - last_oom > ORDER_SECONDS:
                yield Happening(seconds, "oom")
            last_oom = seconds
        elif FAILED.search(message) and control:
            # Where what prepares the start ends so, the unit fails with it; what only reloads it does no harm.
            yield _death(seconds, control)
            control = None
        elif action := _ordered(message):
            yield Happening(seconds, action)
            control = None


def _death(seconds: float, ended: re.Match[str]) -> Happening:
    status = float(ended[3])
    by_signal = ended[2] in {"killed", "dumped"}
    return Happening(seconds, "die", SIGNAL_BASE + status if by_signal else status, status if by_signal else None)


def _ordered(message: str) -> str:
    if message.startswith("Started "):
        return "start"
    if message.startswith("Stopping "):
        return "stop"
    return "restart" if RESTART.search(message) else ""


def _is_oom(message: str) -> bool:
    return _VICTIM.search(message) is not None or message.startswith("oom-kill:") or INVOKED in message


def _victims(evidence: Evidence, entries: list[Entry]) -> list[Fact]:
    """Who the kernel killed for memory: the unit that its own line names, else the program."""
    facts: dict[str, Fact] = {}
    unit = ""
    for entry in entries:
        if not entry.by_kernel:
            continue
        named = _VICTIM_UNIT.search(entry.message)
        unit = named[1] if named else unit
        victim = _VICTIM.search(entry.message)
        if victim is None:
            continue
        component = component_of(evidence, unit, alone=False) if unit else victim[2]
        used = float(victim[3]) * 1024 if victim[3] else None
        values = known(sign="oom_kill", count=1.0, memory_used_bytes=used, process=shown(victim[2], 64))
        values["count"] = 1.0 + (facts[component].number("count") or 0.0 if component in facts else 0.0)
        said = f"kernel: {shown(entry.message, 300)}"
        facts[component] = draft(evidence, "log_sign", said, values, at=entry.at, component=component)
        unit = ""
    return list(facts.values())[:PARTS_MAX]


def _by_writer(evidence: Evidence, entries: list[Entry]) -> dict[str, list[Entry]]:
    """What programs wrote, by component: the evidence's own, or each program's where it names none."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.by_systemd or entry.by_kernel:
            continue
        # What programs of a host wrote is theirs, not the host's.
        own = owner(evidence)
        of_host = own == entry.host or own == evidence.params.get("host")
        program = entry.program.partition("/")[0]
        theirs = (not of_host and own) or (own if program in OF_THE_HOST else "")
        component = theirs or stem(entry.unit or program)
        if component in found or len(found) < PARTS_MAX:
            found.setdefault(component, []).append(entry)
    return found


def _log_facts(evidence: Evidence, entries: list[Entry], component: str, *, trusted: bool) -> list[Fact]:
    """The signs and errors in these lines; `trusted` ones may also say who was killed for memory."""
    if not entries:
        return []
    lines = (f"{entry.at.isoformat()} {entry.message}" if entry.at else entry.message for entry in entries)
    query = evidence.params.get("query") or f"journalctl {owner(evidence)}".strip()
    params = {"query": query}
    tool = "journalctl" if trusted else "logs"
    return read_log(replace(evidence, tool=tool, component=component, params=params, content="\n".join(lines)))
