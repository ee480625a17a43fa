from __future__ import annotations

from lamplighter.testing import roles_of


def test_the_routing_key_stands_in_for_the_token_where_one_is_set() -> None:
    assert roles_of("pagerduty").gates == ()
    gates = roles_of("pagerduty", {"routing_key": "k3y"}).gates
    assert [(gate.source, gate.sufficient) for gate in gates] == [("pagerduty", True)]
