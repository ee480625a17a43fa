from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import Alert, AlertStatus, BadSignal, fingerprint_of
from lamplighter.testing import NOON

LABELS = st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=5)


def alert(labels: dict[str, str], annotations: dict[str, str] | None = None) -> Alert:
    return Alert("alertmanager", "f00d", AlertStatus.FIRING, labels, annotations or {}, NOON)


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "critical"),
        ("page", "critical"),
        ("error", "critical"),
        ("P1", "critical"),
        ("SEV1", "critical"),
        (" Critical\n", "critical"),
        ("warning", "warning"),
        ("info", "info"),
        ("none", "none"),
        ("", "warning"),
        ("<script>", "warning"),
    ],
)
def test_severity_is_one_of_four_words(word: str, severity: str) -> None:
    assert alert({"severity": word}).severity == severity


def test_no_severity_reads_as_warning() -> None:
    assert alert({}).severity == "warning"


def test_an_alert_without_a_name_is_called_by_its_summary() -> None:
    assert alert({"alertname": "Down"}, {"summary": "it is down"}).name == "Down"
    assert alert({"alertname": ""}, {"summary": "it is down"}).name == "it is down"
    assert alert({}).name == "unnamed alert"


def test_the_trouble_is_of_one_source() -> None:
    assert alert({}).trouble == "alertmanager:f00d"


@given(LABELS)
def test_a_fingerprint_does_not_depend_on_the_order_of_labels(labels: dict[str, str]) -> None:
    turned = dict(reversed(labels.items()))
    assert fingerprint_of(labels) == fingerprint_of(turned)
    assert len(fingerprint_of(labels)) == 16


@given(LABELS, st.text(max_size=8), st.text(max_size=8))
def test_a_fingerprint_tells_one_more_label(labels: dict[str, str], name: str, value: str) -> None:
    if name not in labels:
        assert fingerprint_of({**labels, name: value}) != fingerprint_of(labels)


def test_a_lone_surrogate_has_a_fingerprint() -> None:
    assert len(fingerprint_of({"name": "\ud800"})) == 16


def test_a_value_cannot_pose_as_two_labels() -> None:
    forged = {"a": "x\x00b\x01y"}
    assert fingerprint_of(forged) != fingerprint_of({"a": "x", "b": "y"})


def test_a_bad_signal_names_key_problem_and_fix() -> None:
    problem = BadSignal("alerts.2.status", 'is "pending"', "Send firing or resolved.")
    assert problem.key == "alerts.2.status"
    assert str(problem) == 'alerts.2.status: is "pending". Send firing or resolved.'
