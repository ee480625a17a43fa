from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.webhook import WebhookConfig
from lamplighter.testing import roles_of


def test_each_mapping_is_a_source_of_its_own_name() -> None:
    roles = roles_of("webhook", {"garden": {"name": "what"}, "zabbix-2": {"name": "subject"}})
    assert [source.name for source in roles.sources] == ["garden", "zabbix-2"]
    assert roles_of("webhook").sources == ()


@pytest.mark.parametrize("name", ["alertmanager", "webhook", "Garden", "a/b", "", "a" * 60, "-x"])
def test_a_name_that_is_taken_or_none_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        WebhookConfig.model_validate({name: {"name": "what"}})


def test_a_mapping_is_read_strictly() -> None:
    with pytest.raises(ValidationError, match="nmae"):
        WebhookConfig.model_validate({"garden": {"nmae": "what"}})
