from __future__ import annotations

import json

import pytest

from lamplighter.domain.alert import Alert, AlertStatus, BadSignal
from lamplighter.integrations.manual.signal import ManualSource
from lamplighter.testing import NOON

SOURCE = ManualSource(lambda: NOON)


def read(**body: object) -> Alert:
    return SOURCE.parse(json.dumps({"log": "ERROR timeout after 30 s", "service": "shop", **body}).encode(), {}).alerts[
        0
    ]


def test_the_same_kind_of_line_of_the_same_service_is_the_same_trouble() -> None:
    first = read()
    assert read(log="ERROR timeout after 31 s").trouble == first.trouble
    assert read(log="\n ERROR timeout after 5 s\n  at line 7\n").trouble == first.trouble
    assert read(log="ERROR out of memory").trouble != first.trouble
    assert read(service="store").trouble != first.trouble
    assert read(status="resolved").trouble == first.trouble
    assert read(status="resolved").status is AlertStatus.RESOLVED


def test_a_person_need_not_say_how_bad_it_is() -> None:
    assert read().severity == "warning"
    assert read(severity="Sev1").severity == "critical"


def test_a_log_is_kept_without_secrets() -> None:
    alert = read(log="cannot connect with password=hunter2secret")
    assert "hunter2secret" not in str(alert)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"log": ""}, "log"),
        ({"log": " \n"}, "log"),
        ({"log": True}, "log"),
        ({"log": 3}, "log"),
        ({"log": None}, "log"),
        ({"log": "x" * 70_000}, "log"),
        ({"service": -1}, "service"),
        ({"service": 10**400}, "service"),
        ({"service": ["shop"]}, "service"),
        ({"severity": 1.5}, "severity"),
        ({"severity": "worst"}, "severity"),
        ({"status": "perhaps"}, "status"),
        ({"labels": {"a": 1}}, "labels.a"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_key(body: dict[str, object], key: str) -> None:
    with pytest.raises(BadSignal) as caught:
        read(**body)
    assert caught.value.key == key
