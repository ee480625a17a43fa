from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.quiet import expected
from lamplighter.domain.alert import Alert, AlertStatus

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

PODS = "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   1/1     Running   0          3d\n"
SERVICES = (
    "NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
    "web    ClusterIP   10.0.0.1     <none>        80/TCP    3d\n"
)
SETS = "NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    1/1     1            1           3d\n"


def alert(name: str) -> Alert:
    return Alert("am", "f", AlertStatus.FIRING, {"alertname": name}, {}, datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize("name", ["Watchdog", "DeadMansSwitch", "InfoInhibitor", "test-alert"])
def test_alerts_that_are_meant_to_fire(name: str) -> None:
    assert expected([alert(name)])
    assert not expected([alert(name), alert("HighLatency")])


def test_no_alert_at_all_is_nothing_expected() -> None:
    assert not expected([])


def test_a_watchdog_alone_is_no_incident(cluster: Cluster) -> None:
    found = diagnose(cluster.alert("Watchdog").get("pods", PODS).case())
    assert (found.causes, found.undetermined) == ((), False)
    assert "Watchdog" in found.statement


def test_a_cluster_that_is_quiet_from_three_sides_is_well(cluster: Cluster) -> None:
    cluster.get("pods", PODS).get("deploy", SETS)
    assert diagnose(cluster.case()).undetermined
    found = diagnose(cluster.logs("web-0", "GET / 200 3ms").case())
    assert (found.causes, found.undetermined) == ((), False)


def test_a_complaint_is_not_answered_by_objects_that_stand_well(cluster: Cluster) -> None:
    cluster.get("pods", PODS).get("deploy", SETS).get("svc", SERVICES)
    cluster.symptom = "a look around before the weekend"
    assert not diagnose(cluster.case()).undetermined
    cluster.symptom = "users cannot log in"
    assert diagnose(cluster.case()).undetermined


def test_an_alert_that_fires_or_an_error_is_not_quiet(cluster: Cluster) -> None:
    cluster.get("pods", PODS).get("deploy", SETS).logs("web-0", "ERROR cannot do it")
    assert diagnose(cluster.case()).undetermined
