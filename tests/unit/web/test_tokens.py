"""API tokens over REST: shown once, for their scopes alone, and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.web.identity import digest

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

OWNER = {"authorization": "Bearer correct-horse", "accept": "application/json"}


async def test_a_token_is_shown_once_works_and_is_revoked(bench: Bench) -> None:
    async with bench.browser(**OWNER) as admin:
        made = await admin.post("/api/v1/tokens", json={"name": "ci", "scopes": ["read"], "expires_in": "90d"})
        assert made.status_code == 201
        text = made.json()["token"]
        assert text.startswith("lmp_")
        assert set(bench.people.tokens) == {digest(text)}, "only its digest is kept"
        listed = (await admin.get("/api/v1/tokens")).text
        assert text not in listed
        assert digest(text) not in listed
        bears = {"authorization": f"Bearer {text}"}
        assert (await admin.get("/api/v1/me", headers=bears)).json()["rights"] == ["see"]
        assert (await admin.post("/api/v1/tokens", json={}, headers=bears)).status_code == 403
        assert (await admin.delete("/api/v1/tokens/TOK-1")).json()["revoked_at"]
        assert (await admin.get("/api/v1/me", headers=bears)).status_code == 401


@pytest.mark.parametrize(
    "body", [{"name": "", "scopes": ["read"]}, {"name": "x", "scopes": []}, {"name": "x", "scopes": ["root"]}]
)
async def test_a_token_without_a_name_or_a_known_scope_is_none(bench: Bench, body: dict[str, object]) -> None:
    async with bench.browser(**OWNER) as admin:
        assert (await admin.post("/api/v1/tokens", json=body)).status_code == 422
    assert not bench.people.tokens


async def test_a_token_that_nobody_made_is_not_found(bench: Bench) -> None:
    async with bench.browser(**OWNER) as admin:
        assert (await admin.delete("/api/v1/tokens/TOK-9")).status_code == 404
        assert (await admin.delete("/api/v1/tokens/9")).status_code == 422
