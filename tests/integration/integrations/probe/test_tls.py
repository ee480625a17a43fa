"""Certificates of real TLS servers, as evidence and as facts."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lamplighter.diagnosis.readers import read
from lamplighter.domain.check import CheckKind, CheckSpec, Expected
from lamplighter.domain.evidence import Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.fetching import Outward, blind_trust, machine_trust
from lamplighter.integrations.probe.tls import TlsTool, looked
from lamplighter.ports import Surroundings
from lamplighter.testing import NOON, FakeClock, firing

FRONT = Component("docker", "container", "front", "1f" * 32)


class NoSamples:
    def keep(self, samples: object) -> None:
        raise AssertionError("a look keeps no samples")

    def window(self, check: str, start: object, end: object) -> list[object]:
        return []


def certificate(folder: Path, days: float, *, begins_days: float = -365) -> Path:
    """A certificate of its own for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "front")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + timedelta(days=begins_days))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "front.pem"
    file.write_bytes(built.public_bytes(serialization.Encoding.PEM) + secret)
    return file


@asynccontextmanager
async def speaking(file: Path | None) -> AsyncIterator[int]:
    """A server that shows this certificate; None speaks no TLS at all."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        writer.close()

    context = None
    if file:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
    listening = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def look(port: int, *, verify: bool = True, least: float | None = None) -> Evidence:
    wish = Expected(verify_tls=verify, certificate_days_min=least)
    spec = CheckSpec("front", CheckKind.HTTP, f"https://127.0.0.1:{port}/", timeout_seconds=3, expects=wish)
    clock = FakeClock(datetime.now(UTC))
    tool = TlsTool(Surroundings(clock, (spec,), NoSamples()))
    (found,) = await tool.gather(Question(FRONT, firing(), NOON, NOON))
    return found


async def test_an_expired_certificate_is_told_with_its_day(tmp_path: Path) -> None:
    async with speaking(certificate(tmp_path, -3)) as port:
        found = await look(port)
    told = json.loads(found.content)
    assert (told["state"], told["error"], told["verified"]) == ("failing", "tls", False)
    assert told["chain"][0]["names"] == ["127.0.0.1"]
    (fact,) = read(found)
    assert (fact.component, fact.values["error"], fact.number("certificate_expired")) == ("front", "tls", 1.0)
    assert round(fact.number("days_left") or 0.0) == -3


async def test_a_certificate_that_nobody_vouches_for_is_not_an_expired_one(tmp_path: Path) -> None:
    async with speaking(certificate(tmp_path, 30)) as port:
        (strict,) = read(await look(port))
        (lax,) = read(await look(port, verify=False))
        (soon,) = read(await look(port, verify=False, least=60))
    assert (strict.values["state"], strict.number("certificate_expired"), strict.number("self_signed")) == (
        "failing",
        None,
        1.0,
    )
    assert (lax.values["state"], lax.number("name_matches")) == ("ok", 1.0)
    assert (soon.values["state"], soon.number("certificate_expired")) == ("failing", None)


async def test_a_certificate_that_does_not_hold_yet(tmp_path: Path) -> None:
    async with speaking(certificate(tmp_path, 30, begins_days=2)) as port:
        (fact,) = read(await look(port))
    assert (fact.values["state"], fact.number("certificate_not_yet_valid")) == ("failing", 1.0)


async def test_who_speaks_no_tls_fails_a_check_of_https() -> None:
    async with speaking(None) as port:
        (fact,) = read(await look(port))
    assert (fact.values["state"], fact.values["error"]) == ("failing", "tls")
    assert fact.number("certificate_expired") is None


@pytest.mark.parametrize(("days", "state"), [(30, "ok"), (-1, "failing")])
async def test_a_check_of_a_port_asks_for_nobodys_trust(tmp_path: Path, days: float, state: str) -> None:
    async with speaking(certificate(tmp_path, days)) as port:
        spec = CheckSpec("front", CheckKind.TCP, f"127.0.0.1:{port}", timeout_seconds=3)
        told, _ = await looked(spec, "127.0.0.1", port, datetime.now(UTC))
    assert told["state"] == state


async def test_a_port_that_speaks_no_tls_is_no_failure_of_a_check_of_the_port() -> None:
    async with speaking(None) as port:
        spec = CheckSpec("front", CheckKind.TCP, f"127.0.0.1:{port}", timeout_seconds=3)
        told, _ = await looked(spec, "127.0.0.1", port, datetime.now(UTC))
    assert (told["state"], told["chain"]) == ("ok", [])


async def test_no_protocol_is_offered_in_a_handshake_after_others_asked_over_http() -> None:
    offered: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        offered.append(await reader.read(4_096))
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        for trust in (blind_trust(), machine_trust()):
            async with httpx.AsyncClient(transport=Outward(trust), trust_env=False) as client:
                with pytest.raises(httpx.TransportError):
                    await client.get(f"https://127.0.0.1:{port}/")
        spec = CheckSpec("front", CheckKind.TCP, f"127.0.0.1:{port}", timeout_seconds=30)
        await looked(spec, "127.0.0.1", port, datetime.now(UTC))
    assert [b"http/1.1" in hello for hello in offered] == [True, True, False]
