"""What a message may say is what the store knows: the cause with its evidence, the question, what was tried."""

from __future__ import annotations

from dataclasses import replace

from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.incident import State
from lamplighter.domain.markup import as_text
from lamplighter.domain.message import Kind
from lamplighter.domain.plan import Plan
from lamplighter.workflow.briefing import Briefing
from tests.integration.workflow.conftest import Bench


def briefing(bench: Bench) -> Briefing:
    return Briefing(bench.store, bench.clock, "http://ops.lan/", "UTC")


async def test_an_incident_that_nobody_looked_at_yet_is_told_of_all_the_same(bench: Bench) -> None:
    incident = await bench.opened()
    message = await briefing(bench).of(incident, "opened", ("words",))
    assert (message.kind, message.detail.cause, message.url) == (
        Kind.DETECTED,
        "",
        f"http://ops.lan/incidents/{incident.id}",
    )
    assert await briefing(bench).why(incident) == "I have not looked yet."


async def test_a_whole_response_is_told_with_cause_evidence_and_what_was_done(bench: Bench) -> None:
    bench.heals()
    incident = await bench.opened()
    assert await bench.run(incident) is State.RESOLVED
    found = bench.store.incidents.load(incident.id)
    assert found is not None
    message = await briefing(bench).of(found, "resolved", ("clear",))
    detail = message.detail
    assert detail.cause
    assert detail.evidence
    assert detail.confidence > 0
    assert any("done" in one for one in detail.tried)
    assert detail.checked.startswith("recovered")
    assert "of 3 for it" in detail.council
    text = as_text(message)
    assert "Fixed by" in text
    assert "error occurred" not in text
    assert "What speaks for it" in await briefing(bench).why(found)


async def test_an_expired_question_has_its_own_text(bench: Bench) -> None:
    bench.policy(auto=())
    bench.rules = bench.rules.__class__()
    bench.build()
    incident = await bench.opened()
    assert await bench.run(incident) is State.NEEDS_HUMAN
    (asked,) = bench.store.approvals.of_incident(incident.id)
    assert asked.state is ApprovalState.EXPIRED
    found = bench.store.incidents.load(incident.id)
    assert found is not None
    assert (await briefing(bench).of(found, "needs_human", ("nobody answered",))).kind is Kind.EXPIRED


async def test_commands_are_the_steps_of_the_cause_or_else_the_plans_advice(bench: Bench) -> None:
    incident = await bench.opened()
    assert "I know no step" in await briefing(bench).commands(incident)
    bench.store.dossiers.keep_plan(Plan(incident.id, incident.run, "", "", 0.0, advice="a person must look"))
    assert "a person must look" in await briefing(bench).commands(incident)
    cause = replace(
        bench.finds.diagnose(None).causes[0],
        immediate=("docker restart store", "docker logs store token=hunter2hunter2"),
        prevention=("raise the limit",),
    )
    bench.store.dossiers.keep_diagnosis(incident.id, incident.run, Diagnosis((cause,)))
    text = await briefing(bench).commands(incident)
    assert text.splitlines()[1:] == [
        "1. docker restart store",
        "2. docker logs store token=[redacted]",
        "Against the next time:",
        "raise the limit",
        f"http://ops.lan/incidents/{incident.id}",
    ]
