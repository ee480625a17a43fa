"""Which tool printed a text, told by the text; and by the name of its file only where the text tells too little."""

from __future__ import annotations

import json

import pytest

from lamplighter.lab.bundle_names import words_of
from lamplighter.lab.recognising import recognise

POD_JSON = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}})
LIST_JSON = json.dumps({"apiVersion": "v1", "kind": "List", "items": [{"kind": "Deployment"}]})
MATRIX = '{"status":"success","data":{"resultType":"matrix","result":[]}}'


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("NAME   READY   STATUS    RESTARTS   AGE\nweb-0   0/1   CrashLoopBackOff   5   9m\n", "kubectl.get"),
        ("NAMESPACE   NAME   READY   STATUS   RESTARTS   AGE   IP   NODE   NOMINATED NODE\n", "kubectl.get"),
        ("NAME  STATUS  VOLUME  CAPACITY  ACCESS MODES  STORAGECLASS  AGE\n", "kubectl.get"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n", "kubectl.get"),
        ("---\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Event\n", "kubectl.events"),
        (POD_JSON, "kubectl.get"),
        (LIST_JSON, "kubectl.get"),
        ('{"kind":"EventList","apiVersion":"v1","items":[{"kind":"Event"}]}', "kubectl.events"),
        ("Name:         web-0\nNamespace:    shop\nLabels:       app=web\nNode:  n1/10.0.0.1\n", "kubectl.describe"),
        ("LAST SEEN   TYPE      REASON    OBJECT      MESSAGE\n2m  Warning  BackOff  pod/web-0  x\n", "kubectl.events"),
        ("NAME    CPU(cores)   MEMORY(bytes)\nweb-0   1m   3Mi\n", "kubectl.top"),
        ('[{"Name":"/db","State":{"Running":true},"Config":{}}]', "docker.inspect"),
        ("CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n", "docker.ps"),
        ('[{"Id":"1","Names":["/db"],"Image":"x","State":"running"}]', "docker.ps"),
        ("CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %\n", "docker.stats"),
        ('{"name":"/db","cpu_stats":{},"memory_stats":{}}', "docker.stats"),
        ('{"Type":"container","Action":"die","Actor":{"ID":"a"}}\n{"Type":"image"}\n', "docker.events"),
        ("2026-01-05T12:00:00.000000000Z container die 3fa9c (exitCode=137, image=x)\n", "docker.events"),
        ("-- Logs begin at Mon 2026-01-05 --\nJan 05 12:00:00 nas kernel: x\n", "journalctl"),
        ("Jan 05 12:00:00 nas systemd[1]: a.service: Failed.\nJan  5 12:00:01 nas kernel: oom\n", "journalctl"),
        ("2026-01-05T12:00:00+0100 nas sshd[9]: Failed.\n2026-01-05T12:00:01+0100 nas cron[2]: x\n", "journalctl"),
        ("2026-01-05T12:00:00.123456789Z store ended: the file is wrong\n", "logs"),
        ('{"MESSAGE":"x","__REALTIME_TIMESTAMP":"1"}\n{"MESSAGE":"y"}\n', "journalctl"),
        ("\u25cf nginx.service - A server\n     Loaded: loaded\n     Active: failed\n", "systemctl.status"),
        ("Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1 1G 1G 0 100% /\n", "df"),
        ("               total        used        free      shared  buff/cache   available\nMem: 1 1 0\n", "free"),
        ("USER   PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n", "ps"),
        (" 12:00:00 up 3 days,  1 user,  load average: 9.00, 8.00, 7.00\n", "uptime"),
        ("web:web_00      FATAL     Exited too quickly\n", "supervisor.status"),
        (" pid | state  \n-----+--------\n 7   | active\n(1 row)\n", "psql"),
        ("Listing queues for vhost / ...\nname\tmessages\tconsumers\noil\t7\t0\n", "rabbitmqctl"),
        ("# Server\nredis_version:7.2\n", "redis-cli"),
        ('{"check":"front answers","kind":"http","target":"http://front/","state":"ok"}', "http.probe"),
        ('[{"statename":"FATAL","name":"web"}]', "supervisor.status"),
        (MATRIX, "prometheus.query_range"),
        (MATRIX.replace("matrix", "vector"), "prometheus.query"),
        (MATRIX.replace("matrix", "streams"), "loki.query_range"),
        ('{"status":"success","data":{"groups":[]}}', "prometheus.rules"),
        ('{"status":"success","data":{"activeTargets":[]}}', "prometheus.targets"),
        ('[{"labels":{"alertname":"x"},"startsAt":"2026-01-05T12:00:00Z"}]', "alertmanager.alerts"),
        ("trace_id,span_id,parent_id,component,operation,start,duration_ms,status\n", "traces"),
        ('{"resourceSpans":[]}', "traces"),
        ("2026-01-05T12:00:00Z ERROR cannot reach db\n\tat x\n", "logs"),
        ('level=error ts=1 msg="x"\n', "logs"),
        ('{"level":"error","msg":"x"}\n{"level":"info","msg":"y"}\n', "logs"),
        ('10.0.0.1 - - [05/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 500 0\n', "logs"),
    ],
)
def test_a_text_tells_its_tool(text: str, tool: str) -> None:
    assert [one.tool for one in recognise(text, frozenset())] == [tool]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "# Notes\n\nRead me first.\n",
        "#!/bin/sh\nset -eu\n",
        "<html></html>",
        "{",
        "[]",
        '{"a": 1}',
        "[" * 99_999,
    ],
)
def test_what_no_tool_prints_is_not_guessed_at(text: str) -> None:
    assert recognise(text, frozenset({"readme"})) == []


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        ("logs/web.log", "logs"),
        ("kubectl_logs_web-0.txt", "kubectl.logs"),
        ("namespaces/shop/pods/web-0/web/logs/current.log", "kubectl.logs"),
        ("docker-logs-db.txt", "docker.logs"),
        ("kubectl_get_pods.txt", "kubectl.get"),
        ("journalctl-u-nginx.txt", "journalctl"),
        ("curl_front.txt", "curl"),
    ],
)
def test_where_the_text_tells_little_the_name_tells_more(path: str, tool: str) -> None:
    assert [one.tool for one in recognise("it went down\n", words_of(path))] == [tool]


def test_each_container_of_a_list_is_an_output_of_its_own() -> None:
    containers = [{"Name": f"/{name}", "State": {"Running": True}, "Config": {}} for name in ("web", "db")]
    found = recognise(json.dumps(containers), frozenset())
    assert [one.params["component"] for one in found] == ["web", "db"]
    assert json.loads(found[1].content)["Name"] == "/db"


def test_a_description_says_what_it_describes() -> None:
    (pod,) = recognise(
        "Name:  web-0\nNamespace:  shop\nService Account:  default\nNode:  n1\nLabels:  a=b\n", frozenset()
    )
    assert pod.params == {"name": "web-0", "namespace": "shop", "kind": "pod"}
    (node,) = recognise("Name:  n1\nRoles:  worker\nLabels:  a=b\n", frozenset())
    assert (node.params["kind"], node.params["name"]) == ("node", "n1")


def test_the_kind_of_objects_is_told_by_the_first_of_them() -> None:
    assert recognise(LIST_JSON, frozenset())[0].params == {"kind": "deployment"}
    assert recognise("apiVersion: v1\nkind: PodList\nitems: []\n", frozenset())[0].params == {"kind": "pod"}
