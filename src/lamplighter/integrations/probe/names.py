"""Looks at the domain name system: one question to one resolver. Nothing is cached."""

from __future__ import annotations

import time

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from lamplighter.domain.check import CheckSpec, SampleState
from lamplighter.integrations.probe.look import Look, failed

PORT = 53
SHOWN_MAX = 5


async def look_dns(spec: CheckSpec) -> Look:
    """Ask for the addresses of a name. No such name, no answer and a refusal fail; no resolver to ask is no sight."""
    began = time.monotonic()
    try:
        found = await _resolved(spec)
    except dns.resolver.NXDOMAIN:
        return Look(SampleState.FAILING, f"{spec.target}: there is no such name", connected=True, error="dns")
    except dns.resolver.NoAnswer:
        return Look(SampleState.FAILING, f"{spec.target} has no address", connected=True, error="dns")
    except dns.exception.Timeout:
        detail = f"no answer within {spec.timeout_seconds:g} s"
        return Look(SampleState.FAILING, detail, connected=False, error="timeout")
    except dns.resolver.NoNameservers as problem:
        return Look(SampleState.FAILING, f"{spec.target}: {_words(problem)}", connected=True, error="dns")
    except (dns.exception.DNSException, UnicodeError, ValueError) as problem:
        return Look(SampleState.CANNOT_SEE, f"{spec.target} cannot be asked for: {_words(problem)}")
    except OSError as problem:
        return failed(problem, connected=False)
    took = time.monotonic() - began
    return _judged(spec, found, took)


def _judged(spec: CheckSpec, found: tuple[str, ...], took: float) -> Look:
    shown = ", ".join(found[:SHOWN_MAX])
    wanted = spec.expects.address
    if wanted and wanted not in found:
        return Look(SampleState.FAILING, f"{spec.target} is {shown}, not {wanted}", took, connected=True, error="dns")
    return Look(SampleState.OK, f"{spec.target} is {shown}, in {took:.3f} s", took, connected=True)


async def _resolved(spec: CheckSpec) -> tuple[str, ...]:
    """The name's addresses: of the kind that is expected, else IPv4, else IPv6."""
    resolver = _resolver(spec)
    name = dns.name.from_text(spec.target)
    kinds = [dns.rdatatype.AAAA] if ":" in spec.expects.address else [dns.rdatatype.A, dns.rdatatype.AAAA]
    for kind in kinds[:-1]:
        answer = await resolver.resolve(name, kind, search=False, raise_on_no_answer=False)
        if answer.rrset is not None:
            return _addresses(answer)
    return _addresses(await resolver.resolve(name, kinds[-1], search=False))


def _resolver(spec: CheckSpec) -> dns.asyncresolver.Resolver:
    resolver = dns.asyncresolver.Resolver(configure=not spec.expects.server)
    if spec.expects.server:
        host, port = address_of(spec.expects.server)
        resolver.nameservers = [host]
        resolver.port = port
    resolver.lifetime = spec.timeout_seconds
    resolver.timeout = spec.timeout_seconds
    return resolver


def _addresses(answer: dns.resolver.Answer) -> tuple[str, ...]:
    return tuple(sorted(record.address for record in answer if hasattr(record, "address")))


def address_of(server: str) -> tuple[str, int]:
    """`1.2.3.4`, `1.2.3.4:5353`, `::1` or `[::1]:5353` in its parts."""
    if server.startswith("["):
        host, _, port = server[1:].partition("]")
        return host, int(port.removeprefix(":") or PORT)
    if server.count(":") == 1:
        host, _, port = server.partition(":")
        return host, int(port)
    return server, PORT


def _words(problem: Exception) -> str:
    return " ".join(str(problem).split())[:200] or type(problem).__name__
