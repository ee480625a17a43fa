"""What a session's forms must bring back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from lamplighter.web.csrf import FORM_BYTES_MAX, FormGuard
from lamplighter.web.session import SECRET, csrf_token

SESSION = "s3ss10n"
GOOD = csrf_token(SESSION)
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def echoing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body, so that a test sees that it came through whole."""
    await PlainTextResponse(await Request(scope, receive).body())(scope, receive, send)


async def ask(method: str = "POST", session: str = SESSION, **more: Any) -> httpx.Response:  # noqa: ANN401 - passed on to httpx
    async def behind_the_gate(scope: Scope, receive: Receive, send: Send) -> None:
        await FormGuard(echoing)({**scope, SECRET: session}, receive, send)

    transport: Any = httpx.ASGITransport(app=behind_the_gate)
    async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as client:
        return await client.request(method, "/x", **more)


async def test_a_form_with_the_token_comes_through_as_it_was_sent() -> None:
    body = urlencode({"text": "a & b\n", "csrf": GOOD})
    sent = await ask(content=body, headers=FORM)
    assert (sent.status_code, sent.text) == (200, body)


async def test_a_script_of_ours_brings_it_in_a_header() -> None:
    sent = await ask(json={"a": 1}, headers={"x-csrf-token": GOOD})
    assert sent.status_code == 200
    assert (await ask("DELETE", headers={"x-csrf-token": GOOD})).status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"content": "", "headers": FORM},
        {"content": "csrf=", "headers": FORM},
        {"content": f"csrf={csrf_token('another')}", "headers": FORM},
        {"content": f"csrf={GOOD[:-1]}", "headers": FORM},
        {"content": f"csrf={GOOD}", "headers": {"content-type": "text/plain"}},
        {"content": f"csrf=x&csrf={GOOD}", "headers": FORM},
        {"content": "&".join(["a=1"] * 500 + [f"csrf={GOOD}"]), "headers": FORM},
        {"content": f"{'a' * FORM_BYTES_MAX}=1&csrf={GOOD}", "headers": FORM},
        {"json": {"csrf": GOOD}},
        {"content": '{"csrf": "' + GOOD + '"}', "headers": {"content-type": "text/plain"}},
        {"headers": [(b"x-csrf-token", b"\xe9\xff")]},
        {"headers": {"cookie": f"csrf={GOOD}"}},
        {"params": {"csrf": GOOD}},
    ],
)
async def test_without_it_nothing_is_changed(more: dict[str, Any]) -> None:
    refused = await ask(**more)
    assert (refused.status_code, refused.json()["code"]) == (403, "no-csrf-token")


async def test_looking_wants_none_and_neither_do_programs() -> None:
    assert (await ask("GET")).status_code == 200
    assert (await ask(session="")).status_code == 200
