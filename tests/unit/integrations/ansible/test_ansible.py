from __future__ import annotations

from lamplighter.testing import roles_of


def test_it_is_one_tool_and_nothing_that_changes_anything() -> None:
    roles = roles_of("ansible", {"folder": "/var/log/ansible", "ara_url": "http://ara:8000"})
    assert [tool.name for tool in roles.tools] == ["ansible.runs"]
    assert not roles.actions
