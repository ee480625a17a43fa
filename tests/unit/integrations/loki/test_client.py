from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from lamplighter.integrations.fetching import ANSWER_BYTES_MAX
from lamplighter.integrations.loki.client import LokiClient, LokiConfig, span
from lamplighter.ports import ToolError
from lamplighter.testing import Answers, JsonServer

END = datetime(2026, 11, 22, 12, tzinfo=UTC)
WINDOW = (END - timedelta(hours=1), END)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"url": "loki:3100"},
        {"url": "http://"},
        {"url": "http://loki", "org_id": "a\r\nx: y"},
        {"url": "http://loki", "bearer_token": "t", "username": "me"},
        {"url": "http://loki", "password": "p"},
        {"url": "http://loki", "timeout_seconds": 0},
        {"url": "http://loki", "colour": "red"},
    ],
    ids=str,
)
def test_what_cannot_work_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LokiConfig.model_validate(config)


def test_a_window_is_told_in_nanoseconds_and_holds_its_end() -> None:
    found = span(END, END)
    assert (found["start"], found["end"]) == (f"{int(END.timestamp())}000000000", f"{int(END.timestamp())}000000001")


async def test_the_tenant_and_the_way_to_sign_in_go_along(json_server: JsonServer) -> None:
    json_server.answers = {"/loki/api/v1/labels": {"status": "success", "data": ["job"]}}
    by_token = {"url": json_server.url, "org_id": "shop", "bearer_token": "t-123"}
    assert await LokiClient(LokiConfig.model_validate(by_token)).label_names(*WINDOW) == ["job"]
    by_name = {"url": json_server.url, "username": "me", "password": "p"}
    await LokiClient(LokiConfig.model_validate(by_name)).label_names(*WINDOW)
    first, second = json_server.headers
    assert (first["x-scope-orgid"], first["authorization"]) == ("shop", "Bearer t-123")
    assert second["authorization"].startswith("Basic ")
    assert "t-123" not in repr(LokiConfig.model_validate(by_token))


async def test_lines_that_are_too_much_at_once_are_asked_for_in_smaller_number(json_server: JsonServer) -> None:
    def lines(params: dict[str, str]) -> object:
        count = int(params["limit"])
        values = [[str(number), "x" * (ANSWER_BYTES_MAX // 500)] for number in range(count)]
        return {"status": "success", "data": {"resultType": "streams", "result": [{"stream": {}, "values": values}]}}

    json_server.answers = {"/loki/api/v1/query_range": lines}
    client = LokiClient(LokiConfig(url=json_server.url, timeout_seconds=30))
    answer, more = await client.newest('{job="x"}', *WINDOW)
    assert more
    assert len(json.dumps(answer)) < ANSWER_BYTES_MAX


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"status": "error"},
        {"status": "success"},
        {"status": "success", "data": {"resultType": "matrix", "result": []}},
        {"status": "success", "data": {"resultType": "streams", "result": 5}},
    ],
    ids=str,
)
async def test_an_answer_of_another_shape_is_a_failed_look(json_server: JsonServer, answer: Answers) -> None:
    json_server.answers = {"/loki/api/v1/query_range": answer}
    with pytest.raises(ToolError, match="GET /loki/api/v1/query_range"):
        await LokiClient(LokiConfig(url=json_server.url)).newest('{job="x"}', *WINDOW)


async def test_a_window_without_streams_has_no_labels(json_server: JsonServer) -> None:
    json_server.answers = {"/loki/api/v1/labels": {"status": "success"}}
    assert await LokiClient(LokiConfig(url=json_server.url)).label_names(*WINDOW) == []
