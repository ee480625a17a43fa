"""What a message may say is what the store knows: the cause with its evidence, the question, what was tried."""

from __future__ import annotations

from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import State
from lamplighter.domain.markup import as_text
from lamplighter.domain.message import Kind
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
