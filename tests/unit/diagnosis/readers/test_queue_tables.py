from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.queue_tables import read_queues
from lamplighter.domain.evidence import Evidence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RABBIT = (
    "Timeout: 60.0 seconds ...\nListing queues for vhost / ...\n"
    "name\tmessages_ready\tmessages_unacknowledged\tconsumers\n"
    "lamp.oil\t48190\t2\t2\nmail.out\t4\t0\t4\nempty\t0\t0\t1\n"
)


def _piece(text: str, tool: str = "rabbitmqctl") -> Evidence:
    return Evidence("e1", tool, "rabbit", {}, "text/plain", text, NOW)


@pytest.mark.parametrize("text", [RABBIT, RABBIT.replace("\t", "      ")])
def test_the_fullest_queues_of_a_broker_come_first_and_empty_ones_not_at_all(text: str) -> None:
    first, second = read_queues(_piece(text))
    assert (first.component, first.values["queue"], first.values["messages"], first.values["consumers"]) == (
        "rabbit",
        "lamp.oil",
        48190.0,
        2.0,
    )
    assert second.values["messages"] == 4.0
    assert "48190 messages wait, 2 consumers" in first.text


def test_the_length_of_a_list_of_redis() -> None:
    (fact,) = read_queues(
        _piece("$ redis-cli LLEN jobs:wait\n(integer) 61220\n$ redis-cli LLEN jobs:gone\n(integer) 0\n")
    )
    assert (fact.values["queue"], fact.values["messages"]) == ("jobs:wait", 61220.0)


def test_a_table_of_queues_is_read_whatever_ran_it_and_a_log_is_only_a_log() -> None:
    assert [fact.kind for fact in read(_piece(RABBIT, "bash"))][:2] == ["queue", "queue"]
    assert "queue" not in {fact.kind for fact in read(_piece(RABBIT, "docker.logs"))}
    assert read_queues(_piece("name of the queue\nhas messages 3")) == []
