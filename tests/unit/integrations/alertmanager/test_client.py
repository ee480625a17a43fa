from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.alertmanager import INTEGRATION
from lamplighter.integrations.alertmanager.client import AlertmanagerClient, AlertmanagerConfig
from lamplighter.ports import Surroundings, ToolError
from lamplighter.testing import FakeClock


@pytest.mark.parametrize(
    "config",
    [
        {"url": "alertmanager:9093"},
        {"url": "ftp://host"},
        {"url": "http://"},
        {"timeout_seconds": 0},
        {"timeout_seconds": -1},
        {"timeout_seconds": "inf"},
        {"timeout_seconds": None},
        {"adress": "http://host"},
        {"sync_silences": True},
        {"url": "http://am:9093", "sync_silences": "perhaps"},
    ],
)
def test_settings_that_cannot_work_are_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AlertmanagerConfig.model_validate(config)


def test_without_an_address_there_are_only_webhooks() -> None:
    roles = INTEGRATION.build(AlertmanagerConfig(), Surroundings(FakeClock(), (), None))
    assert [source.name for source in roles.sources] == ["alertmanager"]
    assert (roles.backlog, roles.tools) == (None, ())


def test_with_an_address_what_was_left_out_can_be_asked_for() -> None:
    roles = INTEGRATION.build(AlertmanagerConfig(url="http://am:9093/"), Surroundings(FakeClock(), (), None))
    assert roles.backlog is not None
    assert [tool.name for tool in roles.tools] == ["alertmanager.alerts"]


def test_silences_are_exchanged_only_where_asked_for() -> None:
    quiet, both_ways = (
        INTEGRATION.build(
            AlertmanagerConfig(url="http://am:9093/", sync_silences=sync), Surroundings(FakeClock(), (), None)
        )
        for sync in (False, True)
    )
    assert quiet.silences is None
    assert both_ways.silences is not None
    assert both_ways.silences.system == "alertmanager"


@pytest.mark.parametrize("silence_id", ["", "../alerts", "a/b", "a?b", "a" * 65, "a%2f"])
async def test_what_is_no_id_never_becomes_part_of_an_address(silence_id: str) -> None:
    client = AlertmanagerClient(AlertmanagerConfig(url="http://127.0.0.1:1"))
    with pytest.raises(ToolError, match="no id"):
        await client.silence(silence_id)
    with pytest.raises(ToolError, match="no id"):
        await client.end_silence(silence_id)


def test_the_address_is_shown_without_its_password() -> None:
    client = AlertmanagerClient(AlertmanagerConfig(url="http://user:hunter2secret@am:9093/prefix/"))
    assert client.shown_url == "http://[redacted]@am:9093/prefix/api/v2/alerts"
