"""The journal over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.ports import Sought
from lamplighter.web import alerts

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench


def rows(count: int) -> list[dict[str, str]]:
    return [
        {"seq": str(seq), "received_at": "2026-01-05T12:00:00+00:00", "source": "fake", "alert": f"Rule{seq}"}
        | {"status": "firing", "component": "nas", "placement": "joins", "incident": "INC-1", "reason": "same trouble"}
        for seq in range(count, 0, -1)
    ]


async def test_every_alert_says_where_it_went_and_why(bench: Bench) -> None:
    bench.journal.rows = rows(5)
    found: list[str] = []
    cursor = ""
    async with bench.client(alerts.router) as client:
        for _ in range(3):
            page = (await client.get("/api/v1/alerts", params={"limit": 2, "cursor": cursor})).json()
            found += [one["seq"] for one in page["alerts"]]
            cursor = page["next"] or ""
    assert found == ["5", "4", "3", "2", "1"]
    assert page["alerts"][0]["reason"] == "same trouble"
    assert page["next"] is None


async def test_filters_reach_the_store_and_bind_the_cursor(bench: Bench) -> None:
    bench.journal.rows = rows(5)
    asked = {"source": "grafana", "incident": "inc-7", "placement": "joins", "limit": 2}
    async with bench.client(alerts.router) as client:
        page = (await client.get("/api/v1/alerts", params=asked)).json()
        assert bench.journal.sought == Sought("grafana", "INC-7", "joins")
        assert (await client.get("/api/v1/alerts", params={**asked, "cursor": page["next"]})).status_code == 200
        assert (await client.get("/api/v1/alerts", params={"cursor": page["next"]})).status_code == 400
        assert (await client.get("/api/v1/alerts", params={"placement": "flies"})).status_code == 422


async def test_a_cursor_of_the_incidents_is_400(bench: Bench) -> None:
    foreign = bench.context.cursors.after("INC-1", {"q": "x"})
    async with bench.client(alerts.router) as client:
        assert (await client.get("/api/v1/alerts", params={"cursor": foreign})).status_code == 400
        assert (await client.get("/api/v1/alerts?limit=201")).status_code == 422
