from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.grafana.config import GrafanaConfig
from lamplighter.testing import roles_of


@pytest.mark.parametrize(
    "config", [{"url": "grafana:3000"}, {"token": "t"}, {"url": "http://g", "colour": "red"}], ids=str
)
def test_what_cannot_work_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GrafanaConfig.model_validate(config)


def test_without_an_address_it_only_listens() -> None:
    roles = roles_of("grafana", {"hmac_secret": "s"})
    assert roles.tools == ()
    assert (len(roles.sources), len(roles.gates)) == (1, 1)


def test_with_an_address_it_also_looks() -> None:
    roles = roles_of("grafana", {"url": "http://grafana:3000/", "token": "hunter2"})
    assert [tool.name for tool in roles.tools] == ["grafana.annotations", "grafana.alerts"]
    assert (len(roles.sources), len(roles.gates)) == (1, 0)
    assert "hunter2" not in repr(GrafanaConfig.model_validate({"url": "http://g", "token": "hunter2"}))
