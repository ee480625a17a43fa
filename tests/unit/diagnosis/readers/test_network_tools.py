from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _read(tool: str, text: str) -> list[Fact]:
    return read(Evidence("e1", tool, "", {"host": "desk"}, "text/plain", text, NOW))


def test_a_ping_tells_of_the_machine_that_was_asked() -> None:
    (fact,) = _read(
        "ping", "PING nas (10.0.0.9) 56(84) bytes of data.\n\n3 packets transmitted, 0 received, 100% packet loss"
    )
    assert (fact.component, fact.values["error"], fact.values["state"]) == ("nas", "unreachable", "failing")


def test_a_ping_that_is_answered_is_well() -> None:
    (fact,) = _read(
        "ping", "PING nas (10.0.0.9) 56(84) bytes of data.\n3 packets transmitted, 3 received, 0% packet loss"
    )
    assert fact.values["state"] == "ok"


def test_a_route_is_bad_from_the_hop_on_at_which_it_begins() -> None:
    hops = "  1.|-- gw    0.0%  10  0.4  0.4  0.3  0.9  0.1\n"
    hops += "  2.|-- relay 30.0%  10  9.1  9.0  8.1  9.9  0.3\n  3.|-- shop  30.0%  10  9.6  9.4  9.0  9.9  0.2\n"
    (fact,) = _read("mtr", hops)
    assert (fact.component, fact.values["loss_percent"]) == ("relay", 30.0)


def test_a_resolver_that_fails() -> None:
    (fact,) = _read(
        "dig", ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 1\n;shop.lan.  IN  A\n;; SERVER: 10.0.0.2#53"
    )
    assert (fact.values["probe"], fact.values["answer"], fact.values["resolver"]) == ("dns", "SERVFAIL", "10.0.0.2")


def test_a_certificate_that_has_ended() -> None:
    (fact,) = _read("openssl", "subject=CN = mail.lan\nnotAfter=Feb 20 12:00:00 2026 GMT\n")
    assert (fact.values["certificate_expired"], fact.values["state"]) == (1.0, "failing")


def test_a_delay_put_on_an_interface() -> None:
    (fact,) = _read("tc", "qdisc netem 8002: root refcnt 2 limit 1000 delay 300ms 20ms")
    assert (fact.kind, fact.values["sign"], fact.values["amount"]) == ("log_sign", "latency_injected", "300ms")
