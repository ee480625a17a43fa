from __future__ import annotations

from lamplighter.testing import roles_of


def test_it_is_one_source_behind_the_token() -> None:
    roles = roles_of("uptime_kuma")
    assert [source.name for source in roles.sources] == ["uptime_kuma"]
    assert roles.gates == ()
