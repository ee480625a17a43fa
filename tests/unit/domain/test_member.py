from __future__ import annotations

from datetime import timedelta

from lamplighter.domain.member import Link, Member
from lamplighter.testing import NOON, firing, resolved


def test_a_member_fires_as_long_as_its_last_alert_does() -> None:
    alert = firing()
    member = Member("INC-1", alert.trouble, alert, "web", Link.OPENED, "nothing explains it", NOON)
    assert member.firing
    over = resolved(alert, NOON + timedelta(minutes=1))
    assert not Member("INC-1", over.trouble, over, "web", Link.OPENED, "nothing explains it", NOON).firing


def test_links_are_kept_by_their_words() -> None:
    assert Link("same_rule") is Link.SAME_RULE
    assert len({str(link) for link in Link}) == len(Link)
