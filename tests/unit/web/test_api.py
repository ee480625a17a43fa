"""All doors together: described, guarded, and none in another's way."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import httpx
import pytest

from lamplighter.domain.heartbeat import ping_word
from lamplighter.web.api import make_api

if TYPE_CHECKING:
    from fastapi import FastAPI

    from lamplighter.app import App
    from tests.unit.web.conftest import Bench

TOKEN = {"Authorization": "Bearer correct-horse"}


@pytest.fixture
def api(bench: Bench) -> FastAPI:
    bench.app.gates = {}
    return make_api(cast("App", bench.app))


def test_every_door_is_described_once(api: FastAPI) -> None:
    described = api.openapi()
    doors = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(doors) == len(set(doors))
    for path in ("/api/v1/incidents/{incident_id}/split", "/api/v1/silences", "/api/v1/maintenance", "/api/v1/events"):
        assert path in described["paths"]
    assert set(described["paths"]["/api/v1/incidents"]) == {"get", "post"}


@pytest.mark.parametrize(
    "path",
    ["/", "/incidents", "/alerts", "/silences", "/checks", "/assets/live.js", "/api/v1/events", "/api/v1/alerts"],
)
async def test_nothing_new_is_open_without_the_token(api: FastAPI, path: str) -> None:
    transport = httpx.ASGITransport(app=api)
    async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as client:
        assert (await client.get(path)).status_code == 401
        assert (await client.post(path)).status_code == 401


async def test_a_heartbeat_needs_no_token_and_a_form_from_elsewhere_is_refused(api: FastAPI, bench: Bench) -> None:
    bench.incidents.open(1)
    transport = httpx.ASGITransport(app=api)
    elsewhere = {**TOKEN, "Origin": "http://evil.example"}
    async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as client:
        assert (await client.get(f"/ping/{ping_word('Backups', 'correct-horse')}")).status_code == 200
        refused = await client.post("/incidents/INC-1/resolve", data={"resolution": "x"}, headers=elsewhere)
        own = {**TOKEN, "Origin": "http://lamp.lan"}
        taken = await client.post("/incidents/INC-1/resolve", data={"resolution": "x"}, headers=own)
    assert (refused.status_code, taken.status_code) == (403, 303)
