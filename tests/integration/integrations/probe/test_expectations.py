"""Wishes on answers against real sockets: certificates over TLS, names over UDP, pings over a store."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lamplighter.domain.check import CheckKind, CheckSpec, Expected, Sample, SampleState
from lamplighter.domain.heartbeat import ping
from lamplighter.integrations.probe import INTEGRATION, ProbeConfig
from lamplighter.lab.shop.layout import free_ports
from lamplighter.ports import Surroundings

OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE


@pytest.fixture
def sampled(surroundings: Surroundings) -> Callable[..., object]:
    async def sample(spec: CheckSpec) -> Sample:
        return await INTEGRATION.build(ProbeConfig(), surroundings).runners[0].sample(spec)

    return sample


def certificate(folder: Path, days: float) -> Path:
    """A certificate of its own for 127.0.0.1 that ends in so many days, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "front")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=365))
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
async def speaking_tls(file: Path) -> AsyncIterator[str]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.transport.abort()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listening = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    finally:
        listening.close()


@pytest.mark.parametrize(
    ("days", "least", "state"), [(30, 14, OK), (10, 14, FAILING), (-1, 14, FAILING), (-1, None, OK)]
)
async def test_the_days_that_a_certificate_has_left(
    sampled: Callable[..., object], tmp_path: Path, days: float, least: float | None, state: SampleState
) -> None:
    wish = Expected(certificate_days_min=least, verify_tls=False)
    async with speaking_tls(certificate(tmp_path, days)) as url:
        sample = await sampled(CheckSpec("front", CheckKind.HTTP, url, timeout_seconds=3, expects=wish))
    assert sample.state is state, sample.detail


async def test_a_certificate_that_nobody_vouches_for_fails_unless_it_is_wanted(
    sampled: Callable[..., object], tmp_path: Path
) -> None:
    async with speaking_tls(certificate(tmp_path, 30)) as url:
        spec = CheckSpec("front", CheckKind.HTTP, url, timeout_seconds=3)
        strict = await sampled(spec)
        lax = await sampled(replace(spec, expects=Expected(verify_tls=False)))
    assert (strict.state, lax.state) == (FAILING, OK)
    assert "certificate" in strict.detail


class Resolver(asyncio.DatagramProtocol):
    """A name server with a few habits, by the first label that is asked for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query, recursion_available=True)
        (question,) = query.question
        label = question.name.labels[0].decode()
        if label == "silent":
            return
        if label == "gone":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif label == "broken":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif label == "six" and question.rdtype == dns.rdatatype.AAAA:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "AAAA", "fd00::7"))
        elif label == "web" and question.rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", "10.0.0.7", "10.0.0.8"))
        self.transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def resolving() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Resolver, local_addr=("127.0.0.1", 0))
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("name", "address", "state", "words"),
    [
        ("web.home.lan", "", OK, "10.0.0.7, 10.0.0.8"),
        ("web.home.lan", "10.0.0.8", OK, "10.0.0.7"),
        ("web.home.lan", "10.0.0.9", FAILING, "not 10.0.0.9"),
        ("six.home.lan", "", OK, "fd00::7"),
        ("six.home.lan", "fd00::7", OK, "fd00::7"),
        ("gone.home.lan", "", FAILING, "no such name"),
        ("empty.home.lan", "", FAILING, "has no address"),
        ("broken.home.lan", "", FAILING, "SERVFAIL"),
        ("silent.home.lan", "", FAILING, "no answer within 0.5 s"),
    ],
)
async def test_names_at_a_resolver(
    sampled: Callable[..., object], name: str, address: str, state: SampleState, words: str
) -> None:
    async with resolving() as server:
        wish = Expected(server=server, address=address)
        sample = await sampled(CheckSpec("dns", CheckKind.DNS, name, timeout_seconds=0.5, expects=wish))
    assert sample.state is state, sample.detail
    assert words in sample.detail


async def test_a_resolver_that_is_not_there_fails(sampled: Callable[..., object]) -> None:
    wish = Expected(server=f"127.0.0.1:{free_ports(1)[0]}")
    sample = await sampled(CheckSpec("dns", CheckKind.DNS, "web.home.lan", timeout_seconds=1, expects=wish))
    assert sample.state is FAILING


async def test_a_heartbeat_listens_to_what_was_kept(sampled: Callable[..., object], surroundings: Surroundings) -> None:
    spec = CheckSpec("backups", CheckKind.HEARTBEAT, "", expects=Expected(beat_seconds=60))
    assert (await sampled(spec)).state is CANNOT_SEE
    now = surroundings.clock.now()
    surroundings.samples.keep([ping("backups", now - timedelta(seconds=90))])
    assert (await sampled(spec)).state is FAILING
    surroundings.samples.keep([ping("backups", now)])
    assert (await sampled(spec)).state is OK
