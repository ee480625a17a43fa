from __future__ import annotations

from lamplighter.testing import roles_of


def test_it_is_one_tool_and_nothing_that_changes_anything() -> None:
    roles = roles_of("loki", {"url": "http://loki:3100/"})
    assert [tool.name for tool in roles.tools] == ["loki.query_range"]
    assert not roles.actions
    assert not roles.sources
