"""Looks at a TLS server: whether this machine would trust it, and what its certificates say. Nothing is sent to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

import httpx
import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

from lamplighter.domain.check import CheckKind, CheckSpec, SampleState
from lamplighter.domain.evidence import Evidence, Question, bounded
from lamplighter.domain.topology import Component
from lamplighter.integrations.fetching import blind_trust, machine_trust, resolved, why_never
from lamplighter.integrations.probe.look import Look, failed
from lamplighter.integrations.probe.network import host_port
from lamplighter.integrations.probe.tools import checks_about
from lamplighter.ports import Clock, Surroundings

HTTPS_PORT = 443
# Nothing is spoken after the handshake, and so nothing is offered in it: who speaks no HTTP might hang up.
BARE = "nothing"
TLS_PORTS = frozenset({443, 465, 636, 853, 990, 993, 995, 2376, 4443, 5671, 6443, 8006, 8443, 8883, 9443})
CHAIN_MAX = 6
NAMES_MAX = 20
DAY_SECONDS = 86_400.0
WORDS_MAX = 200


@dataclass(frozen=True, slots=True)
class Handshake:
    """What one handshake showed: the protocol, the cipher and the certificates (DER), the server's own first."""

    protocol: str
    cipher: str
    chain: tuple[bytes, ...]


class TlsTool:
    """Tool `tls.probe`: the certificates behind the https checks of a component, and its tcp checks on ports of TLS."""

    name = "tls.probe"

    def __init__(self, surroundings: Surroundings) -> None:
        self._clock: Clock = surroundings.clock
        self._checks = tuple(spec for spec in surroundings.checks if tls_address(spec) is not None)

    def serves(self, component: Component) -> bool:
        """Components with a check that speaks TLS."""
        return bool(checks_about(self._checks, component))

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece for each address, at most ten; `error` is set where we cannot see."""
        part = question.component
        specs = {tls_address(spec): spec for spec in reversed(checks_about(self._checks, part))}
        found = [(address, spec) for address, spec in specs.items() if address is not None]
        return await asyncio.gather(*(self._look(part, spec, *address) for address, spec in found))

    async def _look(self, part: Component, spec: CheckSpec, host: str, port: int) -> Evidence:
        query = f"tls handshake with {host}:{port}"
        about = {"query": query, "component": part.name, "check": spec.name}
        told, look = await looked(spec, host, port, self._clock.now())
        text, truncated = bounded(msgspec.json.encode(told).decode())
        error = f"{query}: {look.detail}" if look.state is SampleState.CANNOT_SEE else ""
        key = f"{self.name}:{host}:{port}"
        at = self._clock.now()
        return Evidence(key, self.name, part.name, about, "application/json", text, at, error, truncated)


def tls_address(spec: CheckSpec) -> tuple[str, int] | None:
    """Host and port of a check behind which TLS is spoken; None for all others."""
    if spec.kind is CheckKind.TCP:
        address = host_port(spec.target)
        return address if address and address[1] in TLS_PORTS else None
    if spec.kind is not CheckKind.HTTP:
        return None
    try:
        url = httpx.URL(spec.target)
    except httpx.InvalidURL:
        return None
    return (url.host, url.port or HTTPS_PORT) if url.scheme == "https" and url.host else None


async def looked(spec: CheckSpec, host: str, port: int, now: datetime) -> tuple[dict[str, Any], Look]:
    """What two handshakes tell, one that trusts nobody and one that trusts whom this machine trusts."""
    told: dict[str, Any] = {"check": spec.name, "target": f"{host}:{port}", "chain": []}
    try:
        shown = await _handshake(spec, host, port, blind_trust(BARE))
    except (OSError, UnicodeError, ValueError) as problem:
        look = failed(problem, connected=None)
        if spec.kind is CheckKind.TCP and look.error == "tls":
            # Nobody said that TLS is spoken there; the port's number only suggested it.
            look = Look(SampleState.OK, f"no TLS is spoken: {look.detail}", connected=True)
        return told | _state(look), look
    told |= {"protocol": shown.protocol, "cipher": shown.cipher, **chain_values(shown.chain, host, now)}
    try:
        await _handshake(spec, host, port, machine_trust(BARE))
        told["verified"], told["verify_error"] = True, ""
    except ssl.SSLCertVerificationError as problem:
        told["verified"], told["verify_error"] = False, problem.verify_message[:WORDS_MAX]
    except (OSError, UnicodeError, ValueError) as problem:
        told["verified"], told["verify_error"] = None, str(problem)[:WORDS_MAX]
    look = _judged(spec, told)
    return told | _state(look), look


async def _handshake(spec: CheckSpec, host: str, port: int, trust: ssl.SSLContext) -> Handshake:
    async with asyncio.timeout(spec.timeout_seconds):
        for place in await resolved(host, port):
            if why := why_never(place):
                raise ConnectionRefusedError(why)
        # The outer time counts, for its end is told apart from a refusal.
        limit = 2 * spec.timeout_seconds
        _, writer = await asyncio.open_connection(host, port, ssl=trust, ssl_handshake_timeout=limit)
    try:
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        cipher = tls.cipher()
        return Handshake(tls.version() or "", cipher[0] if cipher else "", _chain(tls))
    finally:
        # Aborted rather than closed: waiting for the other side to say goodbye could take for ever.
        writer.transport.abort()


def _chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """All certificates that were shown; before Python 3.13 only the server's own can be had."""
    whole = getattr(tls, "get_unverified_chain", None)
    shown: list[bytes] = list(whole()) if whole else [tls.getpeercert(binary_form=True) or b""]
    return tuple(one for one in shown if one)[:CHAIN_MAX]


def chain_values(chain: Sequence[bytes], host: str, now: datetime) -> dict[str, Any]:
    """The certificates (DER) in words and days; one that cannot be read is told as such."""
    told = [_certificate(one, now) for one in chain]
    leaf = told[0] if told else {}
    return {
        "chain": told,
        "name_matches": is_for(host, leaf.get("names", [])) if leaf else None,
        "self_signed": bool(leaf) and leaf.get("subject") == leaf.get("issuer"),
        "not_yet_valid": any(one.get("days_until", 0) > 0 for one in told),
    }


def _certificate(shown: bytes, now: datetime) -> dict[str, Any]:
    try:
        one = x509.load_der_x509_certificate(shown)
        names = _names(one)
        return {
            "subject": _common_name(one.subject),
            "issuer": _common_name(one.issuer),
            "not_before": one.not_valid_before_utc.isoformat(),
            "not_after": one.not_valid_after_utc.isoformat(),
            "days_left": round((one.not_valid_after_utc - now).total_seconds() / DAY_SECONDS, 2),
            "days_until": round((one.not_valid_before_utc - now).total_seconds() / DAY_SECONDS, 2),
            "names": names[:NAMES_MAX],
        }
    except (ValueError, x509.UnsupportedGeneralNameType) as problem:
        return {"error": f"a certificate that cannot be read: {problem}"[:WORDS_MAX]}


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = [str(one) for one in extension.get_values_for_type(x509.IPAddress)]
    return [one[:WORDS_MAX] for one in (*extension.get_values_for_type(x509.DNSName), *addresses)]


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value if found else name.rfc4514_string())[:WORDS_MAX]


def is_for(host: str, names: Sequence[str]) -> bool:
    """Whether a certificate with these names is for a host; a star stands for one label, the first."""
    wanted = host.lower().rstrip(".")
    try:
        return str(ip_address(wanted)) in names
    except ValueError:
        rest = wanted.partition(".")[2]
        return any(name.lower() in {wanted, f"*.{rest}"} for name in names)


def _judged(spec: CheckSpec, told: dict[str, Any]) -> Look:
    days = [one["days_left"] for one in told["chain"] if "days_left" in one]
    least = spec.expects.certificate_days_min
    if spec.kind is CheckKind.TCP:
        return _judged_by_time(told, days)
    if spec.expects.verify_tls and told["verified"] is not True:
        return Look(SampleState.FAILING, told["verify_error"] or "not trusted", connected=True, error="tls")
    if least is not None and days and min(days) < least:
        detail = f"the certificate ends in {min(days):.1f} days, at least {least:g} wanted"
        return Look(SampleState.FAILING, detail, connected=True, error="tls")
    return Look(
        SampleState.OK, f"{told['protocol']}, {'trusted' if told['verified'] else 'not verified'}", connected=True
    )


def _judged_by_time(told: dict[str, Any], days: Sequence[float]) -> Look:
    """A check of a port asks for nobody's trust; a certificate that does not hold now is wrong all the same."""
    if any(left < 0 for left in days):
        return Look(SampleState.FAILING, "certificate has expired", connected=True, error="tls")
    if told["not_yet_valid"]:
        return Look(SampleState.FAILING, "certificate is not yet valid", connected=True, error="tls")
    return Look(SampleState.OK, f"{told['protocol']}, {told['verify_error'] or 'trusted'}", connected=True)


def _state(look: Look) -> dict[str, Any]:
    return {"state": look.state, "detail": look.detail[:WORDS_MAX], "connected": look.connected, "error": look.error}
