from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis import diagnose

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Shop


@pytest.mark.parametrize(
    ("fault", "values"),
    [
        ("connection_refused", {"error": "refused", "connected": False}),
        ("dns_failure", {"error": "dns", "connected": False}),
        ("tls_certificate_expired", {"error": "tls", "detail": "certificate has expired", "connected": True}),
    ],
)
def test_a_probe_tells(shop: Shop, fault: str, values: dict[str, object]) -> None:
    best = diagnose(shop.container("store").probe("store", "failing", **values).case()).best
    assert best is not None
    assert (best.fault, best.confidence >= 0.6) == (fault, True)


def test_a_refused_connection_of_a_process_that_is_down_is_its_consequence(shop: Shop) -> None:
    shop.exited("store", 1).probe("store", "failing", error="refused", connected=False)
    best = diagnose(shop.case()).best
    assert best is not None
    assert best.fault == "process_crashed"


def test_a_host_that_answers_nothing_is_at_most_likely(shop: Shop) -> None:
    shop.failed("docker.inspect", "store", "no route to host").probe("store", "failing", error="unreachable")
    best = diagnose(shop.case()).best
    assert best is not None
    assert best.fault == "host_down"
    assert best.confidence < 0.8


def test_an_answer_that_is_good_and_late_is_a_matter_of_latency(shop: Shop) -> None:
    shop.container("store").probe("store", "failing", error="slow", connected=True, status=200)
    best = diagnose(shop.case()).best
    assert best is not None
    assert (best.component, best.fault, best.confidence >= 0.6) == ("store", "network_latency", True)
