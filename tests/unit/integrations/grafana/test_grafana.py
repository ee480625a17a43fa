from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.integrations.grafana import GrafanaConfig
from lamplighter.testing import roles_of


def test_there_is_a_gate_only_where_there_is_a_secret_and_it_does_not_replace_the_token() -> None:
    assert roles_of("grafana").gates == ()
    gates = roles_of("grafana", {"hmac_secret": "s3cret"}).gates
    assert [(gate.source, gate.sufficient) for gate in gates] == [("grafana", False)]


@pytest.mark.parametrize("name", ["", "X Signature", "X-Sig:", "X\r\nY"])
def test_a_header_has_the_name_of_one(name: str) -> None:
    with pytest.raises(ValidationError):
        GrafanaConfig(signature_header=name)
