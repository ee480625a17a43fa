from __future__ import annotations

from lamplighter.testing import roles_of


def test_it_is_one_tool_and_nothing_that_changes_anything() -> None:
    roles = roles_of("logfile", {"files": {"nginx": "/var/log/nginx/error.log"}})
    assert [tool.name for tool in roles.tools] == ["logs"]
    assert not roles.actions
