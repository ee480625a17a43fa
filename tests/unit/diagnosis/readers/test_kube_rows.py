from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.document import at
from lamplighter.diagnosis.readers.kube_rows import kind_of_columns, row_body


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (("NAME", "READY", "STATUS", "RESTARTS", "AGE"), "pod"),
        (("NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"), "deployment"),
        (("NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE"), "daemonset"),
        (("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"), "event"),
        (("NAME", "STATUS", "ROLES", "AGE", "VERSION"), "node"),
        (("NAME", "CPU(CORES)", "MEMORY(BYTES)"), "top"),
        (("NAME", "DATA", "AGE"), ""),
    ],
)
def test_columns_tell_what_a_table_lists(columns: tuple[str, ...], kind: str) -> None:
    assert kind_of_columns(columns) == kind


def test_a_row_has_the_shape_of_the_api() -> None:
    pod = row_body("pod", {"READY": "0/2", "STATUS": "Error", "RESTARTS": "4 (9s ago)", "NODE": "w1", "IP": "10.1.0.4"})
    assert at(pod, "listed", "ready") == 0.0
    assert at(pod, "listed", "restarted_ago") == "9s"
    assert at(pod, "spec", "nodeName") == "w1"
    assert at(row_body("deployment", {"READY": "1/3", "AVAILABLE": "1"}), "spec", "replicas") == 3.0
    assert at(row_body("node", {"STATUS": "Ready,SchedulingDisabled"}), "spec", "unschedulable") is True
    quota = row_body("resourcequota", {"REQUEST": "pods: 4/4, requests.cpu: 1/8", "LIMIT": "limits.cpu: 2/2"})
    assert at(quota, "status", "hard") == {"pods": "4", "requests.cpu": "8", "limits.cpu": "2"}
    volume = row_body("persistentvolume", {"ACCESS MODES": "RWO,RWX", "CLAIM": "shop/data", "CAPACITY": "5Gi"})
    assert at(volume, "spec", "accessModes") == ["ReadWriteOnce", "ReadWriteMany"]
    assert at(volume, "spec", "claimRef") == {"namespace": "shop", "name": "data"}
    service = row_body("service", {"PORT(S)": "80:31000/TCP,53/UDP", "SELECTOR": "app=web"})
    assert [port["protocol"] for port in at(service, "spec", "listedPorts")] == ["TCP", "UDP"]
    assert at(service, "spec", "selector") == {"app": "web"}


def test_a_row_of_an_unknown_kind_shows_that_the_object_exists() -> None:
    assert row_body("widget", {"NAME": "x"}) == {"row": True}
