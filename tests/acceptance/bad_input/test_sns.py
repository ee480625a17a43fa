"""A3, B14, B15: a forged SNS message is refused by the whole app, and nothing but SNS's own hosts is ever asked.

What must hold: the only addresses that are ever fetched are `https://sns.<region>.amazonaws.com` of the topic's region,
counted at the transport under the gate; only listed topics are confirmed; a signature holds for exactly its fields; a
dry run confirms nothing. An attacker owns names that look alike, redirects, other AWS hosts, and old true messages.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from lamplighter.app import App, build_app
from lamplighter.integrations.cloudwatch.certificates import Certificates
from lamplighter.integrations.cloudwatch.gate import CloudwatchGate
from lamplighter.integrations.cloudwatch.signal import CloudwatchSource
from lamplighter.integrations.cloudwatch.simulator import CERTIFICATE_PATH, HOST, TOKEN, TOPIC, SimulatedSns
from lamplighter.ports import Roles
from lamplighter.settings import load_settings
from lamplighter.web.api import make_api
from lamplighter.workflow.clock import SystemClock

DOOR = "/api/v1/alerts/cloudwatch"
LINK_LOCAL = "http://169.254.169.254/latest/meta-data/"
ALARM = {
    "AlarmName": "orders-cpu",
    "AWSAccountId": "123456789012",
    "NewStateValue": "ALARM",
    "NewStateReason": "r",
    "StateChangeTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
    "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-cpu",
    "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Dimensions": [{"name": "I", "value": "i-1"}]},
}
Answer = Callable[[httpx.Request], "httpx.Response | None"]


@dataclass
class House:
    """The whole app without a network: what it fetched, and a client without a token."""

    app: App
    client: httpx.AsyncClient
    sns: SimulatedSns
    fetched: list[str] = field(default_factory=list)
    strange: Answer = lambda _: None

    async def fetch(self, request: httpx.Request) -> httpx.Response:
        self.fetched.append(str(request.url))
        return self.strange(request) or await self.sns.answer(request)

    async def post(self, body: bytes, *, token: bool = False, query: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.app.token}"} if token else {}
        return await self.client.post(f"{DOOR}{query}", content=body, headers=headers)

    @property
    def rows(self) -> tuple[int, int]:
        """Alerts and dead letters that were kept."""
        journal = self.app.store.journal
        return len(journal.alerts(limit=200)), len(journal.dead_letters(200))


@pytest.fixture(scope="module")
def sns() -> SimulatedSns:
    return SimulatedSns(datetime.now(UTC))


@asynccontextmanager
async def living(folder: Path, sns: SimulatedSns, topics: frozenset[str]) -> AsyncIterator[House]:
    clock = SystemClock()
    file = folder / "lamplighter.yaml"
    file.write_text("sources: {}\n", encoding="utf-8")
    house: House

    async def fetch(request: httpx.Request) -> httpx.Response:
        return await house.fetch(request)

    gate = CloudwatchGate(topics, Certificates(5.0, clock, httpx.MockTransport(fetch)), clock)
    roles = Roles(sources=(CloudwatchSource(clock.now, "critical"),), gates=(gate,))
    app = build_app(
        load_settings(file, {"HOME": str(folder), "LAMPLIGHTER_DATA": str(folder / "data")}), extra_roles=(roles,)
    )
    api = make_api(app)
    async with api.router.lifespan_context(api):
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://lamplighter.test") as client:
            house = House(app, client, sns)
            yield house


@pytest.fixture
async def house(tmp_path: Path, sns: SimulatedSns) -> AsyncIterator[House]:
    async with living(tmp_path, sns, frozenset({TOPIC})) as made:
        yield made


def rewritten(payload: bytes, **changes: Any) -> bytes:  # noqa: ANN401 - JSON
    return json.dumps({**json.loads(payload), **changes}).encode()


def forged(answer: httpx.Response) -> None:
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "forged"
    assert answer.json()["fix"]


async def test_what_sns_signed_is_taken_and_only_its_certificate_is_fetched(house: House) -> None:
    for version in ("1", "2"):
        answer = await house.post(house.sns.message(json.dumps(ALARM), version=version))
        assert (answer.status_code, answer.json()["received"]) == (202, 1)
    assert house.fetched == [f"{HOST}{CERTIFICATE_PATH}"]


async def test_a_subscription_to_a_listed_topic_is_confirmed_once(house: House) -> None:
    asked = house.sns.message("You have chosen…", kind="SubscriptionConfirmation")
    for _ in range(3):
        assert (await house.post(asked)).status_code == 200
    confirmations = [url for url in house.fetched if "ConfirmSubscription" in url]
    assert len(confirmations) == 1
    assert confirmations[0].startswith(f"{HOST}/?Action=ConfirmSubscription&TopicArn=")
    assert house.rows == (0, 0)


HOSTS = [
    "http://sns.eu-west-1.amazonaws.com",
    "HTTP://sns.eu-west-1.amazonaws.com",
    "ftp://sns.eu-west-1.amazonaws.com",
    "//sns.eu-west-1.amazonaws.com",
    "https:sns.eu-west-1.amazonaws.com",
    "https:///sns.eu-west-1.amazonaws.com",
    "https:\\\\sns.eu-west-1.amazonaws.com",
    "https://sns.evil.amazonaws.com.attacker",
    "https://sns.eu-west-1.amazonaws.com.attacker",
    "https://sns.eu-west-1.amazonaws.com.",
    "https://sns.eu-west-1.amazonaws.com:443",
    "https://sns.eu-west-1.amazonaws.com:8443",
    "https://sns.eu-west-1.amazonaws.com:",
    "https://user@sns.eu-west-1.amazonaws.com",
    "https://user:pass@sns.eu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com@attacker.example",
    "https://sns.eu-west-1.amazonaws.com:x@attacker.example",
    "https://sns.eu-west-1.amazonaws.com\\@attacker.example",
    "https://sns.eu-west-1.amazonaws.com%40attacker.example",
    "https://attacker.example#sns.eu-west-1.amazonaws.com",
    "https://attacker.example?sns.eu-west-1.amazonaws.com",
    "https://attacker.example/sns.eu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com\x00.attacker.example",
    "https://sns.eu-west-1.amazonaws.com\t.attacker.example",
    "https://sns.eu-west-1.amazonaws.com\r\nHost: x",
    " https://sns.eu-west-1.amazonaws.com",
    "https://snseu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com.cn",
    "https://xsns.eu-west-1.amazonaws.com",
    "https://s3.eu-west-1.amazonaws.com",
    "https://sns.s3.amazonaws.com",
    "https://sns.eu-west-1.s3.amazonaws.com",
    "https://sns..amazonaws.com",
    "https://sns.amazonaws.com",
    "https://sns.us-east-1.amazonaws.com",
    "https://\u0455ns.eu-west-1.amazonaws.com",
    "https://sns.eu\u2010west\u20101.amazonaws.com",
    "https://sns.eu-west-\u0661.amazonaws.com",
    "https://169.254.169.254",
    "https://0xa9fea9fe",
    "https://2852039166",
    "https://[::ffff:169.254.169.254]",
    "https://[::1]",
    "https://127.0.0.1",
    "https://localhost",
    "file://",
    "gopher://sns.eu-west-1.amazonaws.com",
    "data:text/plain,",
    "",
]


async def test_a3_a_certificate_of_another_host_is_never_fetched(house: House) -> None:
    for host in HOSTS:
        message = rewritten(house.sns.message(json.dumps(ALARM)), SigningCertURL=f"{host}{CERTIFICATE_PATH}")
        forged(await house.post(message))
        forged(await house.post(message, token=True))
    assert house.fetched == []
    assert house.rows == (0, 0)


PATHS = [
    "/",
    "",
    "/x.pem",
    "/../x.pem",
    "/SimpleNotificationService-1.pem/../../x",
    "/SimpleNotificationService-%2e.pem",
]
PATHS += [
    "/SimpleNotificationService-1.pem%00",
    "/SimpleNotificationService-1.PEM",
    "//SimpleNotificationService-1.pem",
]
PATHS += [f"/SimpleNotificationService-{'a' * 65}.pem", "/?Action=ConfirmSubscription&TopicArn=x&Token=y"]
PATHS += ["/attacker/SimpleNotificationService-1.pem", "/SimpleNotificationService-1.pem;x"]


async def test_a3_another_path_of_the_right_host_is_never_fetched(house: House) -> None:
    for path in PATHS:
        forged(await house.post(rewritten(house.sns.message(json.dumps(ALARM)), SigningCertURL=f"{HOST}{path}")))
    assert house.fetched == []


async def test_a3_a_query_on_the_certificate_is_not_passed_on(house: House) -> None:
    for tail in ("?x=1", "#x", "?@attacker.example/"):
        url = f"{HOST}{CERTIFICATE_PATH}{tail}"
        answer = await house.post(rewritten(house.sns.message(json.dumps(ALARM)), SigningCertURL=url))
        assert answer.status_code in {202, 401}
    assert set(house.fetched) <= {f"{HOST}{CERTIFICATE_PATH}"}


TOPICS = [TOPIC + "x", TOPIC.upper(), f" {TOPIC}", f"{TOPIC}\n", TOPIC.replace("123456789012", "210987654321"), "", "*"]
TOPICS += [TOPIC.replace("eu-west-1", "us-east-1"), TOPIC.replace("alarms", "other"), f"{TOPIC}:x", "arn:aws:sns:::"]


async def test_a3_an_unknown_topic_is_neither_read_nor_confirmed(house: House) -> None:
    kinds = ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation")
    for topic, kind in itertools.product(TOPICS, kinds):
        right = house.sns.message(json.dumps(ALARM), kind=kind)
        forged(await house.post(rewritten(right, TopicArn=topic)))
        forged(await house.post(rewritten(right, TopicArn=topic), token=True))
    assert house.fetched == []
    assert house.rows == (0, 0)


async def test_a3_with_no_topic_listed_nothing_is_confirmed(tmp_path: Path, sns: SimulatedSns) -> None:
    async with living(tmp_path, sns, frozenset()) as house:
        for kind in ("Notification", "SubscriptionConfirmation"):
            forged(await house.post(sns.message(json.dumps(ALARM), kind=kind)))
        assert house.fetched == []


SUBSCRIBE = [
    LINK_LOCAL,
    f"{LINK_LOCAL}?Action=ConfirmSubscription",
    "file:///etc/passwd",
    "",
    "http://127.0.0.1:8460/api/v1/pause",
]
SUBSCRIBE += [f"{host}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={TOKEN}" for host in HOSTS if host]
SUBSCRIBE += [
    f"{HOST}/?Action=Unsubscribe&TopicArn={TOPIC}",
    f"{HOST}/",
    f"{HOST}/?Action=Publish&Action=ConfirmSubscription",
]


async def test_a3_even_a_signed_subscribe_url_elsewhere_is_never_fetched(house: House) -> None:
    for url in SUBSCRIBE:
        text = url.replace("\x00", "%00")
        asked = house.sns.message("x", kind="SubscriptionConfirmation", SubscribeURL=text)
        answer = await house.post(asked)
        forged(answer)
        assert "meta-data" not in answer.text
    assert set(house.fetched) == {f"{HOST}{CERTIFICATE_PATH}"}


async def test_a3_the_confirmation_is_for_the_topic_and_token_that_were_signed(house: House) -> None:
    other = TOPIC.replace("alarms", "other")
    url = f"{HOST}/?Action=ConfirmSubscription&TopicArn={other}&Token=another"
    await house.post(house.sns.message("x", kind="SubscriptionConfirmation", SubscribeURL=url))
    asked = [httpx.URL(one) for one in house.fetched if "ConfirmSubscription" in one]
    assert all(one.params["TopicArn"] == TOPIC and one.params["Token"] == TOKEN for one in asked)


FIELDS = ["Message", "MessageId", "Timestamp", "TopicArn", "Type", "Signature", "SignatureVersion"]


@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation"])
@pytest.mark.parametrize("version", ["1", "2"])
async def test_a3_a_signature_over_other_fields_is_refused(house: House, kind: str, version: str) -> None:
    right = house.sns.message(json.dumps(ALARM), kind=kind, version=version)
    sent = json.loads(right)
    later = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    other = {"1": "2", "2": "1"}[version]
    changes: list[dict[str, Any]] = [
        {"Message": json.dumps({**ALARM, "NewStateValue": "OK"})},
        {"Message": ""},
        {"MessageId": "another"},
        {"Timestamp": later},
        {"SignatureVersion": other},
        {"SignatureVersion": "3"},
        {"Signature": ""},
        {"Signature": sent["Signature"][:-8]},
        {"Signature": "AAAA" + sent["Signature"][4:]},
        {"Signature": "not base64!"},
        {"Message": sent["Message"] + "\nMessageId\nx"},
    ]
    # A confirmation's signature does not cover a subject.
    changes += [{"Subject": "added"}] if kind == "Notification" else []
    if kind != "Notification":
        changes += [{"Token": "another"}, {"SubscribeURL": sent["SubscribeURL"] + "&x=1"}, {"Type": "Notification"}]
        changes += [{"Type": "UnsubscribeConfirmation"}]
    for change in changes:
        forged(await house.post(rewritten(right, **change)))
    for name in [*FIELDS, "SigningCertURL"]:
        for value in (None, 7, [], {}, True):
            forged(await house.post(rewritten(right, **{name: value})))
    assert set(house.fetched) <= {f"{HOST}{CERTIFICATE_PATH}"}
    assert house.rows == (0, 0)


async def test_a3_old_and_future_messages_are_refused_before_anything_is_fetched(house: House) -> None:
    for age in (timedelta(days=2), timedelta(days=4_000), -timedelta(hours=1), -timedelta(days=300)):
        at = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        forged(await house.post(house.sns.message(json.dumps(ALARM), Timestamp=at)))
    assert house.fetched == []


async def test_a3_redirects_errors_and_other_certificates_let_nothing_in(house: House) -> None:
    other = SimulatedSns(datetime.now(UTC))
    stranger = SimulatedSns(datetime.now(UTC), valid_days=-1)
    answers: list[Answer] = [
        lambda _: httpx.Response(302, headers={"Location": LINK_LOCAL}, stream=httpx.ByteStream(b"")),
        lambda _: httpx.Response(301, headers={"Location": f"{HOST}{CERTIFICATE_PATH}"}, stream=httpx.ByteStream(b"")),
        lambda _: httpx.Response(200, stream=httpx.ByteStream(b"not a certificate")),
        lambda _: httpx.Response(200, stream=httpx.ByteStream(b"")),
        lambda _: httpx.Response(200, stream=httpx.ByteStream(house.sns.certificate + b"x" * 200_000)),
        lambda _: httpx.Response(500, stream=httpx.ByteStream(house.sns.certificate)),
        lambda _: httpx.Response(200, stream=httpx.ByteStream(stranger.certificate)),
        lambda _: httpx.Response(200, stream=httpx.ByteStream(other.certificate)),
    ]
    for number, strange in enumerate(answers):
        house.strange = strange
        url = f"{HOST}/SimpleNotificationService-{number}.pem"
        answer = await house.post(rewritten(house.sns.message(json.dumps(ALARM)), SigningCertURL=url))
        assert answer.status_code in {401, 503}, (number, answer.text)
        assert answer.json()["code"] in {"forged", "proof-unavailable"}
        assert answer.status_code == 401 or answer.headers["retry-after"]
    assert house.fetched == [f"{HOST}/SimpleNotificationService-{number}.pem" for number in range(len(answers))]
    assert house.rows == (0, 0)


async def test_a3_strangers_cannot_make_it_fetch_without_end(house: House) -> None:
    house.strange = lambda _: httpx.Response(404, stream=httpx.ByteStream(b""))
    for number in range(60):
        url = f"{HOST}/SimpleNotificationService-{number:032x}.pem"
        answer = await house.post(rewritten(house.sns.message(json.dumps(ALARM)), SigningCertURL=url))
        assert answer.status_code == 503
    assert len(house.fetched) <= 20


async def test_a_repeat_of_a_true_message_is_taken_once(house: House) -> None:
    message = house.sns.message(json.dumps(ALARM))
    answers = [await house.post(message) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 200, 200]
    assert house.rows == (1, 0)


async def test_a_dry_run_of_a_subscription_confirms_nothing(house: House) -> None:
    asked = house.sns.message("x", kind="SubscriptionConfirmation")
    answer = await house.post(asked, query="?dry_run=1")
    assert answer.is_success
    assert not [url for url in house.fetched if "ConfirmSubscription" in url]
    assert (await house.post(asked)).is_success
    assert len([url for url in house.fetched if "ConfirmSubscription" in url]) == 1


async def test_a_dry_run_of_a_message_is_no_delivery(house: House) -> None:
    message = house.sns.message(json.dumps(ALARM))
    assert len((await house.post(message, query="?dry_run=1")).json()["alerts"]) == 1
    assert house.rows == (0, 0)
    assert (await house.post(message)).json()["received"] == 1


MESSAGES = ["", "{", "hello", "null", "[]", "{}", '"x"', "[" * 10_000, '{"AlarmName": 7}', '{"AlarmName": "x"}']
MESSAGES += [json.dumps({**ALARM, "NewStateValue": word}) for word in ("PENDING", "", 7, None)]
MESSAGES += [json.dumps({**ALARM, "Trigger": word}) for word in ("x", 7, [])]
MESSAGES += [json.dumps({**ALARM, "StateChangeTime": word}) for word in ("x", 10**30, None, "9999-12-31T00:00:00Z")]


async def test_b14_a_signed_message_that_is_no_alarm_is_a_dead_letter_with_its_reason(house: House) -> None:
    for number, text in enumerate(MESSAGES, start=1):
        answer = await house.post(house.sns.message(text))
        assert answer.status_code == 202, (text[:40], answer.text)
        assert (answer.json()["received"], answer.json()["dead_letters"]) == (0, 1), text[:60]
        assert house.rows == (0, number)
        assert house.app.store.journal.dead_letters(1)[0]["reason"].startswith("Message")


async def test_b14_what_cannot_be_seen_is_neither_health_nor_failure(house: House) -> None:
    for state in ("INSUFFICIENT_DATA", "ALARM", "OK"):
        composite = {**ALARM, "NewStateValue": state, "AlarmRule": "ALARM(a) OR ALARM(b)", "Trigger": None}
        answer = await house.post(house.sns.message(json.dumps(composite)), query="?dry_run=1")
        alert = answer.json()["alerts"][0]
        assert alert["status"] == ("resolved" if state == "OK" else "firing")
        assert ("cannot_see" in alert["annotations"]) is (state == "INSUFFICIENT_DATA")
        assert state != "INSUFFICIENT_DATA" or alert["labels"]["severity"] == "warning"


async def test_b15_the_end_of_a_subscription_is_not_undone_by_us(house: House) -> None:
    answer = await house.post(house.sns.message("x", kind="UnsubscribeConfirmation"))
    assert answer.status_code == 200
    assert not [url for url in house.fetched if "ConfirmSubscription" in url]


async def test_b15_a_raw_delivery_needs_the_token(house: House) -> None:
    raw = json.dumps(ALARM).encode()
    forged(await house.post(raw))
    assert house.rows == (0, 0)
    assert (await house.post(raw, token=True)).json()["received"] == 1
    assert house.fetched == []
