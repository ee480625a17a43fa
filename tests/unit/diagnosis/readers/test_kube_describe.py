from __future__ import annotations

from lamplighter.diagnosis.readers.document import at
from lamplighter.diagnosis.readers.kube_describe import pod_body, probe_body, workload_body
from lamplighter.diagnosis.readers.kube_outline import outline

POD = """\
Name:             web-1
Service Account:  runner
Node:             w1/10.0.0.1
Status:           Running
Containers:
  main:
    Image:          acme/web:2
    Ports:          8080/TCP, 53/UDP
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
    Ready:          False
    Restart Count:  4
    Limits:
      memory:  64Mi
    Liveness:     http-get https://:8443/live delay=5s timeout=2s period=9s #success=1 #failure=4
    Environment:
      DB_HOST:  db
      TOKEN:    <set to the key 'token' in secret 'web-secret'>  Optional: false
    Mounts:
      /data from store (rw)
Conditions:
  Type    Status
  Ready   False
Volumes:
  store:
    Type:       PersistentVolumeClaim (a reference)
    ClaimName:  web-data
Node-Selectors:  disk=ssd
"""


def test_a_described_pod_has_the_shape_of_the_api() -> None:
    body = pod_body(outline(POD)[0])
    box = at(body, "spec", "containers")[0]
    assert box["ports"] == [
        {"containerPort": 8080, "protocol": "TCP", "name": ""},
        {"containerPort": 53, "protocol": "UDP", "name": ""},
    ]
    assert box["resources"]["limits"] == {"memory": "64Mi"}
    assert box["env"][0] == {"name": "DB_HOST", "value": "db"}
    assert box["env"][1]["valueFrom"]["secretKeyRef"] == {"key": "token", "name": "web-secret"}
    assert box["volumeMounts"] == [{"mountPath": "/data", "name": "store", "readOnly": False}]
    status = at(body, "status", "containerStatuses")[0]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["lastState"]["terminated"]["exitCode"] == 137
    assert at(body, "spec", "nodeSelector") == {"disk": "ssd"}
    assert at(body, "spec", "volumes")[0]["persistentVolumeClaim"] == {"claimName": "web-data"}
    assert at(body, "status", "conditions")[0]["status"] == "False"


def test_probes_of_each_kind() -> None:
    url = probe_body("http-get https://:8443/live delay=5s timeout=2s period=9s #success=1 #failure=4")
    assert url["httpGet"] == {"scheme": "HTTPS", "port": 8443, "path": "/live"}
    assert (url["initialDelaySeconds"], url["failureThreshold"]) == (5, 4)
    assert probe_body("tcp-socket :5432 delay=0s")["tcpSocket"] == {"port": 5432}
    assert probe_body("grpc <pod>:9090  delay=0s")["grpc"] == {"port": 9090}
    assert probe_body("exec [cat /run/ok] delay=0s")["exec"] == {"command": ["cat", "/run/ok"]}


def test_a_workload_tells_how_many_pods_it_wants_and_has() -> None:
    text = "Name: web\nSelector: app=web\nReplicas: 3 desired | 3 updated | 3 total | 1 available | 2 unavailable\n"
    body = workload_body(outline(text)[0], "deployment")
    assert at(body, "spec", "replicas") == 3.0
    assert at(body, "status", "availableReplicas") == 1.0
    assert at(body, "spec", "selector", "matchLabels") == {"app": "web"}
