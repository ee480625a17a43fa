"""The gate against a real server that answers as SNS does: only the name leads to it, and TLS is left out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from lamplighter.integrations.cloudwatch.certificates import Certificates
from lamplighter.integrations.cloudwatch.gate import CloudwatchGate
from lamplighter.integrations.cloudwatch.simulator import CERTIFICATE_PATH, TOPIC, SimulatedSns
from lamplighter.ports import ToolError
from lamplighter.workflow.clock import SystemClock


class Resolved(httpx.AsyncBaseTransport):
    """Takes a request for SNS's host to a port of this machine, as a resolver would, and keeps the Host header."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.scheme == "https"
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Fake:
    """The server. `broken` makes it answer with a redirect, or not at all."""

    def __init__(self, sns: SimulatedSns) -> None:
        self.asked: list[tuple[str, str]] = []
        self.broken = ""
        self.released = threading.Event()
        fake = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.asked.append((self.headers["Host"], self.path))
                if fake.broken == "silent":
                    fake.released.wait(10)
                if fake.broken == "redirect":
                    self.send_response(302)
                    self.send_header("Location", "/elsewhere")
                    self.end_headers()
                    return
                body = sns.certificate if self.path == CERTIFICATE_PATH else b"<ConfirmSubscriptionResponse/>"
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])

    @contextmanager
    def serving(self) -> Iterator[Fake]:
        with closing(self.server.socket):
            thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            yield self
            self.released.set()
            self.server.shutdown()
            thread.join()
            self.server.server_close()


@pytest.fixture(scope="module")
def sns() -> SimulatedSns:
    return SimulatedSns(datetime.now(UTC))


@pytest.fixture
def fake(sns: SimulatedSns) -> Iterator[Fake]:
    with Fake(sns).serving() as serving:
        yield serving


def gate(fake: Fake, timeout_seconds: float = 5.0) -> CloudwatchGate:
    clock = SystemClock()
    return CloudwatchGate(frozenset({TOPIC}), Certificates(timeout_seconds, clock, Resolved(fake.port)), clock)


async def test_a_subscription_and_its_alarms_come_in(fake: Fake, sns: SimulatedSns) -> None:
    door = gate(fake)
    assert not await door.admit(sns.message("You have chosen to subscribe", kind="SubscriptionConfirmation"), {})
    for version in ("1", "2"):
        assert await door.admit(sns.message('{"AlarmName": "x"}', version=version), {})
    hosts = {host for host, _ in fake.asked}
    assert hosts == {"sns.eu-west-1.amazonaws.com"}
    assert [path.partition("?")[0] for _, path in fake.asked] == [CERTIFICATE_PATH, "/"]


@pytest.mark.parametrize(("broken", "words"), [("redirect", "HTTP 302"), ("silent", "no whole answer in 0.3 s")])
async def test_a_certificate_that_does_not_come_is_an_error_that_asks_for_a_repeat(
    fake: Fake, sns: SimulatedSns, broken: str, words: str
) -> None:
    fake.broken = broken
    with pytest.raises(ToolError, match=words):
        await gate(fake, 0.3).admit(sns.message("{}"), {})
    assert [path for _, path in fake.asked] == [CERTIFICATE_PATH]
