"""Reads what supervisord says of a process into the same `state` fact that a container gives."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import decoded, number, record, text
from lamplighter.diagnosis.readers.draft import Values, draft, known, owner
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.diagnosis.readers.signs import engine_words
from lamplighter.diagnosis.readers.supervisor_table import read_table
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words

UP = frozenset({"RUNNING", "STARTING", "STOPPING"})


def read_status(evidence: Evidence) -> list[Fact]:
    """One fact `state` for each program, of the API's answer or of supervisorctl's table. Raises `Unreadable`.

    Where the process runs on the machine that looked, its `usage` is told too.
    """
    if not evidence.content.lstrip().startswith(("{", "[")):
        return read_table(evidence)
    data = record(decoded(evidence.content))
    state = text(data, "statename").upper()
    if not state:
        return [draft(evidence, "unreadable", "the status holds no statename", {"tool": evidence.tool})]
    component = owner(evidence) or text(data, "name")
    started, stopped = from_epoch(number(data, "start")), from_epoch(number(data, "stop"))
    up = state in UP
    ended = stopped if not up else None
    code = number(data, "exitstatus") if not up else None
    if state != "EXITED" and not code:
        code = None  # supervisord forgets the status of a failed start and shows 0
    values = known(
        engine="supervisor",
        status=state,
        running=up,
        restarting=state == "BACKOFF",
        gave_up=state == "FATAL",
        start_failed=state in {"BACKOFF", "FATAL"},
        stopped_on_purpose=state == "STOPPED" and started is not None,
        exit_code=code,
        memory_limit_bytes=number(data, "memory_limit_bytes") or None,
        rss_bytes=number(data, "rss_bytes"),
        started_epoch_seconds=started.timestamp() if started else None,
        finished_epoch_seconds=ended.timestamp() if ended else None,
        ran_seconds=(ended - started).total_seconds() if ended and started and ended >= started else None,
    )
    values |= engine_words(text(data, "spawnerr"), component)
    facts = [draft(evidence, "state", _words(component, values), values, at=ended or started, component=component)]
    used = _usage(data)
    if used:
        facts.append(draft(evidence, "usage", _usage_words(component, used), used, at=evidence.at, component=component))
    return facts


def _usage(data: object) -> Values:
    """Shares from 0 to 1 of what the process may use."""
    held, limit = number(data, "rss_bytes"), number(data, "memory_limit_bytes")
    files, files_max = number(data, "usage", "files"), number(data, "usage", "files_max")
    return known(
        memory_used_bytes=held,
        memory_share=held / limit if held is not None and limit else None,
        cpu_share=number(data, "usage", "cpu_share"),
        cpu_wanted_share=number(data, "usage", "cpu_wanted_share"),
        threads=number(data, "usage", "threads"),
        files=files,
        fd_share=files / files_max if files is not None and files_max else None,
    )


def _usage_words(component: str, values: Values) -> str:
    parts: list[str] = []
    held, share = values.get("memory_used_bytes"), values.get("memory_share")
    if isinstance(held, float):
        parts.append(f"{bytes_words(int(held))} of memory" + (f" ({share:.0%})" if isinstance(share, float) else ""))
    cpu, wanted = values.get("cpu_share"), values.get("cpu_wanted_share")
    if isinstance(cpu, float):
        asked = f" and asks for {wanted:.0%}" if isinstance(wanted, float) and wanted > cpu else ""
        parts.append(f"{cpu:.0%} of the processor time that it may use{asked}")
    for key in ("threads", "files"):
        count = values.get(key)
        if isinstance(count, float):
            parts.append(f"{count:.0f} {key}")
    return f"{component} uses {', '.join(parts)}"


def _words(component: str, values: dict[str, str | float]) -> str:
    said = f"process {component} is {values['status']}"
    code = values.get("exit_code")
    if isinstance(code, float):
        said += ", ended by a signal" if code < 0 else f", exit status {code:.0f}"
    if values.get("start_error"):
        said += f" ({values['start_error']})"
    limit = values.get("memory_limit_bytes")
    if isinstance(limit, float):
        said += f", memory limit {bytes_words(int(limit))}"
    ended = from_epoch(float(values["finished_epoch_seconds"])) if "finished_epoch_seconds" in values else None
    return f"{said}, ended {ended:%Y-%m-%d %H:%M:%S} UTC" if ended else said
