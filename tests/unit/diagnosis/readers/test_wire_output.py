from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.wire_output import Hop, Ping, Queue, ending_in, hops_in, pings_in, queues_in

SUMMARY = "--- nas ping statistics ---\n3 packets transmitted, 2 received, 33.3% packet loss, time 9ms\n"
TRIP = "rtt min/avg/max/mdev = 0.3/12.5/0.5/0.1 ms\n"


def test_a_run_has_its_host_address_loss_and_time() -> None:
    (ping,) = pings_in(f"PING nas (10.0.0.9) 56(84) bytes of data.\n\n{SUMMARY}{TRIP}")
    assert (ping.host, ping.address, ping.loss_percent, ping.milliseconds) == ("nas", "10.0.0.9", 33.3, 12.5)
    assert ping.tail.endswith(TRIP.strip())


def test_without_a_head_the_summary_names_the_host() -> None:
    assert [(one.host, one.loss_percent) for one in pings_in(SUMMARY + TRIP + SUMMARY.replace("nas", "db"))] == [
        ("nas", 33.3),
        ("db", 33.3),
    ]


def test_without_a_summary_line_a_run_ends_at_the_next_head() -> None:
    text = "PING a (10.0.0.1)\n3 packets transmitted, 0 received, 100% loss\nPING b\n2 packets, 0% packet loss\n"
    assert [(one.host, one.loss_percent) for one in pings_in(text)] == [("a", 100.0), ("b", 0.0)]


def test_times_of_answers_stand_in_for_a_mean_that_was_not_printed() -> None:
    answers = "64 bytes from nas: icmp_seq=1 time=10.0 ms\n64 bytes from nas: icmp_seq=2 time=20.0 ms\n"
    assert pings_in(f"PING nas (10.0.0.9)\n{answers}{SUMMARY}")[0].milliseconds == 15.0
    assert pings_in("PING nas (10.0.0.9)\ninterrupted") == [
        Ping("nas", "10.0.0.9", None, None, "PING nas (10.0.0.9) interrupted")
    ]


def test_hops_of_mtr() -> None:
    rows = "  1.|-- gw    0.0%  10  0.4  0.5  0.3  0.9  0.1\n  2.|-- shop  30.0%  10  9.6  9.4  9.0  9.9  0.2\n"
    assert hops_in(rows) == [Hop("gw", 0.0, 0.5), Hop("shop", 30.0, 9.4)]
    assert hops_in("no route") == []


def test_queues_that_do_harm_on_purpose() -> None:
    text = "qdisc noqueue 0: dev lo\nqdisc netem 8002: root limit 1000 delay 300ms 20ms loss random 5%\n"
    (queue,) = queues_in(text)
    assert queue == Queue(text.splitlines()[1], "300ms", "loss", "5%")
    assert list(queues_in("qdisc fq_codel 0: root")) == []


@pytest.mark.parametrize("words", ["notAfter=Feb  2 12:00:00 2026 GMT", "NotAfter: Feb 2 12:00:00 2026 GMT"])
def test_when_a_certificate_ends(words: str) -> None:
    assert ending_in(f"subject=CN = quay\n{words}\n") == datetime(2026, 2, 2, 12, tzinfo=UTC)


def test_an_end_that_is_no_day_is_none() -> None:
    assert ending_in("notAfter=Feb 31 12:00:00 2026 GMT") is None
    assert ending_in("no certificate") is None
