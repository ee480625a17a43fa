from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import SERVICE_LABEL, Component
from lamplighter.integrations.loki.client import LokiClient, LokiConfig
from lamplighter.integrations.loki.tools import LokiStreams, fitting
from lamplighter.testing import JsonServer, firing

END = datetime(2026, 11, 22, 12, tzinfo=UTC)
STORE = Component("docker", "container", "shop-store-1", "c1", {SERVICE_LABEL: "store"})
RANGE = "/loki/api/v1/query_range"


def good(data: object) -> dict[str, object]:
    return {"status": "success", "data": data}


def streams(*found: object) -> dict[str, object]:
    return good({"resultType": "streams", "result": list(found)})


async def ask(server: JsonServer, part: Component = STORE) -> Evidence:
    tool = LokiStreams(LokiClient(LokiConfig(url=server.url)), lambda: END)
    (found,) = await tool.gather(Question(part, firing(), END - timedelta(hours=1), END))
    return found


async def test_the_streams_of_the_most_specific_label_are_asked_for(json_server: JsonServer) -> None:
    json_server.answers = {
        "/loki/api/v1/labels": good(["job", "container", "filename"]),
        "/loki/api/v1/label/container/values": good(["/shop-store-1", "web"]),
        RANGE: streams({"stream": {"container": "/shop-store-1"}, "values": [["7", "full"]]}),
    }
    found = await ask(json_server)
    (_, params) = json_server.asked[-1]
    assert params["query"] == '{container="/shop-store-1"}' == found.params["query"]
    assert (params["direction"], params["limit"]) == ("backward", "1000")
    assert (found.tool, found.component, found.error, found.truncated) == (
        "loki.query_range",
        "shop-store-1",
        "",
        False,
    )
    (stream,) = json.loads(found.content)["data"]["result"]
    assert stream == {
        "stream": {"container": "/shop-store-1", "component": "shop-store-1"},
        "values": [["7", "full"]],
    }


async def test_where_nothing_names_the_component_nothing_is_asked_for(json_server: JsonServer) -> None:
    json_server.answers = {
        "/loki/api/v1/labels": good(["job"]),
        "/loki/api/v1/label/job/values": good(["web"]),
    }
    found = await ask(json_server)
    assert json.loads(found.content)["data"]["result"] == []
    assert "no label value of the window names shop-store-1" in found.params["query"]
    assert not found.error


async def test_a_refused_look_names_the_query_and_the_raw_reason(json_server: JsonServer) -> None:
    json_server.answers = {"/loki/api/v1/labels": good(["job"]), "/loki/api/v1/label/job/values": good(["store"])}
    found = await ask(json_server)
    assert found.error.startswith('{job="store"}: GET /loki/api/v1/query_range?')
    assert "HTTP 404" in found.error
    assert found.content == ""


async def test_a_value_that_would_leave_its_quotes_stays_one_value(json_server: JsonServer) -> None:
    odd = 'a"} or {job=~".+'
    json_server.answers = {
        "/loki/api/v1/labels": good(["job"]),
        "/loki/api/v1/label/job/values": good([odd, "secrets"]),
        RANGE: streams(),
    }
    await ask(json_server, Component("docker", "container", odd, "c1"))
    assert json_server.asked[-1][1]["query"] == '{job="a\\"} or {job=~\\".+"}'


def test_the_newest_lines_of_all_streams_are_kept() -> None:
    old = {"stream": {"a": "1"}, "values": [[str(number), "o" * 1000] for number in range(100)]}
    new = {"stream": {"a": "2"}, "values": [[str(1000 + number), "n" * 1000] for number in range(40)]}
    content, cut = fitting(streams(old, new), "store")
    assert cut
    assert len(content.encode()) <= EVIDENCE_BYTES_MAX
    kept = {one["stream"]["a"]: [int(at) for at, _ in one["values"]] for one in json.loads(content)["data"]["result"]}
    assert len(kept["2"]) == 40
    assert kept["1"] == list(range(99, 99 - len(kept["1"]), -1))


def test_a_line_or_label_without_end_is_cut() -> None:
    content, cut = fitting(streams({"stream": {"a": "x" * 99_999}, "values": [["1", "é\x00" * 99_999]]}), "store")
    assert cut
    assert len(content.encode()) <= EVIDENCE_BYTES_MAX
    (stream,) = json.loads(content)["data"]["result"]
    assert stream["stream"] == {"component": "store"}


def test_rubbish_in_the_answer_is_no_line() -> None:
    content, cut = fitting(streams(5, {"values": 7}, {"stream": [], "values": [["x", "y"], [1, 2], "z"]}), "store")
    assert (json.loads(content)["data"]["result"], cut) == ([], False)
