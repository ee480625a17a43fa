from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.webhook.mapping import Mapping


@pytest.mark.parametrize("expression", ["", "a[", "a..b", "!!!", "(" * 500, "a" * 1_001])
def test_an_expression_is_checked_when_it_is_written(expression: str) -> None:
    with pytest.raises(ValidationError):
        Mapping(name=expression)


def test_a_severity_is_mapped_to_one_of_ours() -> None:
    with pytest.raises(ValidationError):
        Mapping.model_validate({"name": "what", "severities": {"Disaster": "worst"}})
