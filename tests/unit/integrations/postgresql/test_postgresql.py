from __future__ import annotations

from lamplighter.testing import roles_of


def test_it_is_four_looks_and_nothing_that_changes_anything() -> None:
    roles = roles_of("postgresql", {"url": "postgresql://me@db/x"})
    names = ["postgresql.activity", "postgresql.locks", "postgresql.statements", "postgresql.replication"]
    assert [tool.name for tool in roles.tools] == names
    assert not roles.actions
