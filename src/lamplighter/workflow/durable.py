"""The same steps, checkpointed: after a crash the story goes on where it was. The only file that imports dbos."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import stamina
import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from lamplighter.domain.approval import Approval, Grant
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Gathered
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Result
from lamplighter.domain.plan import Plan
from lamplighter.domain.policy import Verdict
from lamplighter.domain.verification import Verification
from lamplighter.ports import StoreUnavailable
from lamplighter.workflow.story import Superseded, Work, run_incident

# The shape of the story: raised only when a step is added, removed or reordered, so that an upgrade strands nothing.
STORY_VERSION = "lamplighter-story-2"
APP_NAME = "lamplighter"
SCHEMA = "lamplighter_durable"
RECOVERIES_MAX = 20
STORE_OUTAGE_SECONDS_MAX = 600.0
WAKE_TOPIC = "wake"
WAIT_SECONDS_MIN = 0.1
ENDED_BADLY = frozenset({"ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
log = structlog.get_logger()
T = TypeVar("T")


class Bells:
    """Wakes responses that wait in this process; what rings before the wait begins is not lost.

    With SQLite nobody else can wake them, and the library would ask the database once a second for every one that
    waits, which is a tenth of a core where two hundred wait for people.
    """

    def __init__(self) -> None:
        self._bells: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}

    def hang(self, workflow_id: str) -> None:
        """From here on rings are heard; the first wait ends at once, because one may have rung between two lives.

        Call it in the response's own event loop.
        """
        bell = asyncio.Event()
        bell.set()
        self._bells[workflow_id] = (asyncio.get_running_loop(), bell)

    def take_down(self, workflow_id: str) -> None:
        """The response is over."""
        self._bells.pop(workflow_id, None)

    def ring(self, workflow_id: str) -> None:
        """Wake it, where it is at work; one that is not looks at the store when it goes on."""
        if workflow_id in self._bells:
            loop, bell = self._bells[workflow_id]
            loop.call_soon_threadsafe(bell.set)

    async def wait(self, workflow_id: str, seconds: float) -> None:
        """Until it rings, or the time is over."""
        _, bell = self._bells[workflow_id]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await bell.wait()
        bell.clear()


class CheckpointedSteps:
    """Each step of the story as one durable checkpoint; arguments and results are JSON."""

    def __init__(self, steps: Work, bells: Bells | None = None) -> None:
        self._steps = steps
        self._bells = bells

    async def step(self, name: str, returns: type[T], body: Callable[[], Awaitable[T]]) -> T:
        """Run one step, or take its recorded result. The body may run more than once; its record is made once."""

        @stamina.retry(on=StoreUnavailable, attempts=None, timeout=STORE_OUTAGE_SECONDS_MAX, wait_max=10.0)
        async def recorded() -> dict[str, Any]:
            try:
                return {"value": msgspec.to_builtins(await body())}
            except Superseded as end:
                return {"superseded": str(end)}

        answer = await DBOS.run_step_async({"name": name}, recorded)
        if "superseded" in answer:
            raise Superseded(answer["superseded"])
        return msgspec.convert(answer["value"], returns)

    async def load(self, response_id: str) -> Incident:
        """See `Work.load`."""
        return await self.step("load", Incident, lambda: self._steps.load(response_id))

    async def gather(self, incident: Incident) -> Gathered:
        """See `Work.gather`."""
        return await self.step("gather", Gathered, lambda: self._steps.gather(incident))

    async def diagnose(self, incident: Incident, gathered: Gathered) -> Diagnosis:
        """See `Work.diagnose`."""
        return await self.step("diagnose", Diagnosis, lambda: self._steps.diagnose(incident, gathered))

    async def plan(self, incident: Incident, gathered: Gathered, diagnosis: Diagnosis) -> Plan:
        """See `Work.plan`."""
        return await self.step("plan", Plan, lambda: self._steps.plan(incident, gathered, diagnosis))

    async def judge(self, incident: Incident, plan: Plan) -> Verdict:
        """See `Work.judge`."""
        return await self.step("judge", Verdict, lambda: self._steps.judge(incident, plan))

    async def convene_council(self, incident: Incident, plan: Plan, verdict: Verdict) -> Verdict:
        """See `Work.convene_council`."""
        return await self.step("council", Verdict, lambda: self._steps.convene_council(incident, plan, verdict))

    async def ask(self, incident: Incident, plan: Plan, verdict: Verdict) -> Approval:
        """See `Work.ask`."""
        return await self.step("ask", Approval, lambda: self._steps.ask(incident, plan, verdict))

    async def answered(self, incident: Incident, plan: Plan, approval: Approval) -> Grant | Plan | None:
        """See `Work.answered`."""
        found = await self.step("answered", _Maybe, lambda: self._answered(incident, plan, approval))
        return found.grant or found.amended

    async def _answered(self, incident: Incident, plan: Plan, approval: Approval) -> _Maybe:
        answer = await self._steps.answered(incident, plan, approval)
        return _Maybe(amended=answer) if isinstance(answer, Plan) else _Maybe(answer)

    async def expiry(self, approval: Approval) -> Approval:
        """See `Work.expiry`. Not recorded: it only bounds a wait, and what ends the wait is looked up again."""
        return await self._steps.expiry(approval)

    async def wait(self, approval: Approval) -> None:
        """Wait until somebody wakes this workflow, or the question expires; the deadline survives a restart."""
        approval = await self._steps.expiry(approval)
        whole = (approval.expires_at - approval.asked_at).total_seconds()
        # Whatever the clock was set to meanwhile, no wait is longer than the question stays open.
        seconds = min(whole, max(WAIT_SECONDS_MIN, (approval.expires_at - datetime.now(UTC)).total_seconds()))
        if self._bells is None:
            await DBOS.recv_async(WAKE_TOPIC, timeout_seconds=seconds)
        elif await self._begins_now():
            await self._bells.wait(str(DBOS.workflow_id), seconds)

    async def _begins_now(self) -> bool:
        """Whether this wait begins in this life; one of an earlier life ends at once, because a ring may be lost."""
        begun: list[bool] = []

        async def begin() -> None:
            begun.append(True)

        await self.step("wait", type(None), begin)
        return bool(begun)

    async def pause(self, seconds: float) -> None:
        """Sleep durably."""
        await DBOS.sleep_async(seconds)

    async def grant(self, incident: Incident, plan: Plan, verdict: Verdict) -> Grant:
        """See `Work.grant`."""
        return await self.step("grant", Grant, lambda: self._steps.grant(incident, plan, verdict))

    async def act(self, incident: Incident, plan: Plan, grant: Grant, index: int) -> Result:
        """See `Work.act`."""
        return await self.step(f"act-{index}", Result, lambda: self._steps.act(incident, plan, grant, index))

    async def verify(self, incident: Incident, plan: Plan) -> Verification:
        """See `Work.verify`."""
        return await self.step("verify", Verification, lambda: self._steps.verify(incident, plan))

    async def undo(self, incident: Incident, plan: Plan, grant: Grant, results: tuple[Result, ...]) -> Result:
        """See `Work.undo`."""
        return await self.step("undo", Result, lambda: self._steps.undo(incident, plan, grant, results))

    async def learn(self, incident: Incident, plan: Plan, check: Verification) -> None:
        """See `Work.learn`."""
        await self.step("learn", type(None), lambda: self._steps.learn(incident, plan, check))

    async def notify(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> None:
        """See `Work.notify`."""
        await self.step(f"notify-{moment}", type(None), lambda: self._steps.notify(incident, moment, lines))

    async def close(self, incident: Incident, state: State, reason: str) -> State:
        """See `Work.close`."""
        return await self.step("close", State, lambda: self._steps.close(incident, state, reason))


@dataclass(frozen=True, slots=True)
class _Maybe:
    """What an answer was recorded as. Responses that began before plans could be amended recorded only the grant."""

    grant: Grant | None = None
    amended: Plan | None = None


class DurableResponse:
    """Starts, wakes and recovers responses. One for each process, because the library keeps one per process."""

    def __init__(
        self,
        steps: Work,
        *,
        url: str,
        engine: Any,  # noqa: ANN401 - only the store knows the engine's library
        executor_id: str,
        checkpointed: type[CheckpointedSteps] | None = None,
    ) -> None:
        self._bells = Bells() if url.startswith("sqlite") else None
        self._steps = (checkpointed or CheckpointedSteps)(steps, self._bells)
        self._responses: set[asyncio.Task[Any] | None] = set()
        self._active: set[str] = set()
        self._executor_id = executor_id
        config: DBOSConfig = {
            "name": APP_NAME,
            "system_database_url": url,
            "system_database_engine": engine,
            "dbos_system_schema": SCHEMA,
            "serializer": DBOSPortableJSONSerializer(),
            "application_version": STORY_VERSION,
            "executor_id": executor_id,
            "console_log_level": "ERROR",
            "log_level": "ERROR",
            # PostgreSQL itself tells of messages; this is for those that were missed.
            "notification_listener_polling_interval_sec": 1.0,
        }
        DBOS(config=config)

        @DBOS.workflow(name="run_incident", max_recovery_attempts=RECOVERIES_MAX)
        async def respond(incident_id: str) -> str:
            task = asyncio.current_task()
            self._responses.add(task)
            self._active.add(str(DBOS.workflow_id))
            if self._bells is not None:
                self._bells.hang(str(DBOS.workflow_id))
            try:
                # The workflow's own id names the run; a recorded argument of an older life names the incident only.
                return str(await run_incident(str(DBOS.workflow_id), self._steps))
            except Superseded as end:
                log.info("response ended early", incident=incident_id, reason=str(end))
                return "superseded"
            finally:
                self._responses.discard(task)
                self._active.discard(str(DBOS.workflow_id))
                if self._bells is not None:
                    self._bells.take_down(str(DBOS.workflow_id))

        self._workflow = respond

    def launch(self) -> None:
        """Open the checkpoints and recover what an earlier life had begun. Call inside the event loop."""
        DBOS.launch()

    async def start(self, incident: Incident) -> None:
        """Start the response to one run of an incident; a second start is a no-op."""
        with SetWorkflowID(incident.workflow_id):
            await DBOS.start_workflow_async(self._workflow, incident.id)

    async def wake(self, incident: Incident) -> None:
        """End a wait of the incident's response early; what it then does depends on the store alone."""
        if self._bells is not None:
            self._bells.ring(incident.workflow_id)
        elif await self.standing(incident) in {"running", "stalled"}:
            await DBOS.send_async(incident.workflow_id, "look", topic=WAKE_TOPIC)

    async def standing(self, incident: Incident) -> str:
        """How the response stands: running, stalled, ended, broken, absent.

        Stalled is what broke off because its checkpoints could not be written, so that nothing knows that it ended.
        """
        # Hundreds may wait for people, and each would cost the sweep a question to the checkpoints.
        if incident.workflow_id in self._active:
            return "running"
        status = await DBOS.get_workflow_status_async(incident.workflow_id)
        if status is None:
            return "absent"
        if status.status in ENDED_BADLY:
            return "broken"
        if status.status == "PENDING" and status.executor_id == self._executor_id:
            return "stalled"
        return "ended" if status.status == "SUCCESS" else "running"

    async def resume(self, incident: Incident) -> None:
        """Let a stalled response go on from its last checkpoint."""
        await DBOS.resume_workflow_async(incident.workflow_id)

    async def prune(self, before: datetime, limit: int) -> int:
        """Remove the checkpoints of at most `limit` responses that ended before then; returns how many."""
        found = await DBOS.list_workflows_async(
            status=["SUCCESS"],
            completed_before=before.isoformat(),
            limit=limit,
            load_input=False,
            load_output=False,
        )
        if found:
            await DBOS.delete_workflows_async([one.workflow_id for one in found])
        return len(found)

    async def close(self) -> None:
        """Let go. What is under way is cut off here, which records nothing, and goes on at the next start."""
        under_way = [task for task in self._responses if task is not None]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        # The library leaves the event loop with its own executor, which is shut down by now.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
