"""What is wrong with a probe that fails: its port, its protocol, its timing, or what it asks about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of, sign_fact
from lamplighter.diagnosis.cluster.events import Words, spoken
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.cluster.pods import containers, is_up, specification
from lamplighter.diagnosis.cluster.spoken_logs import Spoken
from lamplighter.diagnosis.readers.document import at, items, number, text
from lamplighter.diagnosis.readers.draft import Values, known
from lamplighter.diagnosis.readers.kube_probing import probe_values
from lamplighter.domain.evidence import Fact

QUIET_SECONDS = 600.0
# A start is often seen once or twice by a probe that comes a little early.
SEEN_AT_STARTS = 2
_KEYS = {"liveness": "livenessProbe", "readiness": "readinessProbe", "startup": "startupProbe"}
_KILLED = re.compile(
    r"(?i)failed (?:liveness|startup) probe|(?:liveness|startup) probe failed, (?:will be|container will be) restarted"
)
_STARTED_IN = re.compile(
    r"(?i)(?:started|startup|ready|initiali[sz]ed|loaded|warm\w{0,5}|boot\w{0,4})\b.{0,60}?\b(?:in|after|took)\s{1,3}(\d{1,5}(?:\.\d{1,4})?)\s?(s\b|sec|seconds|ms\b|milliseconds|m\b|min)"
)
_TLS_PORT = re.compile(r"^(?:443|\d{1,2}443)$")


@dataclass(slots=True)
class Failing:
    """One probe of one component, and how it was seen to fail."""

    component: str
    probe: str
    words: Words
    values: Values
    count: int
    killed: bool = False
    pod: Seen | None = None
    spec: object = None
    ports: dict[int, str] = field(default_factory=dict)
    listening: dict[int, str] = field(default_factory=dict)
    loopback: dict[int, str] = field(default_factory=dict)


def probe_facts(found: Inventory, logs: dict[str, Spoken], texts: dict[str, str]) -> list[Fact]:
    """Facts `kube` on each failing probe: `probe_failing`, and what is wrong with it where that can be told."""
    facts: list[Fact] = []
    for one in _failing(found, logs):
        facts.append(_fact(one, "probe_failing", _said(one)))
        facts += _faults(one, texts.get(one.component, ""))
    seen = {fact.component for fact in facts}
    return facts + [
        fact for pod in found.of("pod") if found.component(pod) not in seen for fact in _unheard(found, pod)
    ]


def _unheard(found: Inventory, pod: Seen) -> Iterator[Fact]:
    """A pod that is not ready and whose probe asks at a port that it does not have, though no event tells of it."""
    if is_up(pod) or not any(box.running or box.restarts for box in containers(pod)):
        return
    for box in items(specification(pod), "containers"):
        ports = [int(value) for port in items(box, "ports") if (value := number(port, "containerPort")) is not None]
        for probe, key in _KEYS.items():
            asked = next(
                (at(box, key, way, "port") for way in ("httpGet", "tcpSocket", "grpc") if at(box, key, way)), None
            )
            if ports and isinstance(asked, int) and asked not in ports:
                have = ", ".join(map(str, ports))
                words = f"the {probe} probe of {pod.name} asks port {asked}, but the container's ports are {have}"
                kind = "liveness" if probe == "startup" else probe
                yield sign_fact(
                    found,
                    pod,
                    "probe_port_wrong",
                    words,
                    strength=0.8,
                    probe=kind,
                    probe_port=float(asked),
                    container_ports=have,
                )


def _failing(found: Inventory, logs: dict[str, Spoken]) -> list[Failing]:
    held: dict[tuple[str, str], Failing] = {}
    killed = {found.naming.of_pod(words.name) for words in spoken(found) if _KILLED.search(words.message)}
    for words in spoken(found):
        values = probe_values(words.message) if words.kind == "pod" else {}
        if not values or _past(found, words, killed):
            continue
        component = found.naming.of_pod(words.name)
        key = (component, str(values["probe"]))
        one = held.get(key)
        if one is None or _tells_more(values, one.values):
            held[key] = Failing(component, key[1], words, values, words.count + (one.count if one else 0))
        else:
            one.count += words.count
    for one in held.values():
        _complete(found, one, logs.get(one.component, Spoken()))
        one.killed = one.component in killed and one.probe != "readiness"
    return [held[key] for key in sorted(held)]


_TELLING = {"protocol": 3, "cut": 2, "refused": 1, "status": 1, "timeout": 0}


def _tells_more(new: Values, old: Values) -> bool:
    return _TELLING.get(str(new["error"]), 0) > _TELLING.get(str(old["error"]), 0)


def _past(found: Inventory, words: Words, killed: set[str]) -> bool:
    """Whether the pod is ready again, and the probe quiet since."""
    pod = found.find("pod", words.namespace, words.name)
    quiet = words.at is not None and (found.now - words.at).total_seconds() > QUIET_SECONDS
    rare = words.count <= SEEN_AT_STARTS and found.naming.of_pod(words.name) not in killed
    return pod is not None and is_up(pod) and (quiet or rare)


def _complete(found: Inventory, one: Failing, log: Spoken) -> None:
    one.pod = found.find("pod", one.words.namespace, one.words.name)
    owner = next(
        (
            w
            for kind in ("deployment", "statefulset", "daemonset")
            if (w := found.find(kind, one.words.namespace, one.component))
        ),
        None,
    )
    spec = specification(one.pod) if one.pod and items(specification(one.pod), "containers") else specification(owner)
    for box in items(spec, "containers"):
        for port in items(box, "ports"):
            number_of = number(port, "containerPort")
            if number_of is not None:
                one.ports[int(number_of)] = text(port, "name")
        if at(box, _KEYS[one.probe]) is not None and one.spec is None:
            one.spec = at(box, _KEYS[one.probe])
    one.listening, one.loopback = log.ports, log.loopback


def _port(one: Failing) -> int | None:
    said = one.values.get("port")
    if isinstance(said, float):
        return int(said)
    for key in ("httpGet", "tcpSocket", "grpc"):
        port = at(one.spec, key, "port")
        if isinstance(port, int) and not isinstance(port, bool):
            return port
        if isinstance(port, str) and port:
            return next((number_of for number_of, name in one.ports.items() if name == port), None)
    return None


def _said(one: Failing) -> str:
    times = f" ({one.count} times)" if one.count > 1 else ""
    timing = _timing_words(one)
    return f"pod {one.words.name}: {one.words.message}{times}{timing}"


def _timing_words(one: Failing) -> str:
    delay, timeout, period, failures = _timing(one)
    return (
        f" [delay={delay:.0f}s timeout={timeout:.0f}s period={period:.0f}s #failure={failures:.0f}]" if one.spec else ""
    )


def _timing(one: Failing) -> tuple[float, float, float, float]:
    keys = (("initialDelaySeconds", 0.0), ("timeoutSeconds", 1.0), ("periodSeconds", 10.0), ("failureThreshold", 3.0))
    delay, timeout, period, failures = (number(one.spec, key) or usual for key, usual in keys)
    return delay, timeout, period, failures


def _fact(one: Failing, sign: str, said: str, strength: float = 1.0) -> Fact:
    port = _port(one)
    values = known(
        sign=sign,
        strength=strength,
        killed=one.killed,
        count=float(one.count),
        target=one.words.name,
        probe_port=float(port) if port else None,
        container_ports=", ".join(str(number_of) for number_of in sorted(one.ports)) or None,
        code=one.values.get("code"),
        path=one.values.get("path"),
    )
    # A startup probe stands for the liveness probe: both end the container.
    probe = "liveness" if one.probe == "startup" else one.probe
    ground = Ground(one.words.evidence, one.words.query, one.component, one.words.at)
    return fact_of(ground, KUBE, said, {**values, "probe": probe, "error": str(one.values["error"])})


def _faults(one: Failing, log: str) -> list[Fact]:
    error = one.values["error"]
    if error in {"protocol", "cut"} or _plain_to_tls(one):
        return [_protocol(one)]
    if error in {"refused", "no_route"}:
        wrong = _wrong_port(one)
        return [wrong] if wrong else _too_early(one, log)
    if error == "timeout":
        return _too_early(one, log)
    if error == "status":
        return _about_status(one, log)
    return []


def _protocol(one: Failing) -> Fact:
    strength = 1.0 if one.values["error"] == "protocol" or _plain_to_tls(one) else 0.6
    return _fact(
        one, "probe_protocol_wrong", f"the {one.probe} probe speaks another protocol: {one.words.message}", strength
    )


def _plain_to_tls(one: Failing) -> bool:
    """Whether a plain HTTP question was answered by a server that wants TLS: 400 at a port of that kind."""
    port = _port(one)
    named = one.ports.get(port or 0, "")
    secure = bool(port and _TLS_PORT.match(str(port))) or named in {"https", "tls", "grpc"}
    return one.values["error"] == "status" and one.values.get("code") == 400.0 and secure  # noqa: PLR2004 - Bad Request


def _wrong_port(one: Failing) -> Fact | None:
    """Refused at a port where, by the specification or by its own words, nothing listens."""
    port = _port(one)
    if port is None:
        return None
    heard = sorted(one.listening)
    if port in one.listening and port not in one.loopback:
        return None
    declared = sorted(one.ports)
    if heard and port not in heard:
        said = f"the {one.probe} probe asks port {port}, but the program listens on {', '.join(map(str, heard[:4]))}"
        return _fact(one, "probe_port_wrong", said, 1.0 if port not in declared else 0.9)
    if declared and port not in declared:
        said = (
            f"the {one.probe} probe asks port {port}, but the container's ports are {', '.join(map(str, declared[:6]))}"
        )
        return _fact(one, "probe_port_wrong", said, 0.8)
    return None


def _too_early(one: Failing, log: str) -> list[Fact]:
    """A probe that ends a container which is still starting, or that waits too short for its answer."""
    delay, timeout, period, failures = _timing(one)
    budget = delay + period * failures
    took = _start_seconds(log)
    box = next((held for held in containers(one.pod) if not held.init), None) if one.pod else None
    code = box.exit_code if box else None
    if code is not None and 0 < code < 128:  # noqa: PLR2004 - it ended by itself, not by a signal
        return []
    strength = 0.5 + 0.2 * one.killed + 0.3 * (took is not None and took >= min(budget, delay + period))
    if one.probe == "readiness" and not one.killed:
        strength -= 0.3
    said = (
        f"the {one.probe} probe gives it {delay:.0f} s before the first question, {timeout:.0f} s for an answer "
        f"and {failures:.0f} failures {period:.0f} s apart (initialDelaySeconds {delay:.0f}, "
        f"timeoutSeconds {timeout:.0f})"
    )
    said += f"; its start took {took:.0f} s" if took is not None else ""
    return [
        _fact(one, "probe_too_early", said if one.spec else f"killed while starting: {one.words.message}", strength)
    ]


def _start_seconds(log: str) -> float | None:
    """How long the program says that its start took."""
    longest: float | None = None
    for found in _STARTED_IN.finditer(log[-60_000:]):
        unit = found[2].lower()
        factor = 0.001 if unit.startswith(("ms", "milli")) else 60.0 if unit.startswith("m") else 1.0
        longest = max(longest or 0.0, float(found[1]) * factor)
    return longest


def _about_status(one: Failing, log: str) -> list[Fact]:
    code = one.values.get("code")
    said = f"the {one.probe} probe is answered with {code:.0f}" if isinstance(code, float) else one.words.message
    facts = [_fact(one, "probe_answered_badly", f"{said}: {one.words.message}")]
    if code == 400.0:  # noqa: PLR2004 - Bad Request
        facts.append(_fact(one, "probe_protocol_wrong", f"{said}: it does not understand the question", 0.5))
    if code == 503.0 and one.killed and (_start_seconds(log) or 0.0) > _timing(one)[0]:  # noqa: PLR2004 - Service Unavailable
        facts += _too_early(one, log)
    return facts
