"""Questions about one incident over REST, answered from what is stored of it. A question changes nothing anywhere."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.reports.answers import reply_to
from lamplighter.reports.asking import QUESTION_CHARS_MAX
from lamplighter.reports.reply import Reply
from lamplighter.web.context import Context, context
from lamplighter.web.dossiers import papers_of
from lamplighter.web.incidents import IncidentId

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


class Question(BaseModel):
    """What is asked, in English."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Annotated[
        str, Field(min_length=1, max_length=QUESTION_CHARS_MAX, description='such as "why did it happen?"')
    ]


@router.post("/{incident_id}/ask")
async def ask(request: Request, incident_id: IncidentId, body: Question) -> Reply:
    """Answer from the incident's own record, by rules alone; a question that is not understood says so."""
    return await replied(context(request), incident_id, body.question)


async def replied(here: Context, incident_id: str, question: str) -> Reply:
    """The answer. Raises `Problem` 404."""
    papers = await asyncio.to_thread(papers_of, here, incident_id)
    # Matching words takes a moment, and the loop has alerts to take.
    return await asyncio.to_thread(reply_to, papers, question)
