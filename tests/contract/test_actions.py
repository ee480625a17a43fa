"""What every remediation action must hold, run over each integration that offers any."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import xmlrpc.client
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lamplighter.domain.plan import Target, Verb
from lamplighter.integrations import docker, supervisor
from lamplighter.ports import Effect, RemediationAction, Roles, Snapshot, Surroundings, ToolError
from lamplighter.testing import FakeClock

GOLDEN = Path(__file__).parents[1] / "golden"
CONTAINER = "1f" * 32
PARAMS = {Verb.RESTART: {}, Verb.START: {}, Verb.SET_MEMORY_LIMIT: {"bytes": str(128 << 20)}}
SYSTEMS = ("docker", "supervisor")
VERBS = tuple(Verb)


class NoSamples:
    def keep(self, samples: object) -> None:
        raise AssertionError("an action keeps no samples")

    def window(self, check: str, start: object, end: object) -> list[object]:
        return []


def roles_of(system: str, socket: Path) -> Roles:
    around = Surroundings(FakeClock(), (), NoSamples())  # type: ignore[arg-type] # a stand-in that must not be used
    if system == "docker":
        engine = docker.DockerConfig(host=f"unix://{socket}", timeout_seconds=0.5)
        return docker.INTEGRATION.build(engine, around)
    daemon = supervisor.SupervisorConfig(url=f"unix://{socket}", timeout_seconds=0.5, memory_guard="guard")
    return supervisor.INTEGRATION.build(daemon, around)


def target_of(system: str) -> Target:
    if system == "docker":
        return Target("docker", "container", "store", CONTAINER)
    return Target("supervisor", "process", "store", "shop:store:store")


def action_of(system: str, verb: Verb, socket: Path) -> RemediationAction:
    return next(one for one in roles_of(system, socket).actions if one.offer.verb is verb)


@dataclass
class Stub:
    """An engine that answers looks as recorded, and changes as it is told; it counts the changes that came in."""

    change: bytes | None = None
    changes: list[bytes] = field(default_factory=list)

    def docker(self, head: bytes, _body: bytes) -> bytes | None:
        path = head.split()[1]
        if head.startswith(b"POST"):
            self.changes.append(path)
            return self.change
        if path == b"/version":
            return http(b'{"ApiVersion": "1.41"}')
        if b"/json" in path:
            key = b'"Id": "'
            text = (GOLDEN / "docker" / "inspect-oom.json").read_bytes()
            start = text.index(key) + len(key)
            return http(text[:start] + CONTAINER.encode() + text[start + 64 :])
        return http(b"", b"404 Not Found")

    def supervisor(self, _head: bytes, body: bytes) -> bytes | None:
        _, method = xmlrpc.client.loads(body)
        recorded = {"supervisor.getIdentification": "identification.xml", "supervisor.getProcessInfo": "store.xml"}
        if method in recorded:
            return http((GOLDEN / "supervisor" / recorded[method]).read_bytes())
        if method == "supervisor.readProcessStderrLog":
            text = (GOLDEN / "supervisor" / "guard.log").read_text()
            return http(xmlrpc.client.dumps((text,), methodresponse=True).encode())
        self.changes.append(str(method).encode())
        return self.change


def http(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@asynccontextmanager
async def serving(socket: Path, answer: Callable[[bytes, bytes], bytes | None]) -> AsyncIterator[None]:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            sizes = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            body = await reader.readexactly(int(sizes[0])) if sizes else b""
            writer.write(answer(head, body) or b"")
            await writer.drain()
        writer.close()

    listening = await asyncio.start_unix_server(once, str(socket))
    try:
        yield
    finally:
        listening.close()


@asynccontextmanager
async def mute(socket: Path) -> AsyncIterator[None]:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while await reader.read(65_536):
                pass
        writer.close()

    listening = await asyncio.start_unix_server(never, str(socket))
    try:
        yield
    finally:
        listening.close()


@pytest.fixture
def socket() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="llc", dir="/tmp"))
    yield home / "s"
    shutil.rmtree(home)


@pytest.mark.parametrize("system", SYSTEMS)
def test_offers_are_one_for_each_verb_and_say_what_they_do(system: str, socket: Path) -> None:
    offers = [one.offer for one in roles_of(system, socket).actions]
    assert {offer.verb for offer in offers} == set(VERBS)
    assert len(offers) == len(VERBS)
    assert all(offer.system == system and offer.effect and offer.undo for offer in offers)
    assert all(offer.reversible is (offer.undo != "nothing to undo") for offer in offers)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("verb", VERBS)
async def test_with_nobody_there_a_look_fails_and_an_act_surely_did_nothing(
    system: str, verb: Verb, socket: Path
) -> None:
    action = action_of(system, verb, socket)
    for call in (action.look(target_of(system)), action.act(target_of(system), PARAMS[verb], "key")):
        with pytest.raises(ToolError) as caught:
            await call
        assert not caught.value.unsure


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("verb", VERBS)
async def test_an_engine_that_never_answers_is_left_in_time(system: str, verb: Verb, socket: Path) -> None:
    action = action_of(system, verb, socket)
    async with mute(socket), asyncio.timeout(60):
        with pytest.raises(ToolError):
            await action.look(target_of(system))
        with pytest.raises(ToolError):
            await action.act(target_of(system), PARAMS[verb], "key")


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("verb", VERBS)
async def test_a_change_that_is_broken_off_is_unsure_and_was_sent_once(system: str, verb: Verb, socket: Path) -> None:
    action, stub = action_of(system, verb, socket), Stub()
    async with serving(socket, getattr(stub, system)):
        with pytest.raises(ToolError) as caught:
            await action.act(target_of(system), PARAMS[verb], "key")
    assert caught.value.unsure
    assert len(stub.changes) == 1


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("verb", VERBS)
async def test_a_change_that_the_engine_refuses_is_an_answer_and_not_tried_again(
    system: str, verb: Verb, socket: Path
) -> None:
    fault = xmlrpc.client.dumps(xmlrpc.client.Fault(6, "SHUTDOWN_STATE"))
    refusals = {"docker": http(b'{"message": "no"}', b"500 Internal Server Error"), "supervisor": http(fault.encode())}
    action, stub = action_of(system, verb, socket), Stub(refusals[system])
    async with serving(socket, getattr(stub, system)):
        try:
            done = await action.act(target_of(system), PARAMS[verb], "key")
        except ToolError as problem:
            done = Effect(ok=problem.unsure, detail=str(problem))
    assert not done.ok
    assert done.detail
    assert len(stub.changes) == 1


@pytest.mark.parametrize("system", SYSTEMS)
async def test_a_limit_that_is_not_one_is_refused_and_nothing_is_sent(system: str, socket: Path) -> None:
    action, stub = action_of(system, Verb.SET_MEMORY_LIMIT, socket), Stub()
    async with serving(socket, getattr(stub, system)):
        for wrong in ({}, {"bytes": ""}, {"bytes": "-1"}, {"bytes": "1e9"}, {"bytes": "٣٤"}, {"bytes": "9" * 18}):
            assert not (await action.act(target_of(system), wrong, "key")).ok
    assert stub.changes == []


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("verb", VERBS)
async def test_two_equal_looks_show_that_nothing_happened_and_a_target_that_is_gone_shows_nothing(
    system: str, verb: Verb, socket: Path
) -> None:
    action, stub = action_of(system, verb, socket), Stub()
    params = {"bytes": "7340032"} if verb is Verb.SET_MEMORY_LIMIT else {}
    async with serving(socket, getattr(stub, system)):
        before = await action.look(target_of(system))
    assert before.exists
    assert action.happened(before, before, params) is False
    assert action.happened(before, Snapshot(exists=False, running=False), params) is None
    assert stub.changes == []


@pytest.mark.parametrize("system", SYSTEMS)
async def test_what_cannot_be_undone_says_so_and_sends_nothing(system: str, socket: Path) -> None:
    action, stub = action_of(system, Verb.RESTART, socket), Stub()
    async with serving(socket, getattr(stub, system)):
        before = await action.look(target_of(system))
        assert not action.offer.reversible
        assert not (await action.undo(target_of(system), before, "key")).ok
    assert stub.changes == []


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("identity", ["", "store", "../../images/prune", "store; rm -rf /", "--privileged", "a" * 500])
async def test_an_id_that_is_not_one_reaches_no_change(system: str, identity: str, socket: Path) -> None:
    aim = Target(system, "any", "store", identity)
    stub = Stub(http(b"{}"))
    async with serving(socket, getattr(stub, system)):
        for action in roles_of(system, socket).actions:
            try:
                done = await action.act(aim, PARAMS[action.offer.verb], "key")
            except ToolError as problem:
                done = Effect(ok=problem.unsure, detail=str(problem))
            assert not done.ok
    assert stub.changes == []
