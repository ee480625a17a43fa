"""How each pod stands: one fact `state` a pod, and `health` where it runs and is not ready."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from lamplighter.diagnosis.cluster.drafting import Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.readers.document import at, flag, items, number, text
from lamplighter.diagnosis.readers.draft import Values, known, shown
from lamplighter.diagnosis.readers.kube_moments import moment
from lamplighter.diagnosis.readers.kube_quantity import age_seconds, quantity
from lamplighter.diagnosis.readers.signs import engine_words
from lamplighter.domain.evidence import Fact

RECENT_SECONDS = 900.0
_RUNTIME = re.compile(
    r"(?i)OCI runtime|failed to (?:create|start) (?:containerd|shim|container)"
    r"|runc|exec: |executable file|cannot be started"
)
LOOP_RESTARTS = 3
LOOPING = frozenset({"CrashLoopBackOff", "RunContainerError", "StartError", "PostStartHookError"})
CREATING = frozenset({"ContainerCreating", "PodInitializing", "Pending", ""})
ENDED_WELL = frozenset({"Completed", "Succeeded"})


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod: how it is, and how it ended before."""

    name: str
    init: bool
    spec: object
    status: object

    @property
    def waiting(self) -> str:
        """Why it waits; empty where it does not."""
        return text(self.status, "state", "waiting", "reason")

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return at(self.status, "state", "running") is not None

    @property
    def ended(self) -> object:
        """The last end that is known, now or before."""
        return at(self.status, "state", "terminated") or at(self.status, "lastState", "terminated")

    @property
    def exit_code(self) -> float | None:
        """With what it ended last."""
        return number(self.ended, "exitCode")

    @property
    def restarts(self) -> float:
        """How often it was started again."""
        return number(self.status, "restartCount") or 0.0

    @property
    def ready(self) -> bool | None:
        """Whether the kubelet calls it ready."""
        return flag(self.status, "ready")


def containers(pod: Seen) -> list[Container]:
    """The containers of a pod, its init containers first."""
    found: list[Container] = []
    for init, specs, states in (
        (True, "initContainers", "initContainerStatuses"),
        (False, "containers", "containerStatuses"),
    ):
        status = {text(one, "name"): one for one in items(pod.body, "status", states)}
        spec = {text(one, "name"): one for one in items(pod.body, "spec", specs)}
        found += [Container(name, init, spec.get(name, {}), status.get(name, {})) for name in {**spec, **status}]
    return found


def specification(one: Seen | None) -> object:
    """The specification of a pod, its own or that of its workload's template."""
    if one is None:
        return {}
    return at(one.body, "spec") if one.kind == "pod" else at(one.body, "spec", "template", "spec")


def status_word(pod: Seen) -> str:
    """The word that kubectl would print under STATUS."""
    if text(pod.body, "metadata", "deletionTimestamp") or text(pod.body, "status", "deleting"):
        return "Terminating"
    listed = text(pod.body, "listed", "status")
    for one in containers(pod):
        if one.init and one.waiting and one.waiting != "PodInitializing":
            return f"Init:{one.waiting}"
        if not one.init and one.waiting and one.waiting not in CREATING:
            return one.waiting
    for one in containers(pod):
        reason = text(one.status, "state", "terminated", "reason")
        if not one.init and reason:
            return reason
    return text(pod.body, "status", "reason") or listed or text(pod.body, "status", "phase")


def worst(pod: Seen) -> Container | None:
    """The container that tells most of why a pod is not well."""
    return max(containers(pod), key=_badness, default=None)


def _badness(one: Container) -> tuple[bool, bool, bool, bool, float]:
    ended_badly = (one.exit_code or 0.0) != 0.0
    return (
        one.waiting not in CREATING,
        at(one.status, "state", "terminated") is not None and ended_badly,
        one.ready is False and not one.init and not one.waiting,
        ended_badly,
        one.restarts,
    )


def is_up(pod: Seen) -> bool:
    """Whether the pod runs and every container of it is ready."""
    listed = at(pod.body, "listed")
    if containers(pod) and any(one.status for one in containers(pod)):
        states = [one for one in containers(pod) if not one.init]
        return (
            bool(states)
            and all(one.ready is not False and (one.running or not one.waiting) for one in states)
            and (status_word(pod) in {"Running", ""})
        )
    return text(listed, "status") == "Running" and number(listed, "ready") == number(listed, "containers")


def ended_well(pod: Seen) -> bool:
    """Whether it did what it was there for."""
    return status_word(pod) in ENDED_WELL


def pod_facts(found: Inventory) -> list[Fact]:
    """The facts of every pod."""
    facts: list[Fact] = []
    failures = _failures(found)
    for pod in found.of("pod"):
        values = state_values(pod, found.now)
        if not values.get("status") or ended_well(pod):
            continue
        component = found.component(pod)
        one = worst(pod)
        message = shown(text(one.status, "state", "waiting", "message") or text(one.ended, "message") if one else "")
        began = "start_error" not in values and message and (one is not None) and values.get("running") != 1.0
        if began and one is not None and not message.startswith(("back-off", "Back-off")):
            values |= engine_words(message, component)
        elif pod.name in failures and values.get("running") != 1.0:
            values |= engine_words(failures[pod.name], component)
        cause = Ground(pod.evidence, pod.query, component, _moment(one, values))
        facts.append(fact_of(cause, "state", _words(pod, one, values), values))
        if values.get("running") == 1.0 and values.get("ready") == 0.0:
            said = f"pod {pod.name} runs, but is not ready"
            facts.append(fact_of(cause, "health", said, known(status="unhealthy", target=pod.name, by="kubelet")))
    return facts


def _failures(found: Inventory) -> dict[str, str]:
    """Why containers could not be started at all, by the events of their pods."""
    return {
        told.name: told.message
        for told in found.events
        if told.kind == "pod"
        and told.reason in {"Failed", "FailedStart", "FailedPostStartHook"}
        and _RUNTIME.search(told.message)
    }


def state_values(pod: Seen, now: datetime) -> Values:
    """What rules may ask of a pod's state."""
    word, one = status_word(pod), worst(pod)
    listed = at(pod.body, "listed")
    restarts = max(one.restarts if one else 0.0, number(listed, "restarts") or 0.0)
    started, finished = _times(one)
    recent = _recent(pod, finished, started, now)
    job = pod.owner.lower().startswith("job/")
    reason = text(one.ended, "reason") if one else ""
    plain = word.removeprefix("Init:")
    up = word == "Running" and (one is None or one.running or not at(one.status, "state"))
    looping = plain in LOOPING or (restarts >= LOOP_RESTARTS and recent)
    looping = looping or (plain in {"Error", "OOMKilled"} and restarts >= 1 and not job)
    ready = is_up(pod)
    ended = not up or looping
    code = one.exit_code if one else None
    return known(
        engine="kubernetes",
        target=pod.name,
        status=word,
        running=up,
        ready=ready if up else None,
        restarting=looping and not (up and ready and not recent),
        init=word.startswith("Init:") or None,
        job=job or None,
        failed=(plain in {"Error", "Failed", "DeadlineExceeded", "BackoffLimitExceeded"} and not looping) or None,
        creating=(plain in CREATING and word not in {"Pending", ""}) or None,
        pending=word == "Pending" or None,
        restarts=restarts or None,
        exit_code=code if ended and code is not None else None,
        last_exit_code=code,
        last_reason=reason,
        oom_killed=1.0 if reason == "OOMKilled" or plain == "OOMKilled" else None,
        container=one.name if one else "",
        image=text(one.spec, "image") or text(one.status, "image") if one else "",
        memory_limit_bytes=quantity(at(one.spec, "resources", "limits", "memory")) if one else None,
        started_epoch_seconds=started.timestamp() if started else None,
        finished_epoch_seconds=finished.timestamp() if finished else None,
        ran_seconds=_ran(one),
        start_failed=plain in {"RunContainerError", "StartError", "CreateContainerError"}
        or reason == "StartError"
        or None,
    )


def _times(one: Container | None) -> tuple[datetime | None, datetime | None]:
    if one is None:
        return None, None
    began = text(one.status, "state", "running", "startedAt") or text(one.ended, "startedAt")
    return moment(began), moment(text(one.ended, "finishedAt"))


def _ran(one: Container | None) -> float | None:
    began, ended = (moment(text(one.ended, key)) for key in ("startedAt", "finishedAt")) if one else (None, None)
    return max(0.0, (ended - began).total_seconds()) if began and ended else None


def _recent(pod: Seen, finished: datetime | None, started: datetime | None, now: datetime) -> bool:
    ago = age_seconds(text(pod.body, "listed", "restarted_ago"))
    if ago is not None:
        return ago <= RECENT_SECONDS
    last = finished or started
    if last is None:
        return not is_up(pod)
    return abs((now - last).total_seconds()) <= RECENT_SECONDS


def _moment(one: Container | None, values: Values) -> datetime | None:
    started, finished = _times(one)
    return finished if values.get("running") != 1.0 or values.get("oom_killed") else started


def _words(pod: Seen, one: Container | None, values: Values) -> str:
    where = f"{pod.namespace}/{pod.name}" if pod.namespace else pod.name
    said = f"pod {where} is {values['status']}"
    ready, total = number(pod.body, "listed", "ready"), number(pod.body, "listed", "containers")
    if ready is not None and total is not None and not one:
        said += f", {ready:.0f} of {total:.0f} containers ready"
    if one and one.name and values.get("status") != "Running":
        said += f", container {one.name}"
        said += f" ({text(one.spec, 'image')})" if text(one.spec, "image") else ""
    code = values.get("last_exit_code")
    if isinstance(code, float):
        said += f", it ended last with exit code {code:.0f}"
        said += f" ({values['last_reason']})" if values.get("last_reason") else ""
    if values.get("restarts"):
        said += f", {values['restarts']:.0f} restarts"
    limit = text(one.spec, "resources", "limits", "memory") if one else ""
    if limit:
        said += f", memory limit {limit}"
    return said + (f": {values['start_error']}" if values.get("start_error") else "")
