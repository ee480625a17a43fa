"""Questions over REST: an answer with its evidence, bounded questions, and nothing that changes by being asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.domain.timeline import Moment
from lamplighter.domain.topology import Edge
from lamplighter.testing import firing
from lamplighter.web import questions
from lamplighter.web.dossiers import papers_of
from tests.unit.reports.conftest import diagnosis

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

PATH = "/api/v1/incidents/INC-1/ask"


async def asked(bench: Bench, question: object, path: str = PATH) -> Any:  # noqa: ANN401 - httpx's response
    async with bench.client(questions.router) as client:
        return await client.post(path, json={"question": question})


async def test_a_question_is_answered_from_what_is_stored(bench: Bench) -> None:
    bench.incidents.open(1, firing("Down", container="shop"))
    bench.dossiers.found = diagnosis()
    before = list(bench.incidents.events)
    reply = (await asked(bench, "why?")).json()
    assert reply["answer"]["text"] == "shop was killed for memory"
    assert (reply["word"], reply["confidence"], reply["topic"]) == ("likely", 0.82, "cause")
    assert [one["place"] for one in reply["evidence"][:2]] == ["fact-f2", "fact-f3"]
    assert reply["foot"]["tokens"] == 0
    assert bench.incidents.events == before


async def test_what_is_not_understood_is_a_good_answer_that_says_so(bench: Bench) -> None:
    bench.incidents.open(1)
    answer = await asked(bench, "sing\x00 a song\x1b[2J")
    assert answer.status_code == 200
    reply = answer.json()
    assert (reply["understood"], len(reply["can_ask"])) == (False, 14)
    assert "\x00" not in reply["question"]
    assert "\x1b" not in reply["question"]


@pytest.mark.parametrize("question", ["", "x" * 501, None, 7, ["why?"]])
async def test_a_question_is_words_and_not_too_many(bench: Bench, question: object) -> None:
    bench.incidents.open(1)
    answer = await asked(bench, question)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_an_incident_that_is_not_there_is_not_answered_for(bench: Bench) -> None:
    assert (await asked(bench, "why?", "/api/v1/incidents/INC-9/ask")).status_code == 404
    assert (await asked(bench, "why?", "/api/v1/incidents/x/ask")).status_code == 422


def test_the_papers_hold_the_timeline_the_alerts_and_the_near_neighbours(bench: Bench) -> None:
    bench.incidents.open(1, firing("Down", container="shop"))
    bench.incidents.tell("INC-1", Moment.COMMENTED, "said")
    bench.app.surveying.edges = frozenset({Edge("web", "shop"), Edge("a", "b")})
    found = papers_of(bench.context, "INC-1")
    assert [event.text for event in found.events] == ["Down", "said"]
    assert [member.alert.name for member in found.members] == ["Down"]
    assert found.edges == (Edge("web", "shop"),)
