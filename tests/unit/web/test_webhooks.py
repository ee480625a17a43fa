"""The receivers as an ASGI application with fakes behind them: gate, reading, journal, and then the answer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import stamina
from fastapi import FastAPI

from lamplighter.domain.alert import Alert, Delivery
from lamplighter.integrations.cloudwatch.certificates import Certificates
from lamplighter.integrations.cloudwatch.gate import CloudwatchGate
from lamplighter.integrations.cloudwatch.simulator import TOPIC, SimulatedSns
from lamplighter.ports import SignalGate, SignalSource, StoreUnavailable, ToolError
from lamplighter.testing import NOON, FakeClock, roles_of
from lamplighter.web import problems, webhooks
from lamplighter.web.auth import Gate
from lamplighter.web.bearer import Bearers
from lamplighter.web.context import Context
from lamplighter.web.identity import Identities
from lamplighter.web.rights import Rights

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

TOKEN = "correct-horse"
PASSES = 5
SECRET = "the-secret-of-grafana"
ALERT = {"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-01-05T11:00:00Z"}
GRAFANA = {"version": "1", "orgId": 1, "alerts": [ALERT]}
RAW_ALARM = {"AlarmName": "cpu", "NewStateValue": "ALARM", "StateChangeTime": "2026-01-05T11:00:00.000+0000"}


@dataclass
class FakeJournal:
    taken: list[tuple[str, Delivery]] = field(default_factory=list)
    away: bool = False

    async def append(self, delivery: Delivery, source: str, received_at: datetime) -> int:
        if self.away:
            raise StoreUnavailable("the disk is full")
        self.taken.append((source, delivery))
        return len(self.taken)

    @property
    def alerts(self) -> list[Alert]:
        return [alert for _, delivery in self.taken for alert in delivery.alerts]


class FakeMeters:
    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}

    def received(self, source: str, result: str, count: int) -> None:
        self.counts[source, result] = self.counts.get((source, result), 0) + count


@dataclass
class FakeBacklog:
    pulls: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()

    async def pull(self) -> Delivery:
        self.pulls += 1
        await self.may_answer.wait()
        return Delivery()


class Premises:
    """A server's doors for alerts, with what stands behind them."""

    def __init__(self, sns: SimulatedSns) -> None:
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.meters = FakeMeters()
        self.nudges = 0
        self.backlogs: dict[str, FakeBacklog] = {}
        sources, gates = self._sources()
        certificates = Certificates(5.0, self.clock, httpx.MockTransport(sns.answer))
        gates.append(CloudwatchGate(frozenset({TOPIC}), certificates, self.clock))
        self.sources = {source.name: source for source in sources}
        self.gates = {gate.source: gate for gate in gates}
        proving = [gate.source for gate in gates if gate.sufficient]
        self.api = FastAPI()
        self.api.state.context = self._context()
        problems.install(self.api)
        self.api.include_router(webhooks.router)
        nobody: Any = None
        identities = Identities(TOKEN, Bearers("k" * 64), nobody, self.clock)
        self.api.add_middleware(Gate, identities=identities, rights=Rights(), proving=proving)

    def _sources(self) -> tuple[list[SignalSource], list[SignalGate]]:
        roles = [
            roles_of("alertmanager"),
            roles_of("grafana", {"hmac_secret": SECRET}),
            roles_of("pagerduty", {"routing_key": "R0UT1NG"}),
            roles_of("cloudwatch", {"topics": [TOPIC]}),
        ]
        gates: Sequence[SignalGate] = [gate for role in roles for gate in role.gates if gate.source != "cloudwatch"]
        return [source for role in roles for source in role.sources], list(gates)

    def _context(self) -> Context:
        class Store:
            journal = self.journal

        class Nudged:
            def nudge(_self) -> None:  # noqa: N805 - `self` is the premises here
                self.nudges += 1

        class App:
            sources = self.sources
            gates = self.gates
            backlogs = self.backlogs
            store = Store()
            clock = self.clock
            correlator = Nudged()

        parts: dict[str, Any] = {"app": App(), "metrics": self.meters, "cursors": None, "repeats": None, "feed": None}
        return Context(**parts)

    @asynccontextmanager
    async def client(self, *, token: bool = True) -> AsyncIterator[httpx.AsyncClient]:
        transport: Any = httpx.ASGITransport(app=self.api, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {TOKEN}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan", headers=headers) as client:
            yield client

    async def post(
        self, source: str, body: bytes | dict[str, object], *, token: bool = True, query: str = "", **headers: str
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client(token=token) as client:
            return await client.post(f"/api/v1/alerts/{source}{query}", content=content, headers=named)


@pytest.fixture(scope="session")
def sns() -> SimulatedSns:
    return SimulatedSns(NOON)


@pytest.fixture
def premises(sns: SimulatedSns) -> Premises:
    sns.asked.clear()
    return Premises(sns)


def signed(body: dict[str, object]) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), json.dumps(body).encode(), hashlib.sha256).hexdigest()
    return {"X_Grafana_Alerting_Signature": digest}


async def test_a_delivery_is_durable_before_it_is_answered(premises: Premises) -> None:
    answer = await premises.post("alertmanager", {"alerts": [ALERT, {**ALERT, "labels": {}}]})
    assert answer.status_code == 202
    assert answer.json() == {"received": 1, "dead_letters": 1, "truncated": 0, "status": "accepted"}
    assert premises.meters.counts["alertmanager", "dead_letter"] == 1
    assert premises.nudges == 1


async def test_a_dry_run_shows_how_it_was_read_and_keeps_nothing(premises: Premises) -> None:
    answer = await premises.post("alertmanager", {"alerts": [ALERT, {}]}, query="?dry_run=1")
    assert answer.json()["alerts"][0]["labels"] == {"alertname": "Down"}
    assert answer.json()["bad"][0].startswith("alerts[1]")
    assert premises.journal.taken == []
    assert premises.nudges == 0


async def test_rubbish_is_400_with_the_key_and_keeps_nothing(premises: Premises) -> None:
    answer = await premises.post("alertmanager", b'{"alerts": 1}')
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("alerts: is not a list")
    assert premises.journal.taken == []


async def test_a_store_that_is_away_is_503_with_a_time(premises: Premises) -> None:
    premises.journal.away = True
    answer = await premises.post("alertmanager", {"alerts": [ALERT]})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert premises.meters.counts["alertmanager", "unavailable"] == 1


async def test_an_unknown_source_is_404_and_names_those_there_are(premises: Premises) -> None:
    answer = await premises.post("nagios", {"alerts": []})
    assert answer.status_code == 404
    assert "grafana" in answer.json()["fix"]


async def test_grafanas_body_at_alertmanagers_door_is_grafanas_and_passes_its_gate(premises: Premises) -> None:
    refused = await premises.post("alertmanager", GRAFANA)
    assert refused.status_code == 401
    assert premises.journal.taken == []
    taken = await premises.post("alertmanager", GRAFANA, **signed(GRAFANA))
    assert taken.status_code == 202
    assert premises.journal.alerts[0].source == "grafana"


@pytest.mark.parametrize("headers", [{}, {"X_Grafana_Alerting_Signature": "0" * 64}])
async def test_a_forged_delivery_is_401_before_it_is_read(premises: Premises, headers: dict[str, str]) -> None:
    answer = await premises.post("grafana", b"not even JSON", **headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "forged"
    assert SECRET not in answer.text
    assert premises.meters.counts == {("grafana", "forged"): 1}


async def test_a_replay_is_401_but_a_lost_answer_may_be_sent_again(premises: Premises) -> None:
    premises.journal.away = True
    assert (await premises.post("grafana", GRAFANA, **signed(GRAFANA))).status_code == 503
    premises.journal.away = False
    assert (await premises.post("grafana", GRAFANA, **signed(GRAFANA))).status_code == 202
    assert (await premises.post("grafana", GRAFANA, **signed(GRAFANA))).status_code == 401
    assert len(premises.journal.taken) == 1


async def test_a_signature_does_not_stand_in_for_the_token_where_it_is_not_sufficient(premises: Premises) -> None:
    answer = await premises.post("grafana", GRAFANA, token=False, **signed(GRAFANA))
    assert answer.json()["code"] == "unauthorized"


async def test_sns_needs_no_token_and_nobody_else_comes_in_so(premises: Premises, sns: SimulatedSns) -> None:
    message = sns.message(json.dumps(RAW_ALARM))
    assert (await premises.post("cloudwatch", message, token=False)).status_code == 202
    forged = json.dumps({**json.loads(message), "Message": "{}", "MessageId": "x"}).encode()
    for token in (True, False):
        answer = await premises.post("cloudwatch", forged, token=token)
        assert answer.status_code == 401
        assert answer.json()["code"] == "forged"
    assert len(premises.journal.taken) == 1


async def test_sns_may_repeat_itself(premises: Premises, sns: SimulatedSns) -> None:
    message = sns.message(json.dumps(RAW_ALARM))
    assert (await premises.post("cloudwatch", message, token=False)).status_code == 202
    again = await premises.post("cloudwatch", message, token=False)
    assert (again.status_code, again.json()["status"]) == (200, "dealt with")
    assert len(premises.journal.taken) == 1


async def test_what_bears_no_signature_needs_the_token(premises: Premises) -> None:
    assert (await premises.post("cloudwatch", dict(RAW_ALARM), token=False)).status_code == 401
    assert (await premises.post("cloudwatch", dict(RAW_ALARM))).status_code == 202


async def test_a_certificate_that_cannot_be_had_is_503_so_that_sns_tries_again(
    premises: Premises, sns: SimulatedSns
) -> None:
    path = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-missing.pem"
    answer = await premises.post("cloudwatch", sns.message("{}", SigningCertURL=path), token=False)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["code"] == "proof-unavailable"


async def test_the_routing_key_stands_in_for_the_token(premises: Premises) -> None:
    event: dict[str, object] = {"event_action": "resolve", "dedup_key": "x", "routing_key": "R0UT1NG"}
    assert (await premises.post("pagerduty", event, token=False)).status_code == 202
    assert (await premises.post("pagerduty", {**event, "routing_key": "x"}, token=False)).status_code == 401


async def test_without_the_token_a_body_is_bounded_before_it_is_read(premises: Premises) -> None:
    answer = await premises.post("cloudwatch", b"x" * (1024 * 1024 + 1), token=False)
    assert answer.status_code == 413

    async def endless() -> AsyncIterator[bytes]:
        yield b"{}"

    async with premises.client(token=False) as client:
        assert (await client.post("/api/v1/alerts/cloudwatch", content=endless())).status_code == 413


async def test_what_was_left_out_is_pulled_where_there_is_somebody_to_ask(premises: Premises) -> None:
    premises.backlogs["alertmanager"] = FakeBacklog()
    answer = await premises.post("alertmanager", {"alerts": [ALERT], "truncatedAlerts": 995})
    assert answer.json()["truncated"] == 995
    assert premises.meters.counts["alertmanager", "truncated"] == 995
    for _ in range(PASSES):
        await asyncio.sleep(0)
    assert premises.backlogs["alertmanager"].pulls == 1


async def test_what_is_left_out_while_a_pull_is_under_way_is_pulled_by_one_more(premises: Premises) -> None:
    backlog = premises.backlogs["alertmanager"] = FakeBacklog()
    backlog.may_answer.clear()
    for _ in range(3):
        await premises.post("alertmanager", {"alerts": [ALERT], "truncatedAlerts": 995})
        for _ in range(PASSES):
            await asyncio.sleep(0)
    assert backlog.pulls == 1
    backlog.may_answer.set()
    for _ in range(PASSES):
        await asyncio.sleep(0)
    assert backlog.pulls == 2


class GoneBacklog(FakeBacklog):
    async def pull(self) -> Delivery:
        await super().pull()
        raise ToolError("no route to it")


def reasons(premises: Premises) -> list[str]:
    return [bad.reason for _, delivery in premises.journal.taken for bad in delivery.bad]


async def test_what_nobody_can_be_asked_for_leaves_a_dead_letter(premises: Premises) -> None:
    answer = await premises.post("alertmanager", {"alerts": [ALERT], "truncatedAlerts": 995})
    assert (answer.json()["dead_letters"], answer.json()["truncated"]) == (0, 995)
    (reason,) = reasons(premises)
    assert "left 995 alerts out" in reason
    assert "sources.alertmanager.url" in reason


async def test_what_could_not_be_pulled_leaves_one_dead_letter_with_the_sum(premises: Premises) -> None:
    with stamina.set_testing(True, attempts=2):
        premises.backlogs["alertmanager"] = GoneBacklog()
        for _ in range(2):
            await premises.post("alertmanager", {"alerts": [ALERT], "truncatedAlerts": 5})
        for _ in range(20):
            await asyncio.sleep(0)
    assert sum(int(reason.split()[3]) for reason in reasons(premises)) == 10
    assert all("no route to it" in reason for reason in reasons(premises))


async def test_dead_letters_come_in_pages(bench: Bench) -> None:
    letter = {"received_at": "2026-01-05T12:00:00+00:00", "source": "fake", "reason": "labels: is empty", "payload": ""}
    bench.journal.letters = [{**letter, "id": str(number)} for number in range(5, 0, -1)]
    found: list[str] = []
    cursor = ""
    async with bench.client(webhooks.router) as client:
        for _ in range(3):
            page = (await client.get("/api/v1/dead-letters", params={"limit": 2, "cursor": cursor})).json()
            found += [one["id"] for one in page["dead_letters"]]
            cursor = page["next"] or ""
        assert (await client.get("/api/v1/dead-letters", params={"cursor": "x" * 60})).status_code == 400
    assert (found, cursor) == (["5", "4", "3", "2", "1"], "")
