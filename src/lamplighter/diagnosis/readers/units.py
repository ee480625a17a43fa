"""What a systemd unit's state comes to, whoever printed it: one fact `state`, and one `usage` with limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lamplighter.diagnosis.readers.draft import Values, draft, known, owner, shown
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words

SIGNAL_BASE = 128.0
TERM = 15.0
LOOP_RESTARTS = 3.0
STARTS = frozenset({"start", "start-pre", "start-post"})
# What systemd itself answers where it could not even begin the program.
SETUP_ERRORS = {
    200.0: "CHDIR: its working directory cannot be entered",
    203.0: "EXEC: its program cannot be executed",
    209.0: "STDOUT: its output cannot be set up",
    216.0: "GROUP: its group does not exist",
    217.0: "USER: its user does not exist",
    226.0: "NAMESPACE: a path of its sandbox cannot be mounted",
    238.0: "STATE_DIRECTORY: its state folder cannot be set up",
    240.0: "LOGS_DIRECTORY: its log folder cannot be set up",
}


@dataclass(slots=True)
class Unit:
    """A unit as systemd tells it; None and empty are what was not told. Sizes are bytes, times UTC."""

    name: str = ""
    load: str = ""
    active: str = ""
    sub: str = ""
    result: str = ""
    exit_code: float | None = None
    signal: float | None = None
    restarts: float | None = None
    policy: str = ""
    kind: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    memory_used: float | None = None
    memory_max: float | None = None
    tasks: float | None = None
    tasks_max: float | None = None
    said: str = ""
    gave_up: bool = False

    @property
    def running(self) -> bool | None:
        """Whether its program runs; None where that says nothing, as for a job that did its work and ended."""
        if self.active in {"active", "reloading", "deactivating"}:
            return None if self.sub == "exited" else True
        if self.active == "activating":
            return self.sub in STARTS
        if self.active == "inactive" and (self.kind == "oneshot" or not (self.started or self.ended)):
            return None if self.result in {"", "success"} else False
        return False if self.active in {"failed", "inactive"} else None


def stem(unit: str) -> str:
    """The name of a unit as people say it: `nginx` for `nginx.service`."""
    return unit.removesuffix(".service")


def component_of(evidence: Evidence, unit: str, *, alone: bool) -> str:
    """Whose facts a unit's are: the evidence's own component where it means this unit, else the unit's name.

    `alone` says that the evidence tells of no other unit.
    """
    who, asked = owner(evidence), evidence.params.get("unit", "")
    if not who:
        return stem(unit)
    if asked:
        return who if stem(asked) == stem(unit) else stem(unit)
    return who if alone or who in {unit, stem(unit)} else stem(unit)


def unit_facts(evidence: Evidence, unit: Unit, component: str) -> list[Fact]:
    """The facts of one unit; none where nothing was told of its state."""
    if unit.load in {"not-found", "masked", "bad-setting"}:
        values = known(engine="systemd", status=unit.load, unit=unit.name, load=unit.load)
        return [draft(evidence, "unit", f"unit {unit.name} is {unit.load}", values, component=component)]
    if not unit.active:
        return []
    values = _values(unit)
    at = unit.ended if values.get("running") == 0.0 else unit.started
    facts = [draft(evidence, "state", _words(unit, values), values, at=at, component=component)]
    usage = known(
        memory_used_bytes=unit.memory_used,
        memory_ceiling_bytes=unit.memory_max,
        memory_share=_share(unit.memory_used, unit.memory_max),
        pids=unit.tasks,
        pids_share=_share(unit.tasks, unit.tasks_max),
    )
    if "memory_share" in usage or "pids_share" in usage:
        facts.append(draft(evidence, "usage", _usage_words(component, usage), usage, component=component))
    return facts


def _values(unit: Unit) -> Values:
    running = unit.running
    down = running is False
    code = unit.exit_code if unit.signal is None else SIGNAL_BASE + unit.signal
    gave_up = unit.active == "failed" and (unit.gave_up or unit.result == "start-limit-hit")
    looping = unit.sub == "auto-restart" or (unit.active == "activating" and (unit.restarts or 0.0) >= LOOP_RESTARTS)
    setup = SETUP_ERRORS.get(code or 0.0) if unit.signal is None else None
    started, ended = unit.started, unit.ended if down or looping else None
    return known(
        engine="systemd",
        unit=unit.name,
        status=f"{unit.active} ({unit.sub})" if unit.sub else unit.active,
        running=running,
        restarting=looping,
        gave_up=gave_up,
        result=unit.result,
        oom_killed=unit.result == "oom-kill" if unit.result else None,
        stopped_on_purpose=unit.active == "inactive" and unit.result in {"", "success"} and unit.signal == TERM,
        start_failed=True if setup or gave_up else None,
        start_error=f"status {code:.0f}/{setup}" if setup else None,
        oneshot=True if unit.kind == "oneshot" else None,
        exit_code=code if down or looping else None,
        signal=unit.signal if down or looping else None,
        restart_count=unit.restarts,
        restart_policy=unit.policy,
        memory_limit_bytes=unit.memory_max,
        started_epoch_seconds=started.timestamp() if started else None,
        finished_epoch_seconds=ended.timestamp() if ended else None,
        ran_seconds=(ended - started).total_seconds() if ended and started and ended >= started else None,
    )


def _words(unit: Unit, values: Values) -> str:
    said = f"unit {unit.name} is {values['status']}"
    if unit.result and unit.result != "success":
        said += f", result {unit.result}"
    code = values.get("exit_code")
    if isinstance(code, float):
        said += f", exit code {code:.0f}"
    if values.get("start_error"):
        said += f" ({values['start_error']})"
    if unit.restarts:
        said += f", restarted {unit.restarts:.0f} times"
    if unit.memory_max:
        said += f", memory limit {bytes_words(int(unit.memory_max))}"
    if unit.said:
        said += f', it says "{shown(unit.said, 120)}"'
    moment = unit.ended if "finished_epoch_seconds" in values else unit.started
    ended = "ended" if "finished_epoch_seconds" in values else "started"
    return f"{said}, {ended} {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else said


def _usage_words(component: str, usage: Values) -> str:
    parts: list[str] = []
    used, most = usage.get("memory_used_bytes"), usage.get("memory_ceiling_bytes")
    if isinstance(used, float) and isinstance(most, float):
        parts.append(f"memory {bytes_words(int(used))} of {bytes_words(int(most))}")
    tasks = usage.get("pids_share")
    if isinstance(tasks, float):
        parts.append(f"{tasks:.0%} of the tasks it may have")
    return f"{component} uses {', '.join(parts)}"


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
