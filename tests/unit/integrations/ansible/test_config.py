from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.ansible.config import AnsibleConfig


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"ara_url": "ara:8000"},
        {"folder": "/x", "ara_password": "p"},
        {"folder": "/x", "timeout_seconds": 0},
        {"folder": "/x", "hosts": ["nas"]},
        {"folder": "/x", "colour": "red"},
    ],
    ids=str,
)
def test_what_cannot_work_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AnsibleConfig.model_validate(config)


def test_the_password_is_not_shown() -> None:
    config = {"ara_url": "http://ara:8000/", "ara_username": "me", "ara_password": "hunter2"}
    assert "hunter2" not in repr(AnsibleConfig.model_validate(config))
